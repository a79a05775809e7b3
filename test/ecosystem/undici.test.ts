/** npm's undici: as it is in a registered process, and with a connector that asks usernet. */
import '../../lib/register';

import * as http from 'node:http';
import * as https from 'node:https';
import t from 'tap';
import { Agent, type buildConnector, Client, Pool, request } from 'undici';
import * as usernet from '../../lib';
import { cert, key } from './support/certificate';
import { checkCarried, closed, listening } from './support/own-stack';

const HOST = '127.0.0.1';

t.test('requests are pipelined, and errors are those of sockets', async (t) => {
  const server = http.createServer((request, response) => void response.end(request.url));
  const port = await listening(server);
  const client = new Client(`http://${HOST}:${port}`, { pipelining: 10 });
  const paths = Array.from({ length: 100 }, (_, i) => `/${i}`);
  const answers = await Promise.all(
    paths.map(async (path) => await (await client.request({ path, method: 'GET' })).body.text()),
  );
  t.same(answers, paths);
  await client.close();
  await closed(server);
  await t.rejects(request(`http://${HOST}:${port}/`), { code: 'ECONNREFUSED' });
  checkCarried(t, 1);
});

t.test('a connector of a program that asks usernet, with no registration', async (t) => {
  const server = http.createServer((request, response) => void request.pipe(response));
  const port = await listening(server);
  const connections: usernet.Socket[] = [];
  const connector: buildConnector.connector = ({ hostname, port }, callback) => {
    const socket = usernet.connect({ host: hostname, port: Number(port), noDelay: true });
    connections.push(socket);
    socket.once('connect', () => callback(null, socket));
    socket.once('error', (error) => callback(error, null));
  };
  const pool = new Pool(`http://${HOST}:${port}`, { connect: connector, connections: 4 });
  const body = 'pooled '.repeat(50_000);
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const answer = await pool.request({ path: '/', method: 'POST', body });
      return (await answer.body.text()) === body;
    }),
  );
  t.equal(answers.length, 20);
  t.ok(answers.every(Boolean));
  t.ok(connections.length >= 2);
  t.ok(connections.every((socket) => socket.state === 'ESTABLISHED'));
  await pool.close();
  await closed(server);
});

t.test('over TLS', async (t) => {
  const server = https.createServer({ key, cert }, (_request, response) => void response.end('ok'));
  const port = await listening(server);
  const dispatcher = new Agent({ connect: { ca: cert } });
  const answer = await request(`https://${HOST}:${port}/`, { dispatcher });
  t.equal(await answer.body.text(), 'ok');
  await dispatcher.close();
  await closed(server);
});
