import { createSignal, For } from 'solid-js';

export function Page(props) {
  const [order, setOrder] = createSignal(props.ids);
  globalThis.order = setOrder;
  return (
    <main>
      <For each={order()}>
        {(id) => (
          <voice-agent
            id={id}
            gate={props.gate}
            session={props.session}
            floating={props.no}
            push-to-talk={props.no}
            on:voice-agent-state={props.heard}
          />
        )}
      </For>
    </main>
  );
}
