// The microphone of a call, whatever happens to the machine's devices.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCall, openCall, settle } from './devices-fakes.js';

/** Longer than devices must be quiet before anybody looks. */
const QUIET_MS = 400;

/** Longer than it takes to look for a microphone again. */
const RETRY_MS = 5_000;

/** Longer than a call goes on without one. */
const LIMIT_MS = 60_000;

test('a call asks for the microphone with echo cancellation and no other processing', async (t) => {
  const { machine, events } = await openCall(t);

  const { echoCancellation, noiseSuppression, autoGainControl } = machine.wishes[0];
  assert.deepEqual(
    { echoCancellation, noiseSuppression, autoGainControl },
    { echoCancellation: true, noiseSuppression: false, autoGainControl: false },
  );
  assert.deepEqual(events, ['opened: built-in']);
});

test('another microphone is open before the one in use is let go of', async (t) => {
  const { machine, audio, events } = await openCall(t);
  const answer = machine.hesitate();

  const changing = audio.setMicrophone('headset');
  await settle();
  assert.deepEqual(machine.open, ['built-in']);
  answer();
  await changing;

  assert.deepEqual(machine.open, ['headset']);
  assert.deepEqual(events.at(-1), 'replaced: headset');
});

for (const [trouble, code, arrange] of /** @type {const} */ ([
  ['is held by another program', 'microphone-busy', 'busy'],
  ['is gone', 'microphone-not-found', 'gone'],
])) {
  test(`when the microphone asked for ${trouble}, the call goes on with the one in use`, async (t) => {
    const { machine, audio } = await openCall(t);
    if (arrange === 'busy') machine.busy.add('headset');
    else machine.unplug('headset');

    await assert.rejects(audio.setMicrophone('headset'), { code });

    assert.deepEqual(machine.open, ['built-in']);
  });
}

test('microphones asked for one after the other end with the last, however long each takes', async (t) => {
  const { machine, audio } = await openCall(t, { microphones: ['a', 'b', 'c'] });
  const answer = machine.hesitate();

  const slow = audio.setMicrophone('b');
  await settle();
  machine.answer = Promise.resolve();
  const quick = audio.setMicrophone('c');
  await settle();
  answer();
  await Promise.all([slow, quick]);

  assert.deepEqual(machine.open, ['c']);
});

test('a microphone that ends while another one is being opened is not missed', async (t) => {
  const { machine, audio, events } = await openCall(t);
  const answer = machine.hesitate();

  const changing = audio.setMicrophone('headset');
  await settle();
  machine.track.end();
  answer();
  await changing;
  await settle();

  assert.deepEqual(machine.open, ['headset']);
  assert.deepEqual(events, ['opened: built-in', 'replaced: headset']);
});

test('a microphone of an earlier visit that is not there gives way to the default', async (t) => {
  const { machine } = await openCall(t, { wanted: { microphone: { deviceId: 'stolen' } } });

  assert.deepEqual(machine.open, ['built-in']);
});

test('where the browser cannot process the sound as asked, it is asked for the device alone', async (t) => {
  const call = newCall(t, { wanted: { microphone: { deviceId: 'headset' } } });
  call.machine.isTooMuch = ({ echoCancellation }) => echoCancellation !== undefined;

  await call.open();

  assert.deepEqual(call.machine.open, ['headset']);
});

test('where the browser wants no wishes at all, any microphone will do', async (t) => {
  const call = newCall(t);
  call.machine.isTooMuch = (wish) => wish !== true;

  await call.open();

  assert.deepEqual(call.machine.open, ['built-in']);
});

for (const [name, code, arrange] of /** @type {const} */ ([
  ['refused by the user', 'microphone-denied', 'denied'],
  ['held by another program', 'microphone-busy', 'busy'],
  ['not there', 'microphone-not-found', 'none'],
])) {
  test(`a microphone ${name} fails the call with ${code}, and nothing stays open`, async (t) => {
    const call = newCall(t, { microphones: arrange === 'none' ? [] : ['built-in'] });
    if (arrange === 'denied') call.machine.permission.state = 'denied';
    if (arrange === 'busy') call.machine.busy.add('built-in');

    await assert.rejects(call.open(), { code });
    await settle();

    assert.deepEqual(call.machine.open, []);
    assert.deepEqual(call.sound.open, []);
  });
}

test('a microphone that the user allows after hanging up is let go of at once', async (t) => {
  const call = newCall(t);
  const answer = call.machine.hesitate();
  const opening = call.open();
  await settle();

  call.audio.close();
  answer();

  await assert.rejects(opening, { code: 'audio-failed' });
  assert.equal(call.machine.tracks.length, 1);
  assert.deepEqual(call.machine.open, []);
});

test('a microphone that arrives after hanging up in mid-change is let go of at once', async (t) => {
  const { machine, audio } = await openCall(t);
  const answer = machine.hesitate();
  const changing = audio.setMicrophone('headset');
  await settle();

  audio.close();
  answer();

  await assert.rejects(changing, { code: 'audio-failed' });
  assert.deepEqual(machine.open, []);
});

test('a call that uses the default follows the system to another one, once', async (t) => {
  const { machine, events, pass } = await openCall(t);

  machine.makeDefault('headset');
  machine.makeDefault('built-in');
  machine.makeDefault('headset');
  await pass(QUIET_MS);

  assert.deepEqual(machine.open, ['headset']);
  assert.deepEqual(events, ['opened: built-in', 'default-changed: headset']);
});

test('a call that uses a chosen microphone does not follow the default', async (t) => {
  const { machine, pass } = await openCall(t, { wanted: { microphone: { deviceId: 'built-in' } } });

  machine.makeDefault('headset');
  await pass(QUIET_MS);

  assert.deepEqual(machine.open, ['built-in']);
  assert.equal(machine.wishes.length, 1);
});

for (const deviceId of ['', 'default', 'headset']) {
  test(`devices that come and go beside the one in use ('${deviceId}') change nothing`, async (t) => {
    const { machine, pass } = await openCall(t, { wanted: { microphone: { deviceId } } });

    machine.plugIn('camera');
    await pass(QUIET_MS);
    machine.unplug('camera');
    await pass(QUIET_MS);

    assert.equal(machine.wishes.length, 1);
  });
}

test('where it would mean to ask the user again, the default is not followed', async (t) => {
  const call = newCall(t);
  call.machine.permission.state = 'prompt';
  await call.open();

  call.machine.makeDefault('headset');
  await call.pass(QUIET_MS);

  assert.deepEqual(call.machine.open, ['built-in']);
});

test('a default that cannot be opened leaves the call with what it has', async (t) => {
  const { machine, lost, pass } = await openCall(t);
  machine.busy.add('headset');

  machine.makeDefault('headset');
  await pass(QUIET_MS);

  assert.deepEqual(machine.open, ['built-in']);
  assert.deepEqual(lost, []);
});

test('a chosen microphone that is unplugged gives way to the default, and is taken again when it is back', async (t) => {
  const { machine, events, pass } = await openCall(t, {
    wanted: { microphone: { deviceId: 'headset' } },
  });

  machine.unplug('headset');
  await settle();
  assert.deepEqual(machine.open, ['built-in']);
  machine.plugIn('headset');
  await pass(QUIET_MS);

  assert.deepEqual(machine.open, ['headset']);
  assert.deepEqual(events, ['opened: headset', 'replaced: built-in', 'replaced: headset']);
});

test('a default that is unplugged gives way to any other', async (t) => {
  const { machine, pass } = await openCall(t);

  machine.unplug('built-in');
  await pass(QUIET_MS);

  assert.deepEqual(machine.open, ['headset']);
  assert.equal(machine.tracks.length, 2); // and is not opened again when the devices have settled
});

test('when neither the chosen one nor the default can be opened, any other will do', async (t) => {
  const { machine } = await openCall(t, {
    microphones: ['built-in', 'camera', 'headset'],
    wanted: { microphone: { deviceId: 'headset' } },
  });
  machine.busy.add('built-in');

  machine.unplug('headset');
  await settle();

  assert.deepEqual(machine.open, ['camera']);
});

test('a track that ends although its device is there, as when a headset changes its profile, is opened anew', async (t) => {
  const { machine, events } = await openCall(t);

  machine.track.end();
  await settle();

  assert.deepEqual(machine.open, ['built-in']);
  assert.deepEqual(events.at(-1), 'replaced: built-in');
});

test('without any microphone the call goes on, and takes the first one that appears', async (t) => {
  const { machine, events, lost, pass } = await openCall(t, { microphones: ['built-in'] });

  machine.unplug('built-in');
  await pass(QUIET_MS);
  assert.deepEqual(events.at(-1), 'lost');
  await pass(LIMIT_MS / 2);
  machine.plugIn('headset');
  await pass(QUIET_MS);
  await pass(LIMIT_MS);

  assert.deepEqual(machine.open, ['headset']);
  assert.deepEqual(events, ['opened: built-in', 'lost', 'replaced: headset']);
  assert.deepEqual(lost, []);
});

test('a call that has had no microphone for a minute is given up, once', async (t) => {
  const { machine, lost, pass } = await openCall(t, { microphones: ['built-in'] });

  machine.unplug('built-in');
  await pass(QUIET_MS);
  for (let waited = 0; waited < LIMIT_MS; waited += RETRY_MS) {
    assert.deepEqual(lost, []);
    await pass(RETRY_MS);
  }
  assert.deepEqual(lost, ['microphone-not-found']);
  const asked = machine.wishes.length;
  await pass(LIMIT_MS);

  assert.deepEqual(lost, ['microphone-not-found']);
  assert.equal(machine.wishes.length, asked);
});

test('a microphone that another program held is taken when that program lets go of it', async (t) => {
  const { machine, events, pass } = await openCall(t, { microphones: ['built-in'] });
  machine.busy.add('built-in');
  machine.track.end();
  await settle();
  assert.deepEqual(events.at(-1), 'lost');

  machine.busy.clear();
  await pass(RETRY_MS);

  assert.deepEqual(machine.open, ['built-in']);
});

test('a microphone that is busy first and gone then is lost once', async (t) => {
  const { machine, events, pass } = await openCall(t, { microphones: ['built-in'] });
  machine.busy.add('built-in');
  machine.track.end();
  await settle();

  machine.unplug('built-in');
  await pass(2 * RETRY_MS);

  assert.deepEqual(events, ['opened: built-in', 'lost']);
});

test('a page that is looked at again looks for a microphone at once', async (t) => {
  const { machine, audio } = await openCall(t, { microphones: ['built-in'] });
  machine.busy.add('built-in');
  machine.track.end();
  await settle();

  machine.busy.clear();
  audio.wake();
  await settle();

  assert.deepEqual(machine.open, ['built-in']);
});

test('a microphone chosen while there is none ends the wait', async (t) => {
  const { machine, audio, lost, pass } = await openCall(t);
  machine.busy.add('built-in').add('headset');
  machine.track.end();
  await settle();

  machine.busy.delete('headset');
  await audio.setMicrophone('headset');
  await pass(2 * LIMIT_MS);

  assert.deepEqual(machine.open, ['headset']);
  assert.deepEqual(lost, []);
});

for (const state of /** @type {const} */ (['denied', 'prompt'])) {
  test(`a permission taken back (${state}) is told, nobody is asked, and it works again once it is given`, async (t) => {
    const { machine, events, pass } = await openCall(t);

    machine.setPermission(state);
    await settle();
    await pass(2 * RETRY_MS);
    assert.equal(machine.wishes.length, 1);
    machine.setPermission('granted');
    await settle();

    assert.deepEqual(machine.open, ['built-in']);
    assert.deepEqual(events, ['opened: built-in', 'permission-lost', 'replaced: built-in']);
  });
}

test('a user who says no when a lost microphone is asked for is not asked again', async (t) => {
  const call = newCall(t);
  call.machine.permission.state = 'prompt';
  await call.open();

  call.machine.permission.state = 'denied';
  call.machine.track.end();
  await settle();
  const asked = call.machine.wishes.length;
  call.machine.permission.state = 'prompt';
  await call.pass(2 * RETRY_MS);

  assert.equal(call.events.at(-1), 'permission-lost');
  assert.equal(call.machine.wishes.length, asked);
});

test('a microphone muted by the system is told, and told again when it is back', async (t) => {
  const { machine, events } = await openCall(t);

  machine.track.setMuted(true);
  machine.track.setMuted(false);

  assert.deepEqual(events.slice(1), ['muted-by-system: built-in', 'unmuted-by-system: built-in']);
});

test('a microphone that gives nothing after the devices changed is opened anew, but only once', async (t) => {
  const { machine, sound, events, pass } = await openCall(t);
  const capture = sound.context.nodes['voice-agent-capture'];
  machine.plugIn('a2dp');
  await pass(QUIET_MS);

  capture.port.onmessage();
  await settle();
  capture.port.onmessage();
  await settle();

  assert.equal(machine.tracks.length, 2);
  assert.deepEqual(machine.open, ['built-in']);
  assert.deepEqual(events, ['opened: built-in']); // the same one: there is nothing to tell
});

test('a microphone that gives nothing is opened anew without any event, and another one where it is gone', async (t) => {
  const { machine, sound, events } = await openCall(t);
  const capture = sound.context.nodes['voice-agent-capture'];
  machine.busy.add('built-in');
  for (let second = 0; second < 3; second += 1) {
    capture.port.onmessage();
    await settle();
  }
  assert.deepEqual(machine.open, ['headset']);
  assert.deepEqual(events, ['opened: built-in', 'replaced: headset']);
});

test('a microphone that gives nothing is left alone when the system has muted it', async (t) => {
  const { machine, sound } = await openCall(t);
  const capture = sound.context.nodes['voice-agent-capture'];
  machine.track.setMuted(false);
  machine.track.muted = true;
  capture.port.onmessage();
  await settle();

  assert.equal(machine.tracks.length, 1);
});

test('a call that ends while it looks for a microphone says no more', async (t) => {
  const { machine, audio, events, lost, pass } = await openCall(t);
  const answer = machine.hesitate();
  machine.track.end();
  await settle();

  audio.close();
  answer();
  await pass(2 * LIMIT_MS);

  assert.deepEqual(machine.open, []);
  assert.deepEqual(events, ['opened: built-in']);
  assert.deepEqual(lost, []);
});

test('a call that is over hears of nothing any more', async (t) => {
  const { machine, audio, events, lost, interruptions, pass } = await openCall(t);
  await pass(LIMIT_MS);

  audio.close();
  machine.unplug('built-in');
  machine.makeDefault('headset');
  machine.setPermission('granted');
  await pass(2 * LIMIT_MS);

  assert.deepEqual(machine.open, []);
  assert.deepEqual(events, ['opened: built-in']);
  assert.deepEqual(lost, []);
  assert.deepEqual(interruptions, []);
});
