// A Worker that does what it is told, and tells what is there.
import { imported } from './imported.js';

onmessage = async ({ data: { task, names, url, port, text } }) => {
  if (port) return (port.onmessage = ({ data }) => postMessage(data));
  if (task === 'static-import') return postMessage(imported);
  if (task === 'dynamic-import')
    return import('./imported.js').then(
      (module) => postMessage(module.imported),
      ({ name }) => postMessage(name),
    );
  if (task === 'missing')
    return postMessage(
      names.filter((name) => name.split('.').reduce((it, key) => it?.[key], self) === undefined),
    );
  if (task === 'tick') return setInterval(() => postMessage('tick'), 100);
  if (task === 'socket') {
    self.socket = new WebSocket(url);
    self.socket.onopen = () => postMessage('open');
    self.socket.onclose = ({ code }) => postMessage(code);
  }
  if (task === 'send') self.socket.send(text);
};
