/** Node's own tls and http2, both ends on usernet. */
import '../../lib/register';

import { once } from 'node:events';
import * as http2 from 'node:http2';
import * as net from 'node:net';
import * as tls from 'node:tls';
import t from 'tap';
import { cert, key } from './support/certificate';
import { checkCarried, closed, listening } from './support/own-stack';

const HOST = '127.0.0.1';

t.test('a session is resumed with the ticket of the one before', async (t) => {
  const server = tls.createServer({ key, cert }, (socket) => void socket.end('hello'));
  const port = await listening(server);
  const first = tls.connect({ host: HOST, port, ca: cert });
  t.equal(first.connecting, true);
  const sessions: Buffer[] = [];
  first.on('session', (session) => sessions.push(session));
  const events = eventsOf(first);
  await once(first, 'secureConnect');
  t.equal(first.authorized, true);
  t.equal(first.isSessionReused(), false);
  t.equal(await textFrom(first), 'hello');
  t.same(events.slice(0, 3), ['connect', 'ready', 'secureConnect']);
  const second = tls.connect({ host: HOST, port, ca: cert, session: sessions.at(-1) });
  await once(second, 'secureConnect');
  t.equal(second.isSessionReused(), true);
  t.equal(await textFrom(second), 'hello');
  await closed(server);
  checkCarried(t, 2);
});

t.test('megabytes go both ways, and both ends know the addresses', async (t) => {
  const body = Buffer.alloc(3 << 20, 'usernet over TLS ');
  const seen: unknown[] = [];
  const server = tls.createServer({ key, cert }, (socket) => {
    seen.push(socket.remoteAddress, socket.remotePort, socket.remoteFamily);
    socket.pipe(socket);
  });
  const port = await listening(server);
  const socket = tls.connect(port, HOST, { ca: cert });
  await once(socket, 'secureConnect');
  const { localPort } = socket;
  t.match(socket.address(), { address: HOST, family: 'IPv4' });
  t.equal(socket.remotePort, port);
  t.equal(socket.setNoDelay(true).setKeepAlive(true, 1000), socket);
  socket.end(body);
  t.ok((await textFrom(socket)) === body.toString());
  t.same(seen, [HOST, localPort, 'IPv4']);
  await closed(server);
});

t.test('a connection is raised to TLS after words in the clear', async (t) => {
  const secure = tls.createServer({ key, cert }, (socket) => void socket.end('now secret'));
  const server = net.createServer((socket) => {
    // The first bytes of the handshake come with the request: they are read and put back.
    socket.once('data', (chunk) => {
      socket.pause();
      t.equal(chunk.toString('latin1', 0, 9), 'STARTTLS\n');
      socket.unshift(chunk.subarray(9));
      secure.emit('connection', socket);
    });
  });
  const port = await listening(server);
  const plain = net.connect(port, HOST);
  plain.cork();
  plain.write('STARTTLS\n');
  const socket = tls.connect({ socket: plain, ca: cert, host: HOST });
  await new Promise(setImmediate);
  plain.uncork();
  t.equal(await textFrom(socket), 'now secret');
  await closed(server);
});

t.test('refused, reset and destroyed sockets say so once', async (t) => {
  const server = net.createServer((socket) => void socket.once('data', () => socket.destroy()));
  const port = await listening(server);
  const cut = tls.connect({ host: HOST, port });
  const [cutError] = await once(cut, 'error');
  t.match(cutError, { code: 'ECONNRESET' });
  await closed(server);
  const refused = tls.connect({ host: HOST, port });
  const [error] = await once(refused, 'error');
  t.match(error, { code: 'ECONNREFUSED', syscall: 'connect', address: HOST, port });
  const destroyed = tls.connect({ host: HOST, port });
  destroyed.destroy();
  await once(destroyed, 'close');
});

t.test('http2 in the clear and over TLS', async (t) => {
  const answer = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse): void => {
    response.end(`${request.httpVersion} ${request.url}`);
  };
  const servers = [http2.createServer(answer), http2.createSecureServer({ key, cert }, answer)];
  for (const [i, scheme] of ['http', 'https'].entries()) {
    const port = await listening(servers[i]);
    const session = http2.connect(`${scheme}://${HOST}:${port}`, { ca: cert });
    const paths = ['/a', '/b', '/c'];
    const streams = paths.map((path) => session.request({ ':path': path }));
    t.same(await Promise.all(streams.map(textFrom)), ['2.0 /a', '2.0 /b', '2.0 /c']);
    session.close();
    await closed(servers[i]);
  }
  checkCarried(t, 2);
});

function eventsOf(socket: tls.TLSSocket): string[] {
  const seen: string[] = [];
  for (const name of ['connect', 'ready', 'secureConnect']) socket.on(name, () => seen.push(name));
  return seen;
}

async function textFrom(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
