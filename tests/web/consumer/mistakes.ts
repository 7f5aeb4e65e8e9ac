// What must not compile: tsc says so of each line that does.

import * as client from 'voicegate-client';
import { createVoiceAgent, VoiceAgentError, type Tool } from 'voicegate-client';

const agent = createVoiceAgent({ volume: 1 });

// @ts-expect-error no such event
agent.on('transcripts', () => {});
// @ts-expect-error no such member of the event's value
agent.on('level', ({ speaker }) => console.log(speaker));
// @ts-expect-error no such option
createVoiceAgent({ tokenURL: '/api/voice-token' });
// @ts-expect-error not one of its values
createVoiceAgent({ tokenPrefetch: 'sometimes' });
// @ts-expect-error no such setting
createVoiceAgent({ session: { systemPrompt: 'Be brief.' } });
// @ts-expect-error not one of its values
createVoiceAgent({ session: { input: { transcription_mode: 'fast' } } });
// @ts-expect-error no such state
if (agent.state === 'connected') agent.mute();
// @ts-expect-error it cannot be set
agent.muted = true;
// @ts-expect-error no such code
new VoiceAgentError('microphone-gone');
// @ts-expect-error a tool has to say what it does
export const tool: Tool = { run: () => 1 };
// @ts-expect-error a type only: `createVoiceAgent` makes one
export const other = new client.Agent();
createVoiceAgent({
  tools: {
    book: {
      description: 'Books a table.',
      parameters: {
        type: 'object',
        properties: { people: { type: 'integer' } },
        required: ['people'],
      },
      // @ts-expect-error a number
      run: ({ people }) => people.trim(),
    },
  },
});
