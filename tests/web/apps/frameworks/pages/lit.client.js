import { render } from 'lit';
import { hydrate as hydrateInto } from '@lit-labs/ssr-client';
import { page } from './lit.js';

export function mount(host, props) {
  render(page(props), host);
  globalThis.order = (ids) => render(page(props, ids), host);
}
export function hydrate(host, props) {
  hydrateInto(page(props), host);
  globalThis.order = (ids) => render(page(props, ids), host);
}
