import '@lit-labs/ssr/lib/install-global-dom-shim.js';
import { render as renderPage } from '@lit-labs/ssr';
import { collectResult } from '@lit-labs/ssr/lib/render-result.js';
import { page } from './lit.js';

/** Lit's own DOM has a registry, and a server may know the element, too. */
export async function render(props) {
  const { VoiceAgentElement } = await import('../out/element.js');
  customElements.define('voice-agent', VoiceAgentElement);
  return collectResult(renderPage(page(props)));
}
