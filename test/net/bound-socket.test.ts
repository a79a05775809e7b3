/** `net.BoundSocket` does what Node 24's does, and several servers may share a port. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import * as nodeNet from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Net } from '../../lib/net/api';
import { createNet } from '../../lib/net/create-net';
import { Stack } from '../../lib/stack/stack';

/** What of Node's own this test uses; null before Node 24. */
const nodes = 'BoundSocket' in nodeNet ? (nodeNet as unknown as Net) : null;
const HOST = '127.0.0.1';

/** A test on a stack of its own, and on Node's where it has the class: both must pass. */
function onBoth(name: string, body: (t: Test, net: Net) => Promise<void>): void {
  t.test(`${name} (usernet)`, async (t) => {
    const stack = new Stack();
    t.teardown(() => stack.close());
    await body(t, createNet(stack));
  });
  if (nodes !== null) t.test(`${name} (node:net)`, (t) => body(t, nodes));
}

onBoth('a port is taken at once, and free again', async (t, net) => {
  const bound = new net.BoundSocket({ host: HOST });
  const { address, family, port } = bound.address();
  t.same([address, family, bound.isPipe], [HOST, 'IPv4', false]);
  t.ok(port > 0);
  const other = net.createServer().listen(0, HOST);
  await next(other, 'listening');
  const taken = (other.address() as nodeNet.AddressInfo).port;
  t.throws(() => new net.BoundSocket({ host: HOST, port: taken }), {
    code: 'EADDRINUSE',
    syscall: 'bind',
    address: HOST,
    port: taken,
    message: `bind EADDRINUSE ${HOST}:${taken}`,
  });
  await stop(other);
  bound.close();
  const again = new net.BoundSocket({ host: HOST, port });
  t.equal(again.address().port, port);
  again[Symbol.dispose]();
  again[Symbol.dispose]();
  t.throws(() => again.address(), { code: 'ERR_SOCKET_HANDLE_ADOPTED' });
});

t.test('what is bound is taken for all others (Linux looks at listeners alone)', async (t) => {
  const stack = new Stack();
  t.teardown(() => stack.close());
  const net = createNet(stack);
  const { port } = new net.BoundSocket({ host: HOST }).address();
  t.throws(() => new net.BoundSocket({ host: HOST, port }), { code: 'EADDRINUSE' });
  t.throws(() => new net.BoundSocket({ port }), { code: 'EADDRINUSE' });
  const server = net.createServer().listen(port, HOST);
  t.match((await next(server, 'error'))[0], { code: 'EADDRINUSE' });
  const socket = net.connect({ port: 1, host: HOST, localPort: port });
  t.match((await next(socket, 'error'))[0], { code: 'EADDRINUSE', syscall: 'bind' });
  stack.close();
  t.throws(() => new net.BoundSocket(), { code: 'ENETDOWN' });
});

onBoth('a server listens where a socket is bound', async (t, net) => {
  for (const how of ['itself', 'handle'] as const) {
    const bound = new net.BoundSocket({ host: HOST });
    const { port } = bound.address();
    const server = net.createServer((socket) => socket.end('hello'));
    server.listen((how === 'itself' ? bound : { handle: bound }) as never);
    t.match(server.address(), { address: HOST, port });
    for (const method of ['address', 'fd', 'close'] as const) {
      t.throws(() => bound[method](), { code: 'ERR_SOCKET_HANDLE_ADOPTED' });
    }
    await next(server, 'listening');
    t.throws(() => net.createServer().listen(bound as never), {
      code: 'ERR_SOCKET_HANDLE_ADOPTED',
    });
    t.equal(await textFrom(net.connect(port, HOST)), 'hello');
    await stop(server);
  }
});

onBoth('a socket connects from where it is bound', async (t, net) => {
  const server = net.createServer((socket) => socket.end(String(socket.remotePort)));
  server.listen(0, HOST);
  await next(server, 'listening');
  const bound = new net.BoundSocket();
  const { port } = bound.address();
  const socket = new net.Socket({ handle: bound });
  t.same([socket.connecting, socket.pending], [false, false]);
  const { port: remotePort } = server.address() as nodeNet.AddressInfo;
  const wrong = { port: remotePort, host: HOST, localPort: 1 };
  t.throws(() => new net.Socket({ handle: new net.BoundSocket() }).connect(wrong), {
    code: 'ERR_INVALID_ARG_VALUE',
    message: /localAddress and localPort cannot be used with an adopted bound socket/,
  });
  socket.connect(remotePort, HOST);
  t.same([socket.localPort, socket.localAddress], [port, HOST], 'its address is known at once');
  t.equal(await textFrom(socket), String(port));
  await stop(server);
});

onBoth('a bound socket that is not connected gives its place back', async (t, net) => {
  const bound = new net.BoundSocket({ host: HOST });
  const { port } = bound.address();
  const socket = new net.Socket({ handle: bound });
  t.same([socket.localPort, socket.localAddress], [port, HOST]);
  socket.destroy();
  await next(socket, 'close');
  new net.BoundSocket({ host: HOST, port }).close();
});

onBoth('wrong options are refused in the same words', async (t, net) => {
  const { BoundSocket } = net;
  const cases: [unknown, string, RegExp][] = [
    [{ host: 'localhost' }, 'ERR_INVALID_ARG_VALUE', /does not perform DNS resolution/],
    [{ host: 5 }, 'ERR_INVALID_ARG_TYPE', /"options.host" property must be of type string/],
    [{ port: -1 }, 'ERR_SOCKET_BAD_PORT', /options.port should be >= 0 and < 65536/],
    [{ ipv6Only: 1 }, 'ERR_INVALID_ARG_TYPE', /"options.ipv6Only" property must be of type bool/],
    [{ reusePort: 0 }, 'ERR_INVALID_ARG_TYPE', /"options.reusePort" property must be of type bool/],
    [5, 'ERR_INVALID_ARG_TYPE', /The "options" argument must be of type object/],
    [null, 'ERR_INVALID_ARG_TYPE', /Received null/],
    [[], 'ERR_INVALID_ARG_TYPE', /Received an instance of Array/],
  ];
  for (const [options, code, message] of cases) {
    t.throws(() => new BoundSocket(options as never), { code, message });
  }
  const elsewhere = { code: 'EADDRNOTAVAIL', syscall: 'bind', address: '192.0.2.1' };
  t.throws(() => new BoundSocket({ host: '192.0.2.1' }), elsewhere);
});

t.test('a path is Node’s to bind', async (t) => {
  const stack = new Stack();
  const net = createNet(stack);
  const folder = mkdtempSync(join(tmpdir(), 'usernet-'));
  t.teardown(() => {
    stack.close();
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'pipe');
  if (nodes === null) {
    const refusal = { code: 'ERR_INVALID_ARG_VALUE', message: /needs a Node that has/ };
    t.throws(() => new net.BoundSocket({ path }), refusal);
    return;
  }
  const bound = new net.BoundSocket({ path });
  t.equal(bound.isPipe, true);
  t.equal(bound.address(), path);
  t.ok(existsSync(path));
  const server = net.createServer((socket) => socket.end('by pipe')).listen(bound as never);
  await next(server, 'listening');
  t.equal(await textFrom(net.connect(path)), 'by pipe');
  await stop(server);
});

t.test('servers that say so share a port, and connections are spread over them', async (t) => {
  const stack = new Stack();
  t.teardown(() => stack.close());
  const net = createNet(stack);
  const heard = [0, 0, 0];
  const servers = heard.map((_, i) =>
    net.createServer((socket) => {
      heard[i]++;
      socket.end(String(i));
    }),
  );
  servers[0].listen({ port: 0, host: HOST, reusePort: true });
  await next(servers[0], 'listening');
  const { port } = servers[0].address() as nodeNet.AddressInfo;
  for (const server of servers.slice(1)) server.listen({ port, host: HOST, reusePort: true });
  const alone = net.createServer().listen(port, HOST);
  t.match((await next(alone, 'error'))[0], { code: 'EADDRINUSE' }, 'not with one that does not');
  for (let i = 0; i < 60; i++) await textFrom(net.connect(port, HOST));
  t.ok(Math.min(...heard) >= 6, `60 connections as ${heard.join(', ')}`);
  await stop(servers[1]);
  for (let i = 0; i < 20; i++) t.not(await textFrom(net.connect(port, HOST)), '1');
  await stop(servers[0]);
  await stop(servers[2]);
});

function next(emitter: nodeNet.Server | nodeNet.Socket, name: string): Promise<unknown[]> {
  return new Promise((resolve) => emitter.once(name, (...values: unknown[]) => resolve(values)));
}

async function stop(server: nodeNet.Server): Promise<void> {
  const closing = next(server, 'close');
  server.close();
  await closing;
}

async function textFrom(socket: nodeNet.Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}
