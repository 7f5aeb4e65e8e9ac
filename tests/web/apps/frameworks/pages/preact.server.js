import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { Page } from './preact.js';

export const render = (props) => renderToString(h(Page, props));
