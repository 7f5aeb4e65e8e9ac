// What a frame of another site may do, told to the page around it.

const attempt = async (run) => {
  try {
    return await run();
  } catch ({ name }) {
    return name;
  }
};
const store = (area) =>
  attempt(() => {
    globalThis[area].setItem('try', 'kept');
    return globalThis[area].getItem('word') ?? globalThis[area].getItem('try');
  });
const answers = {
  localStorage: await store('localStorage'),
  sessionStorage: await store('sessionStorage'),
  cookie: await attempt(() => {
    document.cookie = 'try=1; SameSite=None; Secure';
    return document.cookie.includes('try') ? 'kept' : 'not kept';
  }),
  lock: await attempt(() =>
    navigator.locks.request('shared', { ifAvailable: true }, (lock) =>
      lock ? 'its own' : 'shared',
    ),
  ),
  microphone: await attempt(async () => {
    const startMs = performance.now();
    try {
      await navigator.mediaDevices.getUserMedia({ audio: true });
      return 'opened';
    } catch ({ name }) {
      return performance.now() - startMs < 150 ? `${name} at once` : name;
    }
  }),
  policy: document.featurePolicy
    ? 'featurePolicy'
    : document.permissionsPolicy
      ? 'permissionsPolicy'
      : 'not told',
};
parent.postMessage(answers, '*');
