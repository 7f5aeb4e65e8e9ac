/**
 * `<voice-agent>`: a voice agent as an element of any web page.
 *
 * ```html
 * <script type="module" src="https://gate.example/static/voice-agent/element.js"></script>
 * <voice-agent gate="https://gate.example"></voice-agent>
 * ```
 * @module
 */

import { VoiceAgentElement } from './ui/element/voice-agent.js';

export { VoiceAgentElement };

// Loaded twice, or where pages are made and no browser is: then there is nothing to do.
if (globalThis.customElements && !customElements.get('voice-agent')) {
  customElements.define('voice-agent', VoiceAgentElement);
}
