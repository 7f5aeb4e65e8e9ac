import { page, serverPage } from './vue.js';

export const mount = (host, props) => void page(props).mount(host);
export const hydrate = (host, props) => void serverPage(props).mount(host);
