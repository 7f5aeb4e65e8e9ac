// As much of Svelte's types as ours touch.

export interface SvelteHTMLElements {
  div: { id?: string };
}
