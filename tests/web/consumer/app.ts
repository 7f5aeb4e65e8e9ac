// A TypeScript page that uses nearly all of the client: it must compile against the types that are shipped.

import {
  createVoiceAgent,
  listMicrophones,
  listSpeakers,
  VoiceAgentError,
  type Agent,
  type AgentEvents,
  type AgentState,
  type ErrorCode,
  type SessionConfig,
  type StartOptions,
  type StateEvent,
  type Stats,
  type Tool,
  type ToolEvent,
  type Turn,
  type VoiceAgentOptions,
} from 'voicegate-client';
import { createVoiceAgent as fromTheGate } from 'https://gate.example/static/voice-agent/index.js';

const bookTable: Tool = {
  description: 'Books a table.',
  parameters: { type: 'object', properties: { people: { type: 'integer' } } },
  timeout_seconds: 20,
  execution_mode: 'interactive',
  onInterruption: 'keep',
  approve: async ({ people }: { people: number }, { name, signal }) =>
    !signal.aborted && name === 'book_table' && people < 8,
  run: async ({ people }: { people: number }, { signal, call_id }) => {
    const answer = await fetch(`/book?people=${people}&call=${call_id}`, { signal });
    return (await answer.json()) as unknown;
  },
};

const session: SessionConfig = { system_prompt: 'Be brief.', output: { voice: 'alba' } };
const options: VoiceAgentOptions = {
  tokenUrl: new URL('https://gate.example/api/voice-token'),
  accessToken: async () => 'word',
  credentials: 'omit',
  session,
  tools: { book_table: bookTable },
  microphone: { deviceId: '', echoCancellation: true },
  speaker: { deviceId: 'loud' },
  volume: 0.5,
  workletsUrl: '/voice-agent/worklets/',
  frameMs: 20,
  tokenPrefetch: 'always',
};

const agent: Agent = createVoiceAgent(options);
const sameKind: typeof createVoiceAgent = fromTheGate;
const life = new AbortController();
const words: Record<ErrorCode, string> | null = null;

agent.on('state', ({ state, previous, error, recovery, reason }: StateEvent) => {
  const next: AgentState = state;
  if (next === 'failed' && error?.code === 'microphone-denied') console.log(error.message);
  if (recovery === 'continued' || reason === 'time-limit') console.log(previous, words);
});
const off: () => void = agent.on('transcript', (turn: Turn) => {
  console.log(turn.id, turn.role === 'user' ? turn.text : '', turn.final, turn.interrupted);
});
agent.on('tool', ({ callId, status, result }: ToolEvent) => console.log(callId, status, result), {
  signal: life.signal,
});
agent.on('speaking', ({ user, agent: speaks }) => console.log(user && speaks));
agent.on('level', ({ microphone }) => console.log(microphone.toFixed(2)));
agent.on('reconnect', ({ secondsLeft }) => console.log((secondsLeft ?? 0) + 1));
agent.on('limit', ({ secondsLeft }) => console.log((secondsLeft ?? 0) + 1));
agent.on('error', (error: VoiceAgentError) => console.log(error.retryAfterSeconds ?? 0));

export async function talk(how: StartOptions = { takeOver: true }): Promise<readonly Turn[]> {
  try {
    await agent.start({ ...how, resume: agent.resumable !== null });
  } catch (error) {
    if (error instanceof VoiceAgentError && error.retryable) console.log(error.problem?.detail);
  }
  agent.mute();
  agent.say('Hello');
  agent.reply('Sum it up.');
  await agent.update({ system_prompt: 'Be long.' });
  const [first] = await listMicrophones();
  if (first) await agent.setMicrophone(first.deviceId);
  for (const { deviceId, label } of await listSpeakers()) console.log(deviceId, label);
  const stats: Stats | null = agent.stats;
  const lostMs: number = stats?.uplink.droppedMs ?? 0;
  console.log(lostMs, agent.muted, sameKind);
  await agent.stop();
  off();
  await agent.dispose();
  return agent.turns;
}

export type Levels = AgentEvents['level'];

const receptionist = createVoiceAgent({ gate: 'https://gate.example', agent: 'reception' });
const vendorsOwn = createVoiceAgent({
  tokenUrl: '/token',
  wsUrl: 'wss://agents.eu.assemblyai.com/v1/ws',
});

export async function greet(): Promise<string> {
  const fetched: Promise<SessionConfig> = fetch('/session').then((answer) => answer.json());
  await receptionist.start({ session: fetched });
  const { state } = await receptionist.once('state', { signal: life.signal });
  return vendorsOwn.isActive ? state : 'idle';
}

createVoiceAgent({
  tools: {
    book: {
      description: 'Books a table.',
      parameters: {
        type: 'object',
        properties: { people: { type: 'integer' }, room: { enum: ['in', 'out'] } },
        required: ['people'],
      },
      run: ({ people, room }) => {
        const where: 'in' | 'out' | undefined = room;
        return people.toFixed(0) + (where ?? '');
      },
    },
    remind: {
      description: 'Reminds of a day.',
      parameters: {} as {
        '~standard': { types?: { input: { day: string }; output: { day: Date } } };
      },
      run: ({ day }) => day.getTime(),
    },
    time: { description: 'The time of day.', run: () => 'noon' },
  },
});

export function record(): MediaStream | null {
  return agent.outputStream ?? agent.inputStream;
}
