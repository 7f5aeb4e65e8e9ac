import { createElement, StrictMode, useState } from 'react';

/** As JSX writes it. */
export function Page({ gate, session, heard, ids }) {
  const [order, setOrder] = useState(ids);
  globalThis.order = setOrder;
  const element = (id) =>
    createElement('voice-agent', {
      'key': id,
      id,
      gate,
      session,
      'floating': false,
      'push-to-talk': false,
      'onvoice-agent-state': heard,
    });
  return createElement(StrictMode, null, createElement('main', null, order.map(element)));
}
