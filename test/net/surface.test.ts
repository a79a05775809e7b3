/** The shape of the module: names, classes of the old and the new style, and where things run. */
import { execFile } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as nodeNet from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { inherits, promisify } from 'node:util';
import t from 'tap';
import * as usernet from '../../lib/index';
import { createNet } from '../../lib/net/create-net';
import { FakeStack } from './fake-stack';
import { event, stop } from './scenarios';

// The compiler's word that one import is all that has to change.
const asNode: typeof import('node:net') = usernet;

const ROOT = join(__dirname, '..', '..');

/** Names of Node's inside, which is another than ours. */
const NOT_OURS = new Set([
  'default',
  '_createServerHandle',
  '_normalizeArgs',
  '_setSimultaneousAccepts',
  '_setupWorker',
  '_listen2',
  '_writeGeneric',
  '_closeAfterHandlingError',
  '_sockname',
  '_pendingData',
  '_pendingEncoding',
  '_usingWorkers',
  '_workers',
  // Of Node 24, and not there yet.
  'BoundSocket',
  'setTypeOfService',
  'getTypeOfService',
]);

function missing(theirs: object, ours: object): string[] {
  return Object.getOwnPropertyNames(theirs).filter(
    (name) => !(name in ours) && !NOT_OURS.has(name),
  );
}

t.test('everything that node:net has is there', async (t) => {
  t.same(missing(nodeNet, asNode), []);
  t.same(missing(nodeNet.Socket.prototype, new usernet.Socket()), []);
  t.same(missing(nodeNet.Server.prototype, usernet.Server.prototype), []);
  t.same(missing(new nodeNet.Socket(), new usernet.Socket()), []);
  t.same(missing(new nodeNet.Server(), new usernet.Server()), []);
});

t.test('names and families of the classes', async (t) => {
  t.equal(usernet.Socket.name, 'Socket');
  t.equal(usernet.Server.name, 'Server');
  t.equal(usernet.Stream, usernet.Socket);
  t.equal(Object.getPrototypeOf(usernet.Socket), Duplex);
  t.equal(usernet.Socket.prototype.constructor, usernet.Socket);
  t.equal(usernet.Server.prototype.constructor, usernet.Server);
  t.ok(new usernet.Socket() instanceof Duplex);
  t.ok(new usernet.Server() instanceof EventEmitter);
  t.notOk(new usernet.Socket() instanceof nodeNet.Socket, 'nothing of it is node:net');
});

t.test('classes are callable without new', async (t) => {
  const { Socket, Server } = usernet;
  t.ok(Socket({ allowHalfOpen: true }).allowHalfOpen);
  t.ok(Socket() instanceof Socket);
  t.ok(Server() instanceof Server);
  t.equal(Server(() => {}).listenerCount('connection'), 1);
});

t.test('older names, and servers that hold nothing', async (t) => {
  const stack = new FakeStack();
  const net = createNet(stack);
  const server = net.createServer((socket) => socket.end('hello'));
  t.equal(server.unref().ref(), server);
  server.listen(0, '127.0.0.1');
  await event(server, 'listening');
  const { port } = server.address() as nodeNet.AddressInfo;
  const socket = net.createConnection(port, '127.0.0.1');
  t.ok(socket instanceof net.Stream);
  t.ok(net.Stream() instanceof net.Socket);
  t.equal(String(await event(socket, 'data')), 'hello');
  t.equal(server.unref(), server);
  await stop(server);
});

for (const base of ['default', 'bound'] as const) {
  t.test(`classes of the old and the new style, ${base} net`, async (t) => {
    const stack = new FakeStack();
    const net = base === 'bound' ? createNet(stack) : usernet;
    const options = base === 'bound' ? {} : { stack };

    function OldSocket(this: usernet.Socket): void {
      (net.Socket as unknown as (this: object, options: object) => void).call(this, options);
      (this as unknown as { old: boolean }).old = true;
    }
    inherits(OldSocket, net.Socket);
    function OldServer(this: usernet.Server, listener: () => void): void {
      const init = net.Server as unknown as (this: object, ...args: unknown[]) => void;
      init.call(this, options, listener);
    }
    inherits(OldServer, net.Server);
    class NewSocket extends net.Socket {
      readonly young = true;
      override write(...args: unknown[]): boolean {
        this.emit('wrote');
        return (super.write as (...values: unknown[]) => boolean)(...args);
      }
    }
    class NewServer extends net.Server {
      override close(callback?: (error?: Error) => void): this {
        this.emit('closing');
        return super.close(callback);
      }
    }

    const Old = OldServer as unknown as new (
      listener: (socket: usernet.Socket) => void,
    ) => usernet.Server;
    const servers = [
      new Old((socket) => socket.pipe(socket)),
      new NewServer(options, (socket) => socket.pipe(socket)),
    ];
    for (const server of servers) {
      let closing = 0;
      server.on('closing', () => closing++);
      server.listen(0);
      const { port } = server.address() as nodeNet.AddressInfo;
      const young = new NewSocket(options);
      const old = new (OldSocket as unknown as new () => usernet.Socket)();
      let wrote = 0;
      young.on('wrote', () => wrote++);
      for (const socket of [young, old]) {
        t.ok(socket instanceof net.Socket);
        t.ok(socket instanceof usernet.Socket, 'of whichever net');
        socket.connect(port, '127.0.0.1').write('hello');
        socket.end();
        t.equal(String(await event(socket, 'data')), 'hello');
        await event(socket, 'close');
      }
      t.ok(young.young && (old as unknown as { old: boolean }).old);
      t.equal(wrote, 1, 'an override is called');
      await stop(server);
      t.equal(closing, server === servers[1] ? 1 : 0);
    }
  });
}

t.test('two stacks in one process do not meet', async (t) => {
  const [one, two] = [new FakeStack(), new FakeStack()];
  const server = usernet.createServer({ stack: one }, (socket) => socket.end('one'));
  server.listen(7000, '127.0.0.1');
  await event(server, 'listening');
  const here = usernet.connect({ port: 7000, host: '127.0.0.1', stack: one });
  t.equal(String(await event(here, 'data')), 'one');
  const there = new usernet.Socket().connect({ port: 7000, host: '127.0.0.1', stack: two });
  const error = (await event(there, 'error')) as NodeJS.ErrnoException;
  t.equal(error.code, 'ECONNREFUSED');
  here.end();
  await stop(server);
});

t.test('pipes and descriptors are left to node:net', async (t) => {
  // Not in `t.testdir()`: the path of a pipe has 107 bytes at most.
  const folder = mkdtempSync(join(tmpdir(), 'usernet-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'socket');
  const server = usernet.createServer((socket) => socket.end('by pipe'));
  server.listen(path, () => {
    t.equal(server.address(), path);
    const socket = usernet.connect(path);
    t.ok(socket instanceof nodeNet.Socket);
    socket.on('data', (chunk) => t.equal(String(chunk), 'by pipe'));
  });
  await event(server, 'connection');
  await stop(server);
  t.notOk(server.listening);
  const missingPath = usernet.connect(join(path, 'nowhere'));
  t.equal(((await event(missingPath, 'error')) as NodeJS.ErrnoException).syscall, 'connect');
  t.throws(() => new usernet.Socket({ fd: -1 }), { code: 'ERR_OUT_OF_RANGE' });
});

t.test('a path where nobody may listen is an error of the server', async (t) => {
  const server = usernet.createServer().listen('/nonexistent/socket');
  t.match(await event(server, 'error'), { syscall: 'listen', address: '/nonexistent/socket' });
  t.notOk(server.listening);
  server.listen({ port: 0, path: undefined });
  await event(server, 'listening');
  await stop(server);
});

t.test('named imports from ESM reach the same instance as require', async (t) => {
  const script = `
    import net, { connect, createServer, Server, Socket, isIP, Stack, createNet } from 'usernet';
    import { createRequire } from 'node:module';
    const required = createRequire(import.meta.url)('usernet');
    const same = [
      connect === required.connect, createServer === required.createServer,
      Server === required.Server, Socket === required.Socket, isIP === required.isIP,
      Stack === required.Stack, createNet === required.createNet, net === required,
    ];
    console.log(JSON.stringify(same));
  `;
  const args = ['--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  t.same(JSON.parse(stdout), new Array(8).fill(true));
});

/** The names that `make` looks for in the options it is given. */
function namesAsked(make: (options: object) => unknown): Set<string> {
  const names = new Set<string>();
  const listening: ProxyHandler<object> = {
    get: (_, name) => void names.add(String(name)),
  };
  make(new Proxy({}, listening));
  return names;
}

t.test('what a stream looks for in its options, a socket hands on', async (t) => {
  const own = new Set(['emitClose', 'autoDestroy', 'decodeStrings']); // a socket decides of these
  const ofSockets = namesAsked((options) => new usernet.Socket(options));
  const ofStreams = namesAsked((options) => new Duplex(options));
  t.ok(ofStreams.has('writableHighWaterMark'), 'the listening works');
  t.same(
    [...ofStreams].filter((name) => !ofSockets.has(name) && !own.has(name)),
    [],
  );
});

t.test('sockets of every stack are of one class, and a subclass stays one', async (t) => {
  const one = createNet(new FakeStack());
  class Mine extends one.Socket {}
  t.equal(Object.getPrototypeOf(new one.Socket()), usernet.Socket.prototype);
  t.equal(Object.getPrototypeOf(new one.Server()), usernet.Server.prototype);
  t.ok(new Mine() instanceof Mine);
  t.equal(one.createServer({ allowHalfOpen: true }, () => {}).listenerCount('connection'), 1);
});
