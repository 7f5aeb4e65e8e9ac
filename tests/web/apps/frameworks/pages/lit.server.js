import { render as renderPage } from '@lit-labs/ssr';
import { collectResult } from '@lit-labs/ssr/lib/render-result.js';
import { page } from './lit.js';

export const render = (props) => collectResult(renderPage(page(props)));
