import { h, hydrate as hydrateInto, render } from 'preact';
import { Page } from './preact.js';

export const mount = (host, props) => render(h(Page, props), host);
export const hydrate = (host, props) => hydrateInto(h(Page, props), host);
