/** A Socket that is connected to a pipe does what Node's own does. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as nodeNet from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import * as usernet from '../../lib';

type SocketClass = new (options?: nodeNet.SocketConstructorOpts) => nodeNet.Socket;

const CLASSES: [string, SocketClass][] = [
  ['Node', nodeNet.Socket],
  ['usernet', usernet.Socket],
];
const EVENTS = ['connect', 'ready', 'end', 'finish', 'close'];

for (const [name, SocketOf] of CLASSES) {
  t.test(`${name}: megabytes go both ways, half-closed at last`, async (t) => {
    const path = await echo(t);
    const body = Buffer.alloc(3 << 20, 'through the pipe ');
    const socket = new SocketOf({ allowHalfOpen: true });
    const events: unknown[] = [];
    for (const event of EVENTS) socket.on(event, (...args) => events.push([event, ...args]));
    const over = once(socket, 'close');
    socket.connect(path);
    t.equal(socket.connecting, true);
    socket.end(body);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    t.ok(body.equals(Buffer.concat(chunks)));
    await over;
    const order = [['connect'], ['ready'], ['finish'], ['end'], ['close', false]];
    t.same(events, order);
    t.same([socket.bytesRead, socket.bytesWritten], [body.length, body.length]);
  });

  t.test(`${name}: a pipe has no addresses`, async (t) => {
    const path = await echo(t);
    const socket = new SocketOf();
    socket.connect({ path });
    await once(socket, 'connect');
    t.same(socket.address(), {});
    const ends = [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort];
    t.ok(ends.every((one) => one === undefined));
    t.equal(socket.readyState, 'open');
    socket.setNoDelay().setKeepAlive(true).unref().ref();
    socket.destroy();
    t.same(await once(socket, 'close'), [false]);
  });

  t.test(`${name}: memory of the program's own`, async (t) => {
    const path = await echo(t);
    let text = '';
    const onread = {
      buffer: Buffer.alloc(7),
      callback: (length: number, buffer: Uint8Array): boolean => {
        text += Buffer.from(buffer.subarray(0, length));
        return true;
      },
    };
    const socket = new SocketOf({ onread } as nodeNet.SocketConstructorOpts);
    socket.connect(path);
    socket.resume();
    socket.end('into a little buffer');
    await once(socket, 'close');
    t.equal(text, 'into a little buffer');
  });

  t.test(`${name}: nobody listens, and nothing is there`, async (t) => {
    const path = join(tmpdir(), 'usernet-nothing-here');
    const socket = new SocketOf();
    socket.connect(path);
    const [error] = await once(socket, 'error');
    t.match(error, { code: 'ENOENT', syscall: 'connect', address: path });
    t.equal(error.message, `connect ENOENT ${path}`);
    t.equal(socket.destroyed, true);
  });

  t.test(`${name}: destroyed before it is connected`, async (t) => {
    const path = await echo(t);
    const socket = new SocketOf();
    socket.on('connect', () => t.fail('connected'));
    socket.connect(path);
    socket.destroy();
    t.same(await once(socket, 'close'), [false]);
  });
}

/** @returns the path of a server that gives everything back */
async function echo(t: Test): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'usernet-'));
  const path = join(folder, 'pipe');
  const server = nodeNet.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(path);
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  return path;
}
