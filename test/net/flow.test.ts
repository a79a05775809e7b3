/** Data: back-pressure in both directions, memory of the reader's own, many writes, every encoding. */
import { createHash } from 'node:crypto';
import type { AddressInfo, OnReadOpts } from 'node:net';
import t from 'tap';
import type { Net, ServerOptions, Socket } from '../../lib/net/api';
import { createNet } from '../../lib/net/create-net';
import {
  type Assertions,
  onEachStack,
  RECEIVE_BUFFER_BYTES,
  SEND_BUFFER_BYTES,
} from './each-stack';
import { type FakeConnection, FakeStack } from './fake-stack';
import { event, stop, turns } from './scenarios';

const STREAM_BYTES = 1024 * 1024;

/** Bytes that tell their place in the stream. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8)) & 0xff;
  return bytes;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A connected pair: the client, and what the server accepted. */
async function pair(
  t: Assertions,
  net: Net,
  clientOptions: object = {},
  serverOptions: ServerOptions = {},
): Promise<{ client: Socket; accepted: Socket }> {
  const server = net.createServer(serverOptions);
  server.listen(0, '127.0.0.1');
  await event(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = net.connect({ port, host: '127.0.0.1', ...clientOptions });
  const [accepted] = await Promise.all([event(server, 'connection'), event(client, 'connect')]);
  server.close();
  t.teardown(() => {
    client.destroy();
    (accepted as Socket).destroy();
  });
  return { client, accepted: accepted as Socket };
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks);
}

onEachStack(
  'a reader that pauses stops the writer, and then gets everything',
  async (t, net, stack) => {
    const bytes = pattern(STREAM_BYTES);
    const { client, accepted } = await pair(t, net, {}, { pauseOnConnect: true });
    let sent = 0;
    const pour = (): void => {
      while (sent < bytes.length) {
        const piece = bytes.subarray(sent, sent + 4096);
        sent += piece.length;
        if (!client.write(piece)) return;
      }
      client.end();
    };
    client.on('drain', pour);
    pour();
    await turns(30);
    t.ok(client.writableNeedDrain, 'write has answered false');
    t.equal(accepted.bytesRead, 0, 'a paused socket takes nothing from its connection');
    const most = RECEIVE_BUFFER_BYTES + SEND_BUFFER_BYTES + client.writableHighWaterMark + 4096;
    t.ok(sent <= most, `${sent} bytes of at most ${most} have been written`);
    if (stack instanceof FakeStack) {
      const peaks = [...stack.connections].map((one: FakeConnection) => one.receiveQueuePeak);
      t.ok(Math.max(...peaks) <= RECEIVE_BUFFER_BYTES);
    } else {
      t.ok(client.tcpInfo()!.snd_wnd < RECEIVE_BUFFER_BYTES / 4, 'the receive window has closed');
    }
    const received = await readAll(accepted);
    t.equal(sha256(received), sha256(bytes));
    t.equal(accepted.bytesRead, bytes.length);
    t.equal(client.bytesWritten, bytes.length);
  },
);

onEachStack('a socket that nobody reads from takes little', async (t, net) => {
  const { client, accepted } = await pair(t, net, {}, { highWaterMark: 4096 });
  client.write(pattern(STREAM_BYTES));
  await turns(10);
  t.ok(accepted.bytesRead > 0, 'it has begun');
  const most = 4096 + RECEIVE_BUFFER_BYTES;
  t.ok(accepted.bytesRead <= most, `${accepted.bytesRead} bytes of at most ${most}`);
  t.equal(accepted.readableLength, accepted.bytesRead);
  t.notOk(client.writableLength === 0, 'the writer waits');
});

onEachStack('a reader that pauses and resumes in its data listener', async (t, net) => {
  const bytes = pattern(STREAM_BYTES / 4);
  const { client, accepted } = await pair(t, net);
  client.end(bytes);
  const chunks: Buffer[] = [];
  let inListener = false;
  accepted.on('data', (chunk) => {
    t.notOk(inListener, 'listeners are not entered again');
    inListener = true;
    chunks.push(chunk);
    accepted.pause();
    if (chunks.length % 2 === 0) setImmediate(() => accepted.resume());
    else accepted.resume();
    inListener = false;
  });
  await event(accepted, 'end');
  t.equal(sha256(Buffer.concat(chunks)), sha256(bytes));
});

onEachStack('read() in paused mode', async (t, net) => {
  const bytes = pattern(100_000);
  const { client, accepted } = await pair(t, net);
  client.end(bytes);
  const chunks: Buffer[] = [];
  accepted.on('readable', () => {
    for (let chunk = accepted.read(1000); chunk !== null; chunk = accepted.read(1000)) {
      chunks.push(chunk);
    }
  });
  await event(accepted, 'end');
  t.equal(sha256(Buffer.concat(chunks)), sha256(bytes));
});

onEachStack('onread fills memory of the user, and stops when told', async (t, net) => {
  const bytes = pattern(50_000);
  const chunks: Buffer[] = [];
  let stops = 0;
  let stopped = false;
  const buffer = Buffer.alloc(1500);
  const onread: OnReadOpts = {
    buffer,
    callback(length, memory) {
      t.equal(memory, buffer, 'always the same memory');
      t.notOk(stopped, 'nothing comes after it was told to stop');
      chunks.push(Buffer.from(memory.subarray(0, length)));
      if (chunks.length % 10 !== 0) return true;
      stops++;
      stopped = true;
      setTimeout(() => {
        stopped = false;
        client.resume();
      }, 1);
      return false;
    },
  };
  const { client, accepted } = await pair(t, net, { onread });
  client.on('data', () => t.ok(false, 'no data events with onread'));
  accepted.end(bytes);
  await event(client, 'end');
  t.equal(sha256(Buffer.concat(chunks)), sha256(bytes));
  t.ok(stops > 2, `stopped ${stops} times`);
  t.equal(client.bytesRead, bytes.length);
});

onEachStack('onread with a new memory for each piece', async (t, net) => {
  const bytes = pattern(20_000);
  const used: Uint8Array[] = [];
  const onread: OnReadOpts = {
    buffer: () => new Uint8Array(3000),
    callback(length, memory) {
      used.push(memory.subarray(0, length));
      return true;
    },
  };
  const { client, accepted } = await pair(t, net, { onread });
  accepted.end(bytes);
  client.resume();
  await event(client, 'end');
  t.equal(sha256(Buffer.concat(used)), sha256(bytes));
  t.equal(new Set(used.map((piece) => piece.buffer)).size, used.length, 'none is used twice');
});

onEachStack('pause and resume with onread', async (t, net) => {
  const chunks: number[] = [];
  const onread: OnReadOpts = {
    buffer: Buffer.alloc(100),
    callback: (length) => chunks.push(length) > 0,
  };
  const { client, accepted } = await pair(t, net, { onread });
  client.pause();
  accepted.write('x'.repeat(250));
  await turns(5);
  t.same(chunks, []);
  client.resume();
  await turns(3);
  t.same(chunks, [100, 100, 50]);
});

onEachStack('many small writes of every kind arrive in order', async (t, net) => {
  const { client, accepted } = await pair(t, net);
  const expected: Buffer[] = [];
  const write = (chunk: string | Uint8Array, encoding?: BufferEncoding): void => {
    expected.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : Buffer.from(chunk));
    if (encoding === undefined) client.write(chunk);
    else client.write(chunk, encoding);
  };
  const encodings = ['utf8', 'latin1', 'ascii', 'ucs2', 'utf16le', 'base64', 'base64url', 'hex'];
  let called = 0;
  for (let i = 0; i < 2000; i++) {
    if (i % 100 === 0) client.cork();
    write('616263', encodings[i % encodings.length] as BufferEncoding);
    write(new Uint8Array([i, i >>> 8]));
    write(`größer ${i}`);
    write('');
    client.write('', () => called++);
    if (i % 100 === 50) client.uncork();
  }
  client.uncork();
  client.end();
  const received = await readAll(accepted);
  t.equal(sha256(received), sha256(Buffer.concat(expected)));
  t.equal(called, 2000);
  t.equal(client.bytesWritten, received.length);
});

onEachStack(
  'a write larger than the send buffer calls back when all of it is taken',
  async (t, net) => {
    const bytes = pattern(SEND_BUFFER_BYTES * 8);
    const { client, accepted } = await pair(t, net, {}, { pauseOnConnect: true });
    let taken = false;
    client.write(bytes, () => {
      taken = true;
    });
    await turns(10);
    t.notOk(taken);
    t.equal(client.bytesWritten, bytes.length, 'what waits counts as written');
    t.equal(client.bufferSize, bytes.length);
    client.end();
    const received = await readAll(accepted);
    t.ok(taken);
    t.equal(sha256(received), sha256(bytes));
  },
);

onEachStack('a socket destroyed with a write under way', async (t, net) => {
  const { client } = await pair(t, net, {}, { pauseOnConnect: true });
  const outcomes: string[] = [];
  const note = (name: string) => (error?: Error | null) => {
    outcomes.push(`${name} ${(error as NodeJS.ErrnoException)?.code ?? 'ok'}`);
  };
  client.write(pattern(SEND_BUFFER_BYTES * 4), note('first'));
  client.write('more', note('second'));
  await turns(3);
  client.destroy();
  await event(client, 'close');
  await turns(1);
  t.same(outcomes, ['first ok', 'second ERR_STREAM_DESTROYED'], 'as node:net does');
});

onEachStack('an idle timer looks at progress, not at waiting', async (t, net) => {
  const { client, accepted } = await pair(t, net, {}, { pauseOnConnect: true });
  let idle = 0;
  client.setTimeout(10, () => idle++);
  client.write(pattern(SEND_BUFFER_BYTES * 8));
  await event(client, 'timeout');
  t.equal(idle, 1, 'a peer that takes nothing is idle');
  client.setTimeout(0);
  accepted.resume();
  await event(client, 'drain');
});

t.test('nothing is asked of a connection after it was let go', async (t) => {
  // FakeConnection throws when it is; here with everything a program may still call.
  const net = createNet(new FakeStack());
  const { client, accepted } = await pair(t, net);
  accepted.resume();
  client.destroy();
  client.ref().unref().setNoDelay().setKeepAlive(true, 1000).setTimeout(5);
  client.pause().resume();
  client.end('x');
  client.resetAndDestroy();
  t.same(client.address(), {});
  t.equal(client.tcpInfo(), null);
  t.equal(client.state, 'CLOSED');
  await event(accepted, 'close');
  await stop(net.createServer().listen(0));
});

// From a kernel each piece comes by a callback of its own, and Node runs ticks and promises after
// each. A program counts on it that awaits one piece and then listens for the next.
onEachStack('between two pieces ticks and promises have their turn', async (t, net) => {
  const { client, accepted } = await pair(t, net);
  const heard: string[] = [];
  let pieces = 0;
  accepted.on('data', async () => {
    const piece = pieces++;
    heard.push(`data ${piece}`);
    process.nextTick(() => heard.push(`tick ${piece}`));
    await null;
    await null;
    process.nextTick(() => heard.push(`end of ${piece}`));
  });
  accepted.on('end', () => heard.push('end'));
  client.end(pattern(STREAM_BYTES));
  await event(accepted, 'end');
  await turns(1);
  t.ok(pieces > 3);
  const expected: string[] = [];
  for (let i = 0; i < pieces; i++) expected.push(`data ${i}`, `tick ${i}`, `end of ${i}`);
  t.same(heard, [...expected, 'end']);
});

onEachStack('a piece can be awaited, and then the next', async (t, net) => {
  const { client, accepted } = await pair(t, net);
  const bytes = pattern(STREAM_BYTES);
  client.end(bytes);
  const read: Buffer[] = [];
  let length = 0;
  while (length < bytes.length) {
    const piece = (await event(accepted, 'data')) as Buffer;
    read.push(piece);
    length += piece.length;
  }
  t.equal(sha256(Buffer.concat(read)), sha256(bytes));
});

// What flows goes to its listeners past the stream's buffer. Whatever a listener does that needs
// the buffer, nothing may be lost, doubled, or out of its place.
onEachStack('a listener pauses, puts back, changes its kind', async (t, net) => {
  const { client, accepted } = await pair(t, net);
  const bytes = pattern(STREAM_BYTES);
  const read: Buffer[] = [];
  let calls = 0;
  const take = (piece: Buffer): void => {
    calls++;
    if (calls % 4 === 2 && piece.length > 10) {
      read.push(piece.subarray(0, 10));
      accepted.unshift(piece.subarray(10));
      return;
    }
    read.push(piece);
    if (calls % 4 === 3) {
      accepted.pause();
      setImmediate(() => accepted.resume());
    }
    if (calls === 9) {
      accepted.off('data', take);
      accepted.on('readable', () => {
        for (let more = accepted.read(); more !== null; more = accepted.read()) read.push(more);
      });
    }
  };
  accepted.on('data', take);
  t.equal(accepted.readableDidRead, false);
  client.end(bytes);
  await event(accepted, 'end');
  t.equal(accepted.readableDidRead, true);
  t.ok(calls >= 9);
  t.equal(sha256(Buffer.concat(read)), sha256(bytes));
});
