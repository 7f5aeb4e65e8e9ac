// In which language a turn is, as far as its script tells.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageOf } from '../../../static/voice-agent/ui/turn-row.js';

test('a script of one language names it, by the first letter; any other is unknown', () => {
  const turns = {
    '„שלום“, אמר': 'he',
    '12 مرحبا بالعالم': 'ar',
    'नमस्ते, Anna': 'hi',
    '今日はいい天気ですね': 'ja',
    'はい、今日は': 'ja',
    '今天天气很好': 'zh',
    '안녕하세요': 'ko',
    'Привет': 'ru',
    'Schön, dass Sie da sind': '',
    'The word שלום means peace': '',
    '… 42!': '',
    '': '',
  };

  for (const [text, language] of Object.entries(turns))
    assert.equal(languageOf(text), language, text);
});
