import { renderToString } from 'vue/server-renderer';
import { serverPage } from './vue.js';

export const render = (props) => renderToString(serverPage(props));
