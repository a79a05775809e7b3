/** Node's own http, https and fetch, both ends on usernet: keep-alive, pipelining, sessions. */
import '../../lib/register';

import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { cert, key } from './support/certificate';
import { checkCarried, closed, listening } from './support/own-stack';

interface Answer {
  status: number | undefined;
  text: string;
  socket: net.Socket;
}

t.test('an http agent keeps its connection for the next request', async (t) => {
  const server = http.createServer(echo);
  const port = await listening(server);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const first = await ask(http.request({ port, agent, method: 'POST', path: '/a' }), 'one');
  const second = await ask(http.request({ port, agent, method: 'POST', path: '/b' }), 'two');
  t.match(first, { status: 200, text: 'POST /a one' });
  t.match(second, { status: 200, text: 'POST /b two' });
  t.equal(first.socket, second.socket);
  agent.destroy();
  await closed(server);
  checkCarried(t, 1);
});

t.test('bodies of megabytes go both ways', async (t) => {
  const server = http.createServer((request, response) => void request.pipe(response));
  const port = await listening(server);
  const body = 'usernet '.repeat(500_000);
  const { text } = await ask(http.request({ port, agent: false, method: 'POST' }), body);
  t.equal(text.length, body.length);
  t.ok(text === body);
  await closed(server);
});

t.test('requests in one burst are answered in their order', async (t) => {
  const server = http.createServer(echo);
  const port = await listening(server);
  const socket = net.connect(port, '127.0.0.1');
  const paths = Array.from({ length: 50 }, (_, i) => `/${i}`);
  const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`;
  socket.write(paths.map(request).join(''));
  const found: string[] = [];
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    found.splice(0, found.length, ...(text.match(/(?<=GET )\/\d+/g) ?? []));
    if (found.length === paths.length) break;
  }
  t.same(found, paths);
  await closed(server);
});

t.test('an Upgrade hands over the socket with what came behind it', async (t) => {
  const server = http.createServer();
  server.on('upgrade', (_request, socket, head) => {
    socket.write('HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.write(head);
    socket.pipe(socket);
  });
  const port = await listening(server);
  const headers = { Connection: 'Upgrade', Upgrade: 'echo' };
  const request = http.request({ port, headers, agent: false });
  request.end();
  const [, socket] = (await once(request, 'upgrade')) as [unknown, net.Socket];
  socket.write('over');
  const [chunk] = await once(socket, 'data');
  t.equal(String(chunk), 'over');
  socket.end();
  await once(socket, 'close');
  await closed(server);
});

t.test('a server times out, refuses and closes as with the kernel', async (t) => {
  const server = http.createServer({ requestTimeout: 50, connectionsCheckingInterval: 20 }, echo);
  const port = await listening(server);
  const socket = net.connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\n');
  let text = '';
  for await (const chunk of socket) text += chunk;
  t.match(text, /^HTTP\/1.1 408 /);
  await closed(server);
  t.equal(server.listening, false);
  const late = http.request({ port, agent: false });
  late.end();
  const [error] = await once(late, 'error');
  t.match(error, { code: 'ECONNREFUSED', syscall: 'connect', port });
});

t.test('https resumes its session, and both ends know their addresses', async (t) => {
  const server = https.createServer({ key, cert }, (request, response) => {
    const socket = request.socket as TLSSocket;
    response.end(`${socket.isSessionReused()} ${socket.remoteAddress} ${socket.remotePort}`);
  });
  const port = await listening(server);
  const agent = new https.Agent({ ca: cert });
  const first = await ask(https.request({ host: '127.0.0.1', port, agent }));
  const second = await ask(https.request({ host: '127.0.0.1', port, agent }));
  t.match(first.text, /^false 127\.0\.0\.1 \d+$/);
  t.match(second.text, /^true 127\.0\.0\.1 \d+$/);
  const unknown = https.request({ host: '127.0.0.1', port, agent: false });
  unknown.end();
  const [error] = await once(unknown, 'error');
  t.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
  agent.destroy();
  await closed(server);
  checkCarried(t, 3);
});

t.test("Node's fetch comes by, too", async (t) => {
  const server = http.createServer(echo);
  const port = await listening(server);
  const answer = await fetch(`http://127.0.0.1:${port}/f`, { method: 'POST', body: 'fetched' });
  t.equal(await answer.text(), 'POST /f fetched');
  server.closeAllConnections();
  await closed(server);
  checkCarried(t, 1);
});

async function echo(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += chunk;
  response.end(`${request.method} ${request.url} ${body}`);
}

async function ask(request: http.ClientRequest, body?: string): Promise<Answer> {
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const { socket, statusCode: status } = response;
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  // The agent takes the socket back one turn after the end.
  await new Promise(setImmediate);
  return { status, text, socket };
}
