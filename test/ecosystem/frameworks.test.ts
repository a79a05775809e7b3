/** Express and Fastify serve, Node's fetch asks; all of it on usernet. */
import '../../lib/register';

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import t from 'tap';
import { checkCarried, closed, listening } from './support/own-stack';

t.test('Express parses, routes, streams and knows who asks', async (t) => {
  const app = express();
  app.use(express.json());
  app.post('/things/:id', (request, response) => {
    response.json({ id: request.params.id, body: request.body, ip: request.ip });
  });
  app.get('/file', (_request, response) => response.sendFile(__filename));
  app.get('/fault', () => {
    throw Object.assign(new Error('on purpose'), { status: 418 });
  });
  app.set('env', 'test'); // a fault is not printed
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const posted = await fetch(`${base}/things/7`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'seven' }),
  });
  t.same(await posted.json(), { id: '7', body: { name: 'seven' }, ip: '127.0.0.1' });
  const file = await fetch(`${base}/file`);
  t.equal(Number(file.headers.get('content-length')), (await file.arrayBuffer()).byteLength);
  const part = await fetch(`${base}/file`, { headers: { range: 'bytes=0-3' } });
  t.same([part.status, await part.text()], [206, '/** ']);
  const statuses = await Promise.all(
    ['/fault', '/nothing'].map(async (path) => {
      const answer = await fetch(base + path);
      await answer.text();
      return answer.status;
    }),
  );
  t.same(statuses, [418, 404]);
  server.closeAllConnections();
  await closed(server);
  checkCarried(t, 1);
});

t.test('Fastify serves a hundred requests at once and closes', async (t) => {
  const app = fastify();
  app.get('/square/:n', async (request) => {
    const n = Number((request.params as { n: string }).n);
    return { square: n * n, ip: request.ip };
  });
  const base = await app.listen({ port: 0, host: '127.0.0.1' });
  const numbers = Array.from({ length: 100 }, (_, n) => n);
  const answers = await Promise.all(
    numbers.map(async (n) => await (await fetch(`${base}/square/${n}`)).json()),
  );
  t.same(
    answers,
    numbers.map((n) => ({ square: n * n, ip: '127.0.0.1' })),
  );
  await app.close();
  checkCarried(t, 2);
});

t.test('Express sits upon a server of the program', async (t) => {
  const { createServer } = await import('node:http');
  const app = express();
  app.get('/', (_request, response) => void response.send('here'));
  const server = createServer(app);
  const port = await listening(server);
  t.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'here');
  server.closeAllConnections();
  await closed(server);
});
