import { render as renderPage } from 'svelte/server';
import Page from './Page.svelte';

export const render = (props) => renderPage(Page, { props }).body;
