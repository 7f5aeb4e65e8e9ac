// What a front end writes with the types of /openapi.json; compiled and run by clients.test.js.

import createClient from 'openapi-fetch';
import type { paths } from './schema.ts';

const gate = createClient<paths>({ baseUrl: process.argv[2] });

const got = await gate.GET('/api/voice-token', { params: { query: { expires_in_seconds: 30 } } });
if (!got.data) throw new Error(got.error.detail);
const token: string = got.data.token;

const posted = await gate.POST('/api/voice-token', { body: { max_session_duration_seconds: 120 } });
const seconds: number | undefined = posted.data?.max_session_duration_seconds;

const refused = await gate.GET('/api/voice-token', { params: { query: { expires_in_seconds: 601 } } });
const code: string | undefined = refused.error?.code;

const { data: agents } = await gate.GET('/api/agents');
const names = agents?.agents.map((agent) => agent.name);

// @ts-expect-error -- seconds are a number
await gate.GET('/api/voice-token', { params: { query: { expires_in_seconds: 'soon' } } });

console.log(JSON.stringify({ hasToken: token.length > 0, seconds, code, names }));
