// The token route as the vendor's guide "Browser integration" shows it for Express (November 2026),
// with the upstream's address and the port from outside: `node server.js http://127.0.0.1:8001`.
import express from 'express';

const upstream = process.argv[2];
const router = express.Router();

router.get('/voice-token', async (_request, response) => {
  const url = new URL(`${upstream}/v1/token`);
  url.searchParams.set('expires_in_seconds', '300');
  url.searchParams.set('max_session_duration_seconds', '8640');

  const answer = await fetch(url, { headers: { Authorization: 'Bearer benchmark' } });
  if (!answer.ok) {
    return response.status(answer.status).send(await answer.text());
  }
  const { token } = await answer.json();
  response.json({ token });
});

const app = express();
app.use('/api', router);
const listener = app.listen(0, '127.0.0.1', 2048, () => {
  console.log(`http://127.0.0.1:${listener.address().port}`);
});
