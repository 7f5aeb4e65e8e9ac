import { hydrate as hydrateInto, mount as mountInto } from 'svelte';
import Page from './Page.svelte';

export const mount = (target, props) => void mountInto(Page, { target, props });
export const hydrate = (target, props) => void hydrateInto(Page, { target, props });
