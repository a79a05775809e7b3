/**
 * Ends that nobody wished for: refused ports, and processes killed in the middle of a stream. Whatever
 * `node:net` would say to it, usernet says; and the kernel's client of a usernet that died is told.
 */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import * as nodeNet from 'node:net';
import type { Test } from 'tap';
import type { HostLink } from '../../../lib/link/host-link';
import { Capture } from './capture';
import { flood, type NetLike } from './conversation';
import type { PeerKind } from './peer';
import { PeerProcess } from './peer-process';
import { HOST, Rig } from './rig';
import { within } from './within';

const BOUND_MS = 10_000;
/** Bytes received after which the other process is killed. */
const MIDDLE = 1024 * 1024;

/** A usernet client, and one of node:net, call a port where the kernel has nobody. */
export async function refusedByKernel(t: Test, link: HostLink): Promise<void> {
  const port = await unusedPort();
  const theirs = await failureOf(nodeNet.connect({ port, host: HOST }));
  const rig = new Rig(link);
  const socket = rig.net.connect({ port, host: HOST, allowHalfOpen: false });
  t.same(await failureOf(socket), theirs, 'the error is the one of node:net');
  t.equal(theirs.code, 'ECONNREFUSED');
  await rig.finish(t, { failures: 1, resets: from(port) });
}

/** The kernel calls a port that usernet still holds, for a connection, but where nobody listens. */
export async function refusedByUsernet(t: Test, link: HostLink): Promise<void> {
  const rig = new Rig(link);
  const server = rig.net.createServer({ allowHalfOpen: false, pauseOnConnect: false });
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const first = nodeNet.connect(port, HOST).resume();
  const [accepted] = await within(BOUND_MS, 'connection', once(server, 'connection'));
  server.close();
  const { code } = await failureOf(nodeNet.connect(port, HOST));
  t.equal(code, 'ECONNREFUSED');
  accepted.end('the first connection is still there');
  await within(BOUND_MS, 'close of the first connection', once(first, 'close'));
  t.equal(rig.capture.resets().length, 1, 'it is usernet that refuses, and not the kernel, too');
  await rig.finish(t, { resetsOut: 1, refused: 1, resets: from(port) });
}

/** The usernet client gives up while words are under way to it. */
export async function resetByUsernet(t: Test, link: HostLink): Promise<void> {
  const rig = new Rig(link);
  const server = nodeNet.createServer(flood).listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = rig.net.connect({ port, host: HOST, allowHalfOpen: false });
  const [victim] = await within(BOUND_MS, 'connection', once(server, 'connection'));
  const failure = failureOf(victim);
  await within(BOUND_MS, 'data', once(socket, 'data'));
  const closed = once(socket, 'close');
  socket.resetAndDestroy();
  t.equal((await failure).code, 'ECONNRESET');
  const [hadError] = await within(BOUND_MS, 'close', closed);
  t.equal(hadError, false);
  server.close();
  await rig.finish(t, { resetsOut: 1, resets: to(port) });
}

/** The kernel's server dies with words unread; so its kernel resets the connection. */
export async function kernelServerKilled(t: Test, link: HostLink): Promise<void> {
  const theirs = await streamToVictim(nodeNet as NetLike);
  const rig = new Rig(link);
  const ours = await streamToVictim(rig.net);
  // Whether the reading or the writing hears of it first is a matter of chance, for both.
  for (const { failure } of [ours, theirs]) {
    const { code, errno, syscall, message } = failure;
    t.match(syscall, /^(read|write)$/);
    t.same(
      { code, errno, message },
      { code: 'ECONNRESET', errno: -104, message: `${syscall} ${code}` },
    );
  }
  await rig.finish(t, { failures: 1, resets: from(theirs.port, ours.port) });
}

/** The kernel's client dies in the same way. */
export async function kernelClientKilled(t: Test, link: HostLink): Promise<void> {
  const rig = new Rig(link);
  const ours = await streamFromVictim(rig.net, 'kernel');
  t.equal(ours.failure.code, 'ECONNRESET');
  await rig.finish(t, { failures: 1, resets: to(ours.port) });
}

/** Usernet dies with its process, and its port guard with it: from then on the kernel says so. */
export async function usernetServerKilled(t: Test, kind: PeerKind): Promise<void> {
  const capture = new Capture(HOST);
  t.teardown(() => capture.close());
  const { failure, port } = await streamToVictim(nodeNet as NetLike, kind, () =>
    t.same(capture.resets(), [], 'no reset while it lives'),
  );
  t.equal(failure.code, 'ECONNRESET');
  t.ok(capture.resets().length > 0);
  t.same(unlike(capture, from(port)), [], 'the resets come from the port of the dead');
}

export async function usernetClientKilled(t: Test, kind: PeerKind): Promise<void> {
  const capture = new Capture(HOST);
  t.teardown(() => capture.close());
  const { failure, port } = await streamFromVictim(nodeNet as NetLike, kind, () =>
    t.same(capture.resets(), [], 'no reset while it lives'),
  );
  t.equal(failure.code, 'ECONNRESET');
  t.ok(capture.resets().length > 0);
  t.same(unlike(capture, to(port)), [], 'the resets come from the port of the dead');
}

interface Failure {
  code?: string;
  errno?: number;
  syscall?: string;
  address?: string;
  port?: number;
  message: string;
}

/** Calls a server in a process of its own; both send without end, then that process is killed. */
async function streamToVictim(
  net: NetLike,
  kind: PeerKind = 'kernel',
  before = () => {},
): Promise<{ failure: Failure; port: number }> {
  const victim = await PeerProcess.start(kind);
  const port = await victim.flood(HOST);
  const socket = net.connect({ port, host: HOST, allowHalfOpen: true });
  return { failure: await streamUntilKilled(socket, victim, before), port };
}

/** The same with the roles exchanged. */
async function streamFromVictim(
  net: NetLike,
  kind: PeerKind,
  before = () => {},
): Promise<{ failure: Failure; port: number }> {
  const victim = await PeerProcess.start(kind);
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: false });
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection');
  await victim.callFlood(HOST, port);
  const [socket] = await within(BOUND_MS, 'connection', accepted);
  const failure = await streamUntilKilled(socket, victim, before);
  server.close();
  return { failure, port };
}

async function streamUntilKilled(
  socket: Socket,
  victim: PeerProcess,
  before: () => void,
): Promise<Failure> {
  const failure = failureOf(socket);
  let received = 0;
  const middle = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received >= MIDDLE) resolve();
    });
  });
  flood(socket);
  await within(BOUND_MS, 'the middle of the stream', middle);
  before();
  await victim.kill();
  return failure;
}

/** How the socket's life ends: its 'error', and then its 'close'. */
async function failureOf(socket: Socket): Promise<Failure> {
  const closed = once(socket, 'close').catch(() => undefined);
  const failed = new Promise<Failure>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException & { address?: string; port?: number }) => {
      const { code, errno, syscall, address, port, message } = error;
      resolve({ code, errno, syscall, address, port, message });
    });
  });
  const failure = await within(BOUND_MS, 'an error', failed);
  await within(BOUND_MS, "'close' after the error", closed);
  return failure;
}

/** Only just free: nobody is likely to take it so soon. */
async function unusedPort(): Promise<number> {
  const server = nodeNet.createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function from(...ports: number[]): RegExp {
  return new RegExp(`^${HOST}:(${ports.join('|')}) > `);
}

function to(port: number): RegExp {
  return new RegExp(` > ${HOST}:${port}$`);
}

function unlike(capture: Capture, pattern: RegExp): string[] {
  return capture.resets().filter((one) => !pattern.test(one));
}
