/**
 * `<voice-agent>`: a voice agent as an element of any web page.
 *
 * ```html
 * <script type="module" async src="https://gate.example/static/voice-agent/element.js"></script>
 * <voice-agent gate="https://gate.example"></voice-agent>
 * ```
 * @module
 */

import { STYLES, TEXTS } from './ui/element/built-in.js';
import { addTexts } from './ui/element/element-language.js';
import { useStyles } from './ui/element/element-styles.js';
import { define, VoiceAgentElement } from './ui/element/voice-agent.js';

export { VoiceAgentElement };

for (const texts of Object.values(TEXTS)) addTexts(texts);
useStyles(STYLES);
define();
