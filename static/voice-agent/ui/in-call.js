// What a call is seen and led by besides its buttons, in one file that is fetched as a call comes near: with what the end
// of the call will need, since its line may be gone then.

export { showAfterCall } from './after-call.js';
export { createConversation } from './conversation-panel.js';
export { createPushToTalk } from './push-to-talk.js';
export { createVisualiser } from './visualiser.js';
