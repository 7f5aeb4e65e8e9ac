// The microphone of one call, whatever happens to the devices: changed, followed, lost and found again.
// Main thread.

import { VoiceAgentError } from '../../errors.js';
import { allDevices, defaultMicrophone, isDefault, listMicrophones } from './devices.js';
import {
  closeMicrophone,
  isMicrophoneGranted,
  microphoneFacts,
  openMicrophone,
  watchPermission,
} from './microphone.js';

/** How often to look for a microphone although nothing was said to have changed. */
const RETRY_MS = 5_000;

/** How long a call that hears nobody may go on, and be paid for. */
const OUTAGE_LIMIT_MS = 60_000;

/**
 * What happened to the microphone; label and deviceId are those in use now, empty when there is none.
 * `lost`: none can be had for now, and the call goes on in silence; `replaced` follows when one is found.
 * @typedef {object} DeviceEvent
 * @property {string} label
 * @property {string} deviceId
 * @property {'opened' | 'replaced' | 'default-changed' | 'lost' | 'permission-lost' | 'muted-by-system'
 *   | 'unmuted-by-system'} reason
 */

/**
 * @typedef {object} LiveMicrophoneCalls
 * @property {(stream: MediaStream | null) => Promise<void>} connect hear this one from now on; what it rejects with
 *   leaves the one before in use; null: there is none
 * @property {(event: DeviceEvent) => void} onMicrophone
 * @property {(error: VoiceAgentError) => void} onLost there was none for a minute
 */

export class LiveMicrophone {
  #options;
  #calls;
  /** What the user wants: a device, or whatever is the default. */
  #wanted;
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {{error: VoiceAgentError, end: () => void} | null} there while the call has no microphone */
  #outage = null;
  /** @type {string | null} the system's default, as last seen */
  #default = null;
  /** Whether it is wanted: a call may begin without one. */
  #isWanted = false;
  #isOnHold = false;
  /** Whether exact silence is news: it is not from one that was opened anew because of it. */
  #mayBeDead = true;
  /** @type {Promise<unknown>} the change under way: they happen one after the other */
  #turn = Promise.resolve();
  #life = new AbortController();
  /** Whether the browser had the user's yes written down, so that its absence means that it was taken back. */
  #wasGranted = false;
  /** Whether the user said no when the browser asked. */
  #wasRefused = false;

  /**
   * @param {import('./microphone.js').MicrophoneOptions} options
   * @param {LiveMicrophoneCalls} calls
   */
  constructor(options, calls) {
    this.#options = options;
    this.#wanted = options.deviceId ?? '';
    this.#calls = calls;
  }

  /** @throws {VoiceAgentError} microphone-*, or what `connect` rejects with */
  async open() {
    this.#isWanted = true;
    try {
      await this.#inTurn(() => this.#use({ deviceId: this.#wanted }, 'opened'));
    } catch (error) {
      this.#isWanted = false;
      throw error;
    }
    void watchPermission((state) => {
      this.#wasGranted ||= state === 'granted';
      if (state === 'granted') this.retry();
    }, this.#life.signal);
  }

  /**
   * Use another one. The one before is let go of once the new one is open, and stays when it is not.
   * @param {string} deviceId '' for the default
   * @throws {VoiceAgentError} microphone-*
   */
  choose(deviceId) {
    return this.#inTurn(async () => {
      if (this.#isWanted) await this.#use({ deviceId, mustMatch: true }, 'replaced');
      this.#wanted = deviceId;
    });
  }

  /** Look for one again, if there is none. */
  retry() {
    if (this.#outage) void this.#inTurn(() => this.#outage && this.#findAny());
  }

  /** @param {MediaDeviceInfo[]} devices as they are now */
  devicesChanged(devices) {
    const before = this.#default;
    this.#default = defaultMicrophone(devices);
    this.#mayBeDead = true;
    if (!this.#stream) return this.retry();
    const isFollowed = isDefault(this.#wanted) && before !== null;
    if (isFollowed && before !== this.#default) this.#moveTo(this.#wanted, 'default-changed');
    const isBack = devices.some(({ deviceId }) => deviceId === this.#wanted);
    const { deviceId } = this.#inUse; // empty where the browser does not say
    const isElsewhere = deviceId !== '' && !isDefault(this.#wanted) && deviceId !== this.#wanted;
    if (isBack && isElsewhere) this.#moveTo(this.#wanted, 'replaced');
  }

  /** The audio system stopped and runs again: some browsers forget a microphone over it. */
  audioRestarted() {
    this.#mayBeDead = true;
  }

  /**
   * Nothing at all comes from it. After a headset has changed its profile, say, or its driver is gone without a word
   * (Chromium: no `ended`, no `devicechange`), a microphone may look alive and give nothing: then it is opened anew,
   * once, or another one where that fails. A person who has pulled the plug on purpose loses nothing.
   */
  heardNothing() {
    const stream = this.#stream;
    if (!this.#mayBeDead || !stream || this.#isOnHold || this.#track?.muted) return;
    this.#mayBeDead = false;
    this.#inTurn(async () => {
      if (this.#stream !== stream || !(await this.#mayAsk())) return;
      await this.#use({ deviceId: this.#inUse.deviceId, mustMatch: true }, 'replaced');
    }).catch(() => this.#ended(stream));
  }

  /** It stays open, so that nobody is asked again, and captures nothing. @param {boolean} isOnHold */
  setOnHold(isOnHold) {
    this.#isOnHold = isOnHold;
    if (this.#track) this.#track.enabled = !isOnHold;
  }

  /** Connect the one in use once more: what it was connected to is no good any more. */
  reconnect() {
    return this.#inTurn(() => this.#calls.connect(this.#stream));
  }

  /** Let go of it, now or as soon as it arrives. */
  close() {
    const message = 'The call ended before the microphone was open.';
    this.#life.abort(new VoiceAgentError('audio-failed', { message }));
    this.#outage?.end();
    if (this.#stream) closeMicrophone(this.#stream);
    this.#stream = null;
  }

  get #track() {
    return this.#stream?.getAudioTracks()[0];
  }

  /** What is known of the one in use; null when there is none. */
  get facts() {
    return this.#track ? microphoneFacts(this.#track) : null;
  }

  get #inUse() {
    const { deviceId = '' } = this.#track?.getSettings() ?? {};
    return { label: this.#track?.label ?? '', deviceId };
  }

  /**
   * @template Result
   * @param {() => Result | Promise<Result>} task
   * @returns {Promise<Result>}
   */
  #inTurn(task) {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => {}); // a failure is its caller's, not the next one's
    return done;
  }

  /**
   * @param {{deviceId: string, mustMatch?: boolean}} choice
   * @param {DeviceEvent['reason']} reason
   */
  async #use(choice, reason) {
    this.#life.signal.throwIfAborted();
    const stream = await openMicrophone({ ...this.#options, ...choice });
    try {
      this.#life.signal.throwIfAborted();
      await this.#calls.connect(stream);
      this.#life.signal.throwIfAborted();
    } catch (error) {
      closeMicrophone(stream);
      throw VoiceAgentError.from(error, 'microphone-busy');
    }
    const before = this.#inUse;
    if (this.#stream) closeMicrophone(this.#stream);
    this.#stream = stream;
    this.setOnHold(this.#isOnHold);
    this.#outage?.end();
    this.#outage = null;
    this.#watch(stream);
    const isAnother =
      before.deviceId !== this.#inUse.deviceId || before.label !== this.#inUse.label;
    this.#mayBeDead ||= isAnother;
    if (isAnother || reason !== 'replaced') this.#report(reason);
    if (this.#track?.muted) this.#report('muted-by-system');
    void allDevices().then((devices) => (this.#default = defaultMicrophone(devices)));
  }

  /** @param {MediaStream} stream the one in use */
  #watch(stream) {
    const [track] = stream.getAudioTracks();
    track.onended = () => this.#ended(stream);
    track.onmute = () => this.#stream === stream && this.#report('muted-by-system');
    track.onunmute = () => {
      if (this.#stream !== stream) return;
      this.#mayBeDead = true;
      this.#report('unmuted-by-system');
    };
    if (track.readyState === 'ended') this.#ended(stream);
  }

  /**
   * Unplugged, taken by the system, or forbidden. A page's own `stop()` is not told so.
   * @param {MediaStream} stream
   */
  #ended(stream) {
    void this.#inTurn(async () => {
      if (this.#stream !== stream) return; // another one is in use by now
      closeMicrophone(stream);
      this.#stream = null;
      await this.#findAny();
    });
  }

  /** The one that is wanted, else the default, else any. */
  async #findAny() {
    let error = new VoiceAgentError('microphone-denied');
    const others = (await listMicrophones()).map(({ deviceId }) => deviceId);
    for (const deviceId of new Set([this.#wanted, '', ...others])) {
      if (!(await this.#mayAsk())) break;
      try {
        return await this.#use({ deviceId, mustMatch: true }, 'replaced');
      } catch (thrown) {
        error = VoiceAgentError.from(thrown, 'microphone-not-found');
      }
      this.#wasRefused ||= lossOf(error) === 'permission-lost';
    }
    this.#goWithout(error);
  }

  /** Whether one may be opened uninvited: not after a no, and not after a yes that was taken back. */
  async #mayAsk() {
    return (await isMicrophoneGranted()) || !(this.#wasGranted || this.#wasRefused);
  }

  /** @param {VoiceAgentError} error */
  #goWithout(error) {
    if (this.#life.signal.aborted) return;
    const reason = lossOf(error);
    const isNews = !this.#outage || lossOf(this.#outage.error) !== reason;
    this.#outage = { error, end: this.#outage?.end ?? this.#beginOutage() };
    if (isNews) this.#report(reason);
  }

  /** The call goes on in silence, looks for a microphone now and then, and gives up at last. */
  #beginOutage() {
    const retries = setInterval(() => this.retry(), RETRY_MS);
    const limit = setTimeout(() => {
      this.#outage?.end();
      if (this.#outage) this.#calls.onLost(this.#outage.error);
    }, OUTAGE_LIMIT_MS);
    return () => {
      clearInterval(retries);
      clearTimeout(limit);
    };
  }

  /**
   * Change over to another one, and go on with the one in use where that fails.
   * @param {string} deviceId
   * @param {DeviceEvent['reason']} reason
   */
  #moveTo(deviceId, reason) {
    this.#inTurn(async () => {
      if (!this.#stream || !(await isMicrophoneGranted())) return; // it does its work: nobody is asked anything
      await this.#use({ deviceId, mustMatch: true }, reason);
    }).catch(() => {});
  }

  /** @param {DeviceEvent['reason']} reason */
  #report(reason) {
    this.#calls.onMicrophone({ ...this.#inUse, reason });
  }
}

/** @param {VoiceAgentError} error why there is no microphone */
function lossOf({ code }) {
  const isRefused = code === 'microphone-denied' || code === 'microphone-not-offered';
  return isRefused ? 'permission-lost' : 'lost';
}
