import { hydrate as hydrateInto, render } from 'solid-js/web';
import { Page } from './solid.jsx';

export const mount = (host, props) => void render(() => <Page {...props} />, host);
export const hydrate = (host, props) => void hydrateInto(() => <Page {...props} />, host);
