/** WebSockets by ws, both ends on usernet, in the clear and over TLS. */
import '../../lib/register';

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import t, { type Test } from 'tap';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { cert, key } from './support/certificate';
import { checkCarried, closed, listening } from './support/own-stack';

t.test('messages of all sizes come back, in the clear', async (t) => {
  await converse(t, http.createServer(), 'ws');
});

t.test('messages of all sizes come back, over TLS', async (t) => {
  await converse(t, https.createServer({ key, cert }), 'wss');
});

t.test('a hundred clients hear what one of them says', async (t) => {
  const server = http.createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      for (const client of sockets.clients) client.send(data);
    });
  });
  const port = await listening(server);
  const clients = Array.from({ length: 100 }, () => new WebSocket(`ws://127.0.0.1:${port}`));
  await Promise.all(clients.map((client) => once(client, 'open')));
  const heard = Promise.all(clients.map((client) => once(client, 'message')));
  clients[0].send('all of you');
  for (const [data] of await heard) {
    if (String(data) !== 'all of you') t.fail(`heard ${data}`);
  }
  const gone = clients.map((client) => once(client, 'close'));
  for (const client of clients) client.close();
  await Promise.all(gone);
  await closed(server);
  checkCarried(t, 102);
});

t.test('a terminated client is noticed', async (t) => {
  const server = http.createServer();
  const sockets = new WebSocketServer({ server });
  const port = await listening(server);
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const [[socket]] = await Promise.all([once(sockets, 'connection'), once(client, 'open')]);
  const gone = once(socket, 'close');
  client.terminate();
  const [code] = await gone;
  t.equal(code, 1006);
  await closed(server);
});

async function converse(t: Test, server: http.Server, scheme: string): Promise<void> {
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
  const port = await listening(server);
  const client = new WebSocket(`${scheme}://127.0.0.1:${port}`, { ca: cert });
  await once(client, 'open');
  for (const size of [0, 1, 125, 126, 65_535, 65_536, 2 << 20]) {
    const sent = randomBytes(size);
    client.send(sent);
    const [data] = (await once(client, 'message')) as [RawData];
    t.ok(sent.equals(data as Buffer), `${size} bytes came back`);
  }
  const pong = once(client, 'pong');
  client.ping('are you there');
  t.equal(String((await pong)[0]), 'are you there');
  const over = once(client, 'close');
  client.close(1000, 'enough');
  const [code, reason] = await over;
  t.same([code, String(reason)], [1000, 'enough']);
  await closed(server);
  checkCarried(t, 1);
}
