// Which microphones and speakers there are, and when that changes. Main thread.

/** Devices come and go in bursts (a headset is several at once): look when it has been quiet for so long. */
const QUIET_MS = 300;

/**
 * Microphones to choose from; names are known only once the user has allowed one.
 * @returns {Promise<{deviceId: string, label: string}[]>}
 */
export function listMicrophones() {
  return listDevices('audioinput');
}

/**
 * Speakers to choose from; empty where the browser does not let a page choose.
 * @returns {Promise<{deviceId: string, label: string}[]>}
 */
export async function listSpeakers() {
  // Source: W3C Web Audio API 1.1, AudioContext.setSinkId; neither Firefox 153 nor WebKitGTK 2.50.6 has it.
  const canChoose = typeof AudioContext === 'function' && 'setSinkId' in AudioContext.prototype;
  return canChoose ? listDevices('audiooutput') : [];
}

/**
 * Call `onChange` after every change of the devices, until `signal` aborts.
 * @param {(devices: MediaDeviceInfo[]) => void} onChange
 * @param {AbortSignal} signal
 */
export function watchDevices(onChange, signal) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const look = async () => {
    const devices = await allDevices();
    if (!signal.aborted) onChange(devices);
  };
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(look, QUIET_MS);
  };
  navigator.mediaDevices?.addEventListener('devicechange', wait, { signal });
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
}

/** @returns {Promise<MediaDeviceInfo[]>} none where they cannot be known */
export async function allDevices() {
  try {
    return (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  } catch {
    return [];
  }
}

/** Whether there is no microphone to open, as far as can be known. @returns {Promise<boolean>} */
export async function lacksMicrophone() {
  const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => null);
  return devices?.some(({ kind }) => kind === 'audioinput') === false;
}

/**
 * What tells the system's default microphone from another one. Chromium lists it twice, first as `default`;
 * the others list it first. Source: W3C Media Capture, section 9.2 (order of enumerateDevices).
 * @param {MediaDeviceInfo[]} devices
 * @returns {string} '' when there is none
 */
export function defaultMicrophone(devices) {
  const microphones = devices.filter(({ kind }) => kind === 'audioinput');
  const found = microphones.find(({ deviceId }) => isDefault(deviceId)) ?? microphones[0];
  return found ? `${found.deviceId} ${found.groupId} ${found.label}` : '';
}

/** @param {string} deviceId @returns {boolean} whether it means whatever the system's default is */
export function isDefault(deviceId) {
  return deviceId === '' || deviceId === 'default';
}

/** @param {MediaDeviceKind} kind */
async function listDevices(kind) {
  return (await allDevices())
    .filter((device) => device.kind === kind && device.deviceId !== '')
    .map(({ deviceId, label }) => ({ deviceId, label }));
}
