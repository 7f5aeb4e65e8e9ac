import { createElement } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { Page } from './react.js';

export const mount = (host, props) => createRoot(host).render(createElement(Page, props));
export const hydrate = (host, props) => void hydrateRoot(host, createElement(Page, props));
