import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { Page } from './react.js';

export const render = (props) => renderToString(createElement(Page, props));
