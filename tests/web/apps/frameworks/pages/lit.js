import { html } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

const element =
  ({ gate, session, heard }) =>
  (id) =>
    html`<voice-agent
      id=${id}
      gate=${gate}
      .session=${session}
      ?floating=${false}
      ?push-to-talk=${false}
      @voice-agent-state=${heard}
    ></voice-agent>`;

export const page = (props, ids = props.ids) =>
  html`<main>${repeat(ids, (id) => id, element(props))}</main>`;
