import { h } from 'preact';
import { useState } from 'preact/hooks';

export function Page({ gate, session, heard, ids }) {
  const [order, setOrder] = useState(ids);
  globalThis.order = setOrder;
  const element = (id) =>
    h('voice-agent', {
      'key': id,
      id,
      gate,
      session,
      'floating': false,
      'push-to-talk': false,
      'onvoice-agent-state': heard,
    });
  return h('main', null, order.map(element));
}
