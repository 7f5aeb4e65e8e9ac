// The token route as one writes it in Node for speed: Fastify, and undici's pool of connections
// instead of `fetch`; arguments as in express.js.
import Fastify from 'fastify';
import { Pool } from 'undici';

const upstream = new Pool(process.argv[2], { connections: 512 });
const path = '/v1/token?expires_in_seconds=300&max_session_duration_seconds=8640';
const headers = { authorization: 'Bearer benchmark' };
const schema = {
  response: { 200: { type: 'object', properties: { token: { type: 'string' } } } },
};

const app = Fastify();
app.get('/api/voice-token', { schema }, async (_request, reply) => {
  const answer = await upstream.request({ method: 'GET', path, headers });
  if (answer.statusCode !== 200) {
    return reply.code(answer.statusCode).send(await answer.body.text());
  }
  const { token } = await answer.body.json();
  return { token };
});
console.log(await app.listen({ host: '127.0.0.1', port: 0, backlog: 2048 }));
