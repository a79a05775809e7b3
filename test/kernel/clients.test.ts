/** Programs that everybody has, on the kernel's TCP, meet usernet: nc, curl, node:net, node:http. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import * as nodeNet from 'node:net';
import type { Readable } from 'node:stream';
import { RawLink } from '../../lib/link/raw-link';
import { Program, run } from './support/program';
import { checkRecorded } from './support/recorder';
import { kernelTest } from './support/requirements';
import { HOST, Rig } from './support/rig';
import { within } from './support/within';

const MIB = 1024 * 1024;
const BOUND_MS = 10_000;

type Listener = (socket: Socket) => void;
type CreateServer = (options: nodeNet.ServerOpts, listener: Listener) => Server;

kernelTest('nc calls a usernet server and gets its own words back', ['raw', 'nc'], async (t) => {
  const rig = new Rig(new RawLink());
  const server = createServer(rig, { allowHalfOpen: true }, (socket) => socket.pipe(socket));
  const port = await listening(server, HOST);
  const words = randomBytes(2 * MIB);
  const nc = await run('nc', ['-N', HOST, String(port)], words);
  t.equal(nc.status, 0);
  t.equal(nc.errors, '');
  t.equal(digest(nc.output), digest(words));
  await closed(server);
  await rig.finish(t);
});

kernelTest('nc asks if a usernet port is open, and a closed one', ['raw', 'nc'], async (t) => {
  const rig = new Rig(new RawLink());
  const server = createServer(rig, {}, (socket) => socket.end());
  const port = await listening(server, HOST);
  const asked = await run('nc', ['-zv', HOST, String(port)]);
  t.equal(asked.status, 0);
  t.match(asked.errors, /succeeded/);
  await closed(server);
  await rig.finish(t);
  const again = await run('nc', ['-zv', HOST, String(port)]);
  t.equal(again.status, 1);
  t.match(again.errors, /refused/);
});

kernelTest('a usernet client calls nc -l: both talk, nc ends first', ['raw', 'nc'], async (t) => {
  const rig = new Rig(new RawLink());
  const nc = new Program('nc', ['-lvN', HOST, '0']);
  t.teardown(() => nc.kill());
  const [, port] = await nc.announced(/Listening on \S+ (\d+)/);
  const ours = randomBytes(MIB);
  const theirs = randomBytes(MIB);
  nc.feed(theirs);
  const socket = rig.net.connect({ host: HOST, port: Number(port), allowHalfOpen: true });
  const read = collect(socket);
  socket.once('end', () => socket.end(ours)); // half-closed by nc, which still reads
  t.equal(digest(await read), digest(theirs));
  const { status, output } = await nc.finished();
  t.equal(status, 0);
  t.equal(digest(output), digest(ours));
  await rig.finish(t);
});

kernelTest('a usernet client calls nc -l: the client ends first', ['raw', 'nc'], async (t) => {
  const rig = new Rig(new RawLink());
  const nc = new Program('nc', ['-lvN', HOST, '0']).feed('');
  t.teardown(() => nc.kill());
  const [, port] = await nc.announced(/Listening on \S+ (\d+)/);
  const words = randomBytes(3 * MIB);
  const socket = rig.net.connect({ host: HOST, port: Number(port), allowHalfOpen: true });
  socket.end(words);
  t.equal((await collect(socket)).length, 0);
  const { status, output } = await nc.finished();
  t.equal(status, 0);
  t.equal(digest(output), digest(words));
  await rig.finish(t);
});

kernelTest(
  'curl gets and posts, one connection for all, from http on usernet',
  needsCurl(),
  async (t) => {
    const rig = new Rig(new RawLink());
    const page = randomBytes(MIB);
    const web = http.createServer((request, response) => {
      if (request.method === 'GET') response.end(page);
      else request.pipe(response);
    });
    let connections = 0;
    const server = createServer(rig, {}, (socket) => {
      connections++;
      web.emit('connection', socket);
    });
    const url = `http://${HOST}:${await listening(server, HOST)}/`;
    const got = await run('curl', ['-sS', url, url, url]);
    t.equal(got.status, 0, got.errors);
    t.equal(digest(got.output), digest(Buffer.concat([page, page, page])));
    t.equal(connections, 1, 'the connection was kept');
    const body = randomBytes(4 * MIB);
    const posted = await run('curl', ['-sS', '--data-binary', '@-', url], body);
    t.equal(posted.status, 0, posted.errors);
    t.equal(digest(posted.output), digest(body));
    await closed(server);
    web.close();
    await rig.finish(t);
  },
);

kernelTest(
  'curl opens twenty connections in parallel to http on usernet',
  needsCurl(),
  async (t) => {
    const rig = new Rig(new RawLink());
    const web = http.createServer((request, response) => {
      response.setHeader('connection', 'close');
      response.end(`${request.url}\n`);
    });
    let connections = 0;
    const server = createServer(rig, {}, (socket) => {
      connections++;
      web.emit('connection', socket);
    });
    const url = `http://${HOST}:${await listening(server, HOST)}/`;
    const args = ['-sS', '--parallel', '--parallel-immediate', '--parallel-max', '20'];
    const paths = Array.from({ length: 20 }, (_, i) => `/page-${i}`);
    const got = await run('curl', [...args, `${url}page-[0-19]`]);
    t.equal(got.status, 0, got.errors);
    t.same(String(got.output).trim().split('\n').sort(), paths.sort());
    t.equal(connections, 20);
    await closed(server);
    web.close();
    await rig.finish(t);
  },
);

kernelTest('http on usernet sockets asks an http server on node:net', ['raw'], async (t) => {
  const rig = new Rig(new RawLink());
  const web = http.createServer((request, response) => request.pipe(response));
  const port = await listening(web, HOST);
  const body = randomBytes(2 * MIB);
  const createConnection = () => rig.net.connect({ host: HOST, port, allowHalfOpen: false });
  for (let i = 0; i < 3; i++) {
    const request = http.request({ method: 'POST', createConnection }).end(body);
    const [response] = await within(BOUND_MS, 'response', once(request, 'response'));
    t.equal(response.statusCode, 200);
    t.equal(digest(await collect(response)), digest(body));
  }
  web.close();
  web.closeAllConnections();
  await rig.finish(t);
});

kernelTest('node:net calls a server on every address', ['raw'], async (t) => {
  const rig = new Rig(new RawLink());
  const addresses: string[] = [];
  const server = createServer(rig, {}, (socket) => {
    addresses.push(socket.localAddress!, socket.remoteAddress!, socket.remoteFamily!);
    socket.end('hello');
  });
  const port = await listening(server);
  const client = nodeNet.connect(port, HOST);
  t.equal(String(await collect(client)), 'hello');
  t.same(addresses, [`::ffff:${HOST}`, '::ffff:127.0.0.1', 'IPv6'], 'as node:net shows them');
  await closed(server);
  await rig.finish(t);
});

kernelTest('node:net and usernet play ping-pong with small words', ['raw'], async (t) => {
  const rig = new Rig(new RawLink());
  const server = createServer(rig, { noDelay: true }, (socket) => socket.pipe(socket));
  const port = await listening(server, HOST);
  const client = nodeNet.connect({ port, host: HOST, noDelay: true });
  for (let i = 0; i < 1000; i++) {
    const word = Buffer.from(`${i}`);
    client.write(word);
    const [answer] = await within(BOUND_MS, `answer ${i}`, once(client, 'data'));
    if (!word.equals(answer)) t.fail(`answer ${i} is ${answer}`);
  }
  client.end();
  await closed(server);
  await rig.finish(t);
});

kernelTest(
  'a port that usernet holds is taken for the kernel, and free again',
  ['raw'],
  async (t) => {
    const rig = new Rig(new RawLink());
    const server = createServer(rig, {}, (socket) => socket.end());
    const port = await listening(server, HOST);
    const other = nodeNet.createServer().listen(port, HOST);
    const [error] = await within(BOUND_MS, 'error', once(other, 'error'));
    t.equal(error.code, 'EADDRINUSE');
    const client = nodeNet.connect(port, HOST).resume();
    await within(BOUND_MS, 'close', once(client, 'close'));
    await closed(server);
    await rig.finish(t);
    other.listen(port, HOST);
    await within(BOUND_MS, 'listening', once(other, 'listening'));
    const ours = new Rig(new RawLink());
    const refused = createServer(ours, {}, () => undefined).listen(port, HOST);
    const [taken] = await within(BOUND_MS, 'error', once(refused, 'error'));
    t.equal(taken.code, 'EADDRINUSE');
    ours.close();
    other.close();
  },
);

function needsCurl(): ['raw', 'curl'] {
  return ['raw', 'curl'];
}

function createServer(rig: Rig, options: nodeNet.ServerOpts, listener: Listener): Server {
  return (rig.net.createServer as CreateServer)(options, listener);
}

async function listening(server: Server, host?: string): Promise<number> {
  server.listen(0, host);
  await within(BOUND_MS, 'listening', once(server, 'listening'));
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server): Promise<void> {
  server.close();
  await within(BOUND_MS, 'close of the server', once(server, 'close'));
}

/** All that comes until the end. (A loop with `for await` would destroy the stream there.) */
async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await within(BOUND_MS, 'end of a stream', once(stream, 'end'));
  return Buffer.concat(chunks);
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

checkRecorded();
