/**
 * A kernel behind a router, in namespaces: the path becomes narrower in the middle of a transfer,
 * and leads nowhere for a while; a program over usernet sees what one over the kernel sees.
 */
import { once } from 'node:events';
import * as nodeNet from 'node:net';
import type { Test } from 'tap';
import { RawLink } from '../../lib/link/raw-link';
import { RawSocketLink } from '../../lib/link/raw-socket-link';
import { IpAddress } from '../../lib/wire/ip-address';
import type { ConnectionHandler } from '../../types/stack';
import { call, type NetLike, type Part } from './support/conversation';
import { halfway } from './support/halfway';
import { checkRecorded } from './support/recorder';
import { kernelTest, type Need } from './support/requirements';
import { Rig } from './support/rig';
import { RoutedPeer } from './support/routed-peer';
import { callPeer, servePeer, transfers } from './support/scenarios';
import { until, within } from './support/within';

const MIB = 1024 * 1024;
const BOUND_MS = 20_000;
const NEEDS: Need[] = ['raw', 'namespace'];
const [UP, DOWN] = transfers(10 * MIB);
const NARROW = 1000;

const place = new RoutedPeer(NEEDS);

/** Runs a transfer in which the way towards the receiver is narrowed when half has passed. */
async function narrowed(
  t: Test,
  rig: Rig,
  towards: 'far' | 'us',
  transfer: (net: NetLike) => Promise<void>,
): Promise<void> {
  place.path.widen();
  let happened = 0;
  const net = halfway(rig.net, 5 * MIB, () => {
    happened++;
    place.path.narrow(towards, NARROW);
  });
  await transfer(net);
  t.equal(happened, 1, 'the path was narrowed in the middle');
}

for (const [name, need, link] of [
  ['raw', 'raw', () => new RawLink()],
  ['raw-socket', 'raw-socket', () => new RawSocketLink()],
] as const) {
  const needs: Need[] = [need, ...NEEDS];
  const open = (): Rig => new Rig(link(), place.path.address, place.path.device);

  for (const calls of [true, false]) {
    const who = calls ? 'usernet calls' : 'the kernel calls';

    kernelTest(`${name}: the MTU drops while usernet sends; ${who}`, needs, async (t) => {
      const rig = open();
      await narrowed(t, rig, 'far', (net) =>
        calls
          ? callPeer(t, net, place.peer, place.path.farAddress, UP)
          : servePeer(t, net, place.peer, place.path.address, DOWN),
      );
      const { pathMtuReductions, icmpToConnection, sendErrorsToConnection } = rig.stack.stats();
      t.equal(pathMtuReductions, 1);
      // Our kernel hears the router's message, too, and may be the first to say so.
      t.equal(icmpToConnection + sendErrorsToConnection, 1);
      await checkMemory(t, rig);
      await rig.finish(t, { refuses: true });
    });

    kernelTest(`${name}: the MTU drops while the kernel sends; ${who}`, needs, async (t) => {
      const rig = open();
      await narrowed(t, rig, 'us', (net) =>
        calls
          ? callPeer(t, net, place.peer, place.path.farAddress, DOWN)
          : servePeer(t, net, place.peer, place.path.address, UP),
      );
      t.equal(rig.stack.stats().pathMtuReductions, 0, 'which is not for us to know');
      await rig.finish(t);
    });
  }
}

/** The next connection knows what the one before it has learnt. */
async function checkMemory(t: Test, rig: Rig): Promise<void> {
  const part: Part = { bytes: 1000, afterEnd: false };
  const { port, outcomes } = await place.peer.serve(place.path.farAddress, 1, part);
  const outcome = call(rig.net, place.path.farAddress, port, 1, part);
  await until(BOUND_MS, 'a connection', () => rig.stack.stats().connections > 0);
  const [{ info }] = rig.stack.connections({ info: true });
  t.ok(info!.snd_mss <= NARROW - 40, `its segments begin with ${info!.snd_mss} bytes`);
  await within(BOUND_MS, 'the next connection', Promise.all([outcome, outcomes]));
}

/** What a socket of `net` fails with, when it calls `host`. */
async function failureOf(net: NetLike, host: string): Promise<string> {
  const socket = net.connect({ host, port: 9, allowHalfOpen: false });
  const [error] = await within(BOUND_MS, `call to ${host}`, once(socket, 'error'));
  return (error as NodeJS.ErrnoException).code!;
}

for (const [kind, wanted] of [
  ['unreachable', 'EHOSTUNREACH'],
  ['prohibit', 'EHOSTUNREACH'],
  ['throw', 'ENETUNREACH'],
] as const) {
  kernelTest(`[MUST-54] a router says ${kind}: ${wanted}, as from the kernel`, NEEDS, async (t) => {
    const rig = new Rig(new RawLink(), place.path.address, place.path.device);
    place.path.route(kind);
    t.equal(await failureOf(nodeNet as NetLike, place.path.nobody), wanted, 'node:net');
    t.equal(await failureOf(rig.net, place.path.nobody), wanted, 'usernet');
    place.path.route('none');
    t.equal(rig.stack.stats().icmpToConnection, 1);
    await rig.finish(t, { failures: 1 });
  });
}

kernelTest('[MUST-49] [MUST-54] a hop limit of 1 ends at the router', NEEDS, async (t) => {
  const rig = new Rig(new RawLink(), place.path.address, place.path.device);
  const heard = new Promise<string>((resolve) => {
    const handler = { ...SILENT, handleError: resolve };
    const remoteAddress = IpAddress.parse(place.path.farAddress)!;
    const request = { remoteAddress, remotePort: 9, hopLimit: 1 };
    rig.stack.connect(request, handler);
  });
  t.equal(await within(BOUND_MS, 'an error', heard), 'EHOSTUNREACH');
  t.equal(rig.stack.stats().icmpToConnection, 1);
  await rig.finish(t, { failures: 1 });
});

kernelTest(
  '[MUST-56] a connection outlives a path that leads nowhere for a while',
  NEEDS,
  async (t) => {
    const rig = new Rig(new RawLink(), place.path.address, place.path.device);
    const { port, outcomes } = await place.peer.serve(place.path.farAddress, 1, {
      bytes: 10,
      afterEnd: true,
    });
    const socket = rig.net.connect({ host: place.path.farAddress, port, allowHalfOpen: true });
    await within(BOUND_MS, 'connect', once(socket, 'connect'));
    place.path.route('unreachable', place.path.farAddress);
    socket.write('into the void');
    const { stack } = rig;
    await until(BOUND_MS, 'an error', () => stack.stats().icmpToConnection > 0);
    t.equal(stack.connections()[0].state, 'ESTABLISHED');
    place.path.route('none', place.path.farAddress);
    socket.end();
    socket.resume();
    const [[outcome]] = await within(
      BOUND_MS,
      'end',
      Promise.all([outcomes, once(socket, 'close')]),
    );
    t.equal(outcome.receivedBytes, 'into the void'.length);
    t.equal(outcome.error, null);
    await rig.finish(t);
  },
);

const SILENT: ConnectionHandler = {
  handleConnect() {},
  handleUrgent() {},
  handleReadable() {},
  handleWritable() {},
  handleError() {},
  handleClose() {},
};

checkRecorded();
