// The audio system of a call: its context, its rate, its speaker, and what interrupts it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  listMicrophones,
  listSpeakers,
} from '../../../static/voice-agent/main-thread/audio/devices.js';
import { prepareContext } from '../../../static/voice-agent/main-thread/audio/audio-context.js';
import { LiveAudio } from '../../../static/voice-agent/main-thread/audio/call-audio.js';
import { newCall, openCall, settle } from './devices-fakes.js';

/** Longer than a context may take to run before it counts as held back. */
const START_MS = 600;

/** Longer than devices must be quiet before anybody looks. */
const QUIET_MS = 400;

/** @type {[string, any, ErrorConstructor, RegExp][]} */
const WRONG = [
  ['a frame that is too short', { frameMs: 9.9 }, RangeError, /from 10 to 100 milliseconds/],
  ['a frame that is too long', { frameMs: 101 }, RangeError, /from 10 to 100 milliseconds/],
  ['a frame that is no number', { frameMs: '20' }, TypeError, /frameMs must be a number/],
  ['a frame that is not finite', { frameMs: NaN }, RangeError, /from 10 to 100/],
  ['a volume above one', { volume: 1.1 }, RangeError, /volume must be a number from 0 to 1/],
  ['a volume below nothing', { volume: -0.1 }, RangeError, /volume must be a number from 0 to 1/],
];

for (const [name, options, kind, words] of WRONG) {
  test(`${name} is refused at creation, and it says what is allowed`, () => {
    assert.throws(
      () => new LiveAudio(options, /** @type {any} */ ({})),
      (error) => error instanceof kind && words.test(error.message),
    );
  });
}

for (const frameMs of [10, 20, 33.3, 100]) {
  test(`frames of ${frameMs} ms are what the capture worklet is asked for`, async (t) => {
    const { sound } = await openCall(t, { wanted: { frameMs } });

    const { options } = sound.context.nodes['voice-agent-capture'];
    assert.deepEqual(options, {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
      processorOptions: { frameMs },
    });
  });
}

test('the context is made in the click itself, and asked for the rate of the wire', (t) => {
  const { audio, sound } = newCall(t);

  audio.open().catch(() => {});

  assert.equal(sound.contexts.length, 1);
  assert.equal(sound.context.sampleRate, 24_000);
});

test('a microphone that cannot be brought to the rate of the wire gets a context at the device’s rate', async (t) => {
  const call = newCall(t);
  call.sound.refuses = (rateHz) => rateHz === 24_000;

  await call.open();

  assert.deepEqual(
    call.sound.open.map(({ sampleRate }) => sampleRate),
    [48_000],
  );
  assert.equal(call.ports.length, 1); // those that open() gave: no others were ever in use
});

test('and is not asked for the rate of the wire again by the next call', async (t) => {
  const browser = { rateHz: 24_000 };
  const first = newCall(t, { browser });
  first.sound.refuses = (rateHz) => rateHz === 24_000;
  await first.open();
  t.mock.timers.reset();
  const { sound, open } = newCall(t, { browser });

  await open();

  assert.deepEqual(
    sound.contexts.map(({ sampleRate }) => sampleRate),
    [48_000],
  );
});

test('a new microphone of another rate moves the call to a new context, and new ports are handed out', async (t) => {
  const { machine, sound, audio, ports } = await openCall(t, { wanted: { volume: 0.5 } });
  sound.refuses = (rateHz, stream) =>
    rateHz === 24_000 && stream.getTracks()[0].label === 'headset';

  await audio.setMicrophone('headset');

  assert.equal(ports.length, 2);
  assert.deepEqual(
    sound.open.map(({ sampleRate }) => sampleRate),
    [48_000],
  );
  assert.deepEqual(sound.context.gain?.targets, [0.5]);
  assert.deepEqual(machine.open, ['headset']);
});

test('one microphone is heard at a time', async (t) => {
  const { sound, audio } = await openCall(t);

  await audio.setMicrophone('headset');

  assert.deepEqual(
    sound.context.heard.map((stream) => stream.getTracks()[0].label),
    ['headset'],
  );
});

test('a microphone that no context takes leaves the call with the one in use, on the context in use', async (t) => {
  const { machine, sound, audio, ports } = await openCall(t);
  sound.refuses = () => true;

  await assert.rejects(audio.setMicrophone('headset'), { code: 'audio-failed' });

  assert.deepEqual(machine.open, ['built-in']);
  assert.equal(sound.open.length, 1);
  assert.equal(sound.open[0].sampleRate, 24_000);
  assert.equal(ports.length, 1);
});

test('a context whose rate changes under it is built anew with the same microphone', async (t) => {
  const { machine, sound, audio, ports } = await openCall(t);
  sound.context.sampleRate = 16_000;

  audio.wake();
  await settle();

  assert.equal(ports.length, 2);
  assert.equal(sound.open.length, 1);
  assert.equal(sound.context.heard.length, 1);
  assert.equal(machine.tracks.length, 1);
});

test('a context that says that it runs while its clock stands still is built anew', async (t) => {
  const { sound, ports, lost, pass } = await openCall(t);
  await pass(10_000);
  assert.equal(ports.length, 1);

  sound.isStalled = true;
  await pass(5_000);
  sound.isStalled = false;
  await pass(5_000);

  assert.equal(ports.length, 2);
  assert.equal(sound.open.length, 1);
  assert.deepEqual(lost, []);
});

test('where every one of them stands still the call ends', async (t) => {
  const { sound, lost, pass } = await openCall(t);
  sound.isStalled = true;
  for (let second = 0; second < 30; second += 1) await pass(1_000);

  assert.deepEqual(lost.slice(0, 1), ['audio-failed']);
});

test('a context that somebody closed is built anew', async (t) => {
  const { sound, ports, interruptions, pass } = await openCall(t);
  await pass(START_MS);

  sound.context.setState('closed');
  await settle();

  assert.equal(ports.length, 2);
  assert.equal(sound.open.length, 1);
  assert.deepEqual(interruptions, [true, false]);
});

test('an audio system that cannot be built anew ends the call', async (t) => {
  const { sound, lost, pass } = await openCall(t);
  await pass(START_MS);
  sound.modules = Promise.reject(new Error('offline'));
  sound.modules.catch(() => {});

  sound.context.setState('closed');
  await settle();

  assert.deepEqual(lost, ['audio-failed']);
  assert.equal(sound.open.length, 0);
});

test('an audio system that does not start fails the call, and the microphone is let go of', async (t) => {
  const call = newCall(t);
  call.sound.modules = Promise.reject(new Error('offline'));
  call.sound.modules.catch(() => {});

  await assert.rejects(call.open(), { code: 'audio-failed' });

  assert.deepEqual(call.machine.open, []);
  assert.deepEqual(call.sound.open, []);
});

test('an audio thread that gives up ends the call', async (t) => {
  const { sound, lost } = await openCall(t);

  sound.context.nodes['voice-agent-playback'].onprocessorerror();

  assert.deepEqual(lost, ['audio-failed']);
});

test('an audio system that starts after hanging up is let go of', async (t) => {
  const call = newCall(t);
  const arrive = call.sound.delayModules();
  const opening = call.open();
  await settle();

  call.audio.close();
  arrive();

  await assert.rejects(opening, { code: 'audio-failed' });
  assert.deepEqual(call.sound.open, []);
  assert.deepEqual(call.machine.open, []);
});

test('an audio system that starts after the microphone was refused is let go of', async (t) => {
  const call = newCall(t);
  const arrive = call.sound.delayModules();
  call.machine.permission.state = 'denied';

  await assert.rejects(call.open(), { code: 'microphone-denied' });
  arrive();
  await settle();

  assert.deepEqual(call.sound.open, []);
});

test('an audio system that is being built anew at hanging up is let go of', async (t) => {
  const { machine, sound, audio, ports } = await openCall(t);
  const arrive = sound.delayModules();
  sound.refuses = (rateHz) => rateHz === 24_000;
  const changing = audio.setMicrophone('headset');
  await settle();
  assert.equal(sound.open.length, 2);

  audio.close();
  arrive();

  await assert.rejects(changing, { code: 'audio-failed' });
  assert.deepEqual(sound.open, []);
  assert.deepEqual(machine.open, []);
  assert.equal(ports.length, 1);
});

test('a context that waits for a click is told of, and told of again when it sounds', async (t) => {
  const call = newCall(t);
  call.sound.state = 'suspended';
  await call.open();
  assert.deepEqual(call.interruptions, []);

  await call.pass(START_MS);
  assert.deepEqual(call.interruptions, [true]);
  call.sound.context.setState('running');

  assert.deepEqual(call.interruptions, [true, false]);
});

test('a context that runs, but for a blink when the speaker changes, is never told of', async (t) => {
  const { sound, interruptions, pass } = await openCall(t);

  await pass(START_MS);
  sound.context.setState('suspended');
  await pass(3);
  sound.context.setState('running');
  await pass(10 * START_MS);

  assert.deepEqual(interruptions, []);
});

test('a context that is suspended in mid-call is told of, and asked to go on', async (t) => {
  const { sound, interruptions, pass } = await openCall(t);
  await pass(START_MS);
  const { resumes } = sound.context;

  sound.context.setState('suspended');
  assert.equal(sound.context.resumes, resumes + 1);
  await pass(START_MS);
  sound.context.setState('running');

  assert.deepEqual(interruptions, [true, false]);
});

test('a context that the system interrupts is told of, and asked to go on only once that is over', async (t) => {
  const { sound, audio, interruptions, pass } = await openCall(t);
  await pass(START_MS);
  const { resumes } = sound.context;

  sound.context.setState('interrupted');
  audio.wake();
  await pass(START_MS);
  assert.deepEqual([sound.context.resumes, sound.contexts.length], [resumes, 1]);
  sound.context.setState('suspended');
  assert.equal(sound.context.resumes, resumes + 1);
  sound.context.setState('running');

  assert.deepEqual(interruptions, [true, false]);
});

test('a press does not wait for what is interrupted: another context is started in the press itself', async (t) => {
  const { sound, audio, ports, interruptions, pass } = await openCall(t);
  await pass(START_MS);
  sound.context.setState('interrupted');
  await pass(START_MS);
  Object.assign(navigator, { userActivation: { isActive: true } });

  audio.wake();
  assert.equal(sound.contexts.length, 2);
  await settle();

  assert.deepEqual([sound.open.length, ports.length], [1, 2]);
  assert.deepEqual(interruptions, [true, false]);
});

test('a page that listens may sound without a press: its context is asked again then', async (t) => {
  const call = newCall(t);
  const allow = call.machine.hesitate();
  const opening = call.open();
  await settle();
  const { resumes } = call.sound.context;

  allow();
  await opening;

  assert.ok(call.sound.context.resumes > resumes);
});

test('the system is told that the page speaks and listens, until the last call is over', async (t) => {
  const first = newCall(t);
  const audioSession = { type: 'ambient' };
  Object.assign(navigator, { audioSession });

  first.audio.begin();
  assert.equal(audioSession.type, 'play-and-record');
  const second = new LiveAudio({}, /** @type {any} */ ({}));
  second.begin();
  first.audio.close();
  first.audio.close();
  assert.equal(audioSession.type, 'play-and-record');
  second.close();

  assert.equal(audioSession.type, 'ambient');
});

test('a context that was made ahead for another rate is let go of', async (t) => {
  const { sound, audio } = newCall(t, { browser: { rateHz: undefined } });
  prepareContext(24_000, {});

  audio.begin();
  await settle();

  assert.deepEqual(
    sound.open.map(({ sampleRate }) => sampleRate),
    [48_000],
  );
});

test('waking a call resumes its context, even one that refuses', async (t) => {
  const { sound, audio } = await openCall(t);
  let asked = 0;
  sound.context.resume = async () => {
    asked += 1;
    throw new DOMException('a telephone call', 'InvalidStateError');
  };

  audio.wake();
  await settle();

  assert.equal(asked, 1);
});

test('the speaker asked for at creation is used', async (t) => {
  const call = newCall(t, { wanted: { speaker: { deviceId: 'stage' } } });

  const opening = call.open();
  call.sound.context.sinks.add('stage');
  await opening;

  assert.equal(call.sound.context.sinkId, 'stage');
});

test('a speaker of an earlier visit that is not there gives way to the default', async (t) => {
  const { sound, lost } = await openCall(t, { wanted: { speaker: { deviceId: 'stolen' } } });

  assert.equal(sound.context.sinkId, '');
  assert.deepEqual(lost, []);
});

test('a speaker is changed at once, and one that is not there leaves the sound where it was', async (t) => {
  const { sound, audio } = await openCall(t);
  sound.context.sinks.add('stage');

  await audio.setSpeaker('stage');
  await assert.rejects(audio.setSpeaker('stolen'), { code: 'audio-failed' });

  assert.equal(sound.context.sinkId, 'stage');
});

test('a speaker that is unplugged gives way to the default, and is used again when it is back', async (t) => {
  const { machine, sound, audio, pass } = await openCall(t, { speakers: ['stage'] });
  sound.context.sinks.add('stage');
  await audio.setSpeaker('stage');

  machine.unplug('stage');
  await pass(QUIET_MS);
  assert.equal(sound.context.sinkId, '');
  machine.plugInSpeaker('stage');
  await pass(QUIET_MS);

  assert.equal(sound.context.sinkId, 'stage');
});

test('where a browser has no choice of speakers, choosing one says so', async (t) => {
  const { sound, audio } = await openCall(t);
  Object.assign(sound.context, { setSinkId: undefined });

  await assert.rejects(audio.setSpeaker('stage'), { code: 'unsupported-browser' });
});

test('a change of volume is led there gently, and outlives a change of context', async (t) => {
  const { sound, audio } = await openCall(t);

  audio.setVolume(0.25);
  assert.deepEqual(sound.context.gain?.targets, [1, 0.25]);
  sound.context.sampleRate = 16_000;
  audio.wake();
  await settle();

  assert.deepEqual(sound.context.gain?.targets, [0.25]);
  assert.throws(() => audio.setVolume(2), RangeError);
});

test('the devices to choose from are those of each kind that have a name to call them by', async (t) => {
  newCall(t, { microphones: ['built-in', ''], speakers: ['stage', ''] });

  const microphones = await listMicrophones();
  const speakers = await listSpeakers();

  assert.deepEqual(
    microphones.map(({ deviceId }) => deviceId),
    ['default', 'built-in'],
  );
  assert.deepEqual(speakers, [{ deviceId: 'stage', label: 'stage' }]);
});

test('where a browser lets no page choose the speaker there is none to choose from', async (t) => {
  newCall(t, { speakers: ['stage'] });
  globalThis.AudioContext = /** @type {any} */ (class {});
  assert.deepEqual(await listSpeakers(), []);
});

test('a call without a microphone needs no list of devices', async (t) => {
  const { audio, sound } = newCall(t);
  Reflect.deleteProperty(navigator, 'mediaDevices');
  await audio.open({ microphone: false });
  assert.equal(sound.open.length, 1);
});

test('where devices cannot be listed there are none to choose from', async (t) => {
  const { machine } = newCall(t);
  machine.mediaDevices.enumerateDevices = () => Promise.reject(new Error('not allowed'));

  assert.deepEqual(await listMicrophones(), []);
});
