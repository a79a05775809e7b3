/**
 * The raw link and a kernel over a veth pair, when addresses and routes come and go and buffers are
 * full. What holds for both families of addresses: test-long/raw-matrix.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import t from 'tap';
import { RawLink } from '../../lib/link/raw-link';
import type { RawLinkOptions } from '../../lib/link/raw-link-options';
import { IpAddress } from '../../lib/wire/ip-address';
import type { TcpConfig } from '../../types/tcp';
import { serve } from './support/conversation';
import { halfway } from './support/halfway';
import { DEVICE, JoinedNamespaces, OURS, THEIRS } from './support/joined-namespaces';
import { PeerProcess } from './support/peer-process';
import { checkRecorded } from './support/recorder';
import { findLack, kernelTest, type Need } from './support/requirements';
import { Rig } from './support/rig';
import { callPeer, servePeer, transfers } from './support/scenarios';
import { until, within } from './support/within';

const MIB = 1024 * 1024;
const BOUND_MS = 25_000;
const NEEDS: Need[] = ['raw', 'namespace', 'ethtool'];

let spaces: JoinedNamespaces | undefined;
let peer: PeerProcess | undefined;
t.before(async () => {
  if (NEEDS.some((need) => findLack(need) !== null)) return;
  spaces = new JoinedNamespaces();
  peer = await PeerProcess.start('kernel', spaces.peers.name);
});
t.teardown(async () => {
  await peer?.stop();
  spaces?.remove();
});

function makeRig(options: RawLinkOptions = {}, address = OURS, tcp: Partial<TcpConfig> = {}): Rig {
  const { name: namespace } = spaces!.ours;
  return new Rig(new RawLink({ namespace, ...options }), address, '', { tcp }, namespace);
}

/** Takes our address away in the middle and brings it back a little later. */
for (const calls of [true, false]) {
  const who = calls ? 'usernet calls' : 'the kernel calls';
  kernelTest(`our address goes and comes; ${who}`, NEEDS, async (t) => {
    const { ours } = spaces!;
    const address = (action: string): void =>
      ours.ip('address', action, `${OURS}/24`, 'dev', DEVICE);
    const rig = makeRig();
    let back: Promise<void> | undefined;
    const net = halfway(rig.net, 2 * MIB, () => {
      address('del');
      const refused = () => rig.link.counters.droppedRefused > 0;
      back = until(BOUND_MS, 'refusal', refused).finally(() => address('add'));
    });
    const [, , both] = transfers(4 * MIB);
    if (calls) await callPeer(t, net, peer!, THEIRS, both);
    else await servePeer(t, net, peer!, OURS, both);
    await back;
    await rig.finish(t, { refuses: true });
  });
}

kernelTest(
  'a route that forbids, or leads nowhere, in the middle of a connection',
  NEEDS,
  async (t) => {
    for (const [kind, code, counter] of [
      ['prohibit', 'EACCES', 'refusedForbidden'],
      ['unreachable', 'EHOSTUNREACH', 'refusedUnreachable'],
      ['throw', 'ENETUNREACH', 'refusedUnreachable'],
    ] as const) {
      const { ours } = spaces!;
      const rig = makeRig();
      const part = { bytes: 0, afterEnd: true };
      const { port, outcomes } = await peer!.serve(THEIRS, 1, part);
      const socket = rig.net.connect({ port, host: THEIRS, allowHalfOpen: true });
      await within(BOUND_MS, 'connection', once(socket, 'connect'));
      ours.ip('route', 'add', kind, `${THEIRS}/32`);
      const heard = once(socket, 'softError');
      socket.write('x');
      const [error] = await within(BOUND_MS, 'a soft error', heard);
      t.equal(error.code, code);
      t.ok(rig.link.counters[counter] > 0, counter);
      const refused = rig.net.connect({ port, host: THEIRS, allowHalfOpen: true });
      const [failure] = await within(BOUND_MS, 'failure', once(refused, 'error'));
      t.equal(failure.code, code);
      ours.ip('route', 'del', kind, `${THEIRS}/32`);
      socket.resume().end();
      await within(BOUND_MS, 'end', outcomes);
      await rig.finish(t, { refuses: true });
    }
  },
);

kernelTest('addresses that come and go are ours while they are there', NEEDS, async (t) => {
  const { ours } = spaces!;
  const second = '10.77.0.9';
  const rig = makeRig({}, second);
  const part = { bytes: 1000, afterEnd: false };
  const bind = (): Socket =>
    rig.net.connect({ port: 9, host: THEIRS, localAddress: second } as never).on('error', () => {});
  const isOurs = (): boolean => rig.link.isLocal(IpAddress.parse(second)!);
  t.notOk(isOurs());
  const [failure] = await within(BOUND_MS, 'failure', once(bind(), 'error'));
  t.equal(failure.code, 'EADDRNOTAVAIL');
  const { port, outcomes } = await serve(rig.net, '0.0.0.0', 1, part);
  ours.ip('address', 'add', `${second}/32`, 'dev', DEVICE);
  spaces!.peers.ip('route', 'add', `${second}/32`, 'dev', DEVICE);
  t.ok(isOurs());
  const called = peer!.call(second, port, 1, part);
  const [[served]] = await within(BOUND_MS, 'exchange', Promise.all([outcomes, called]));
  t.equal(served.receivedBytes, 1000, 'the listener on every address is reached at the new one');
  ours.ip('address', 'del', `${second}/32`, 'dev', DEVICE);
  t.notOk(isOurs());
  await rig.finish(t);
});

kernelTest('a receive buffer that overflows is counted, and made good', NEEDS, async (t) => {
  spaces!.setMtu(1500);
  const rig = makeRig({ receiveBufferBytes: 8192 });
  await callPeer(t, rig.net, peer!, THEIRS, transfers(2 * MIB)[1]);
  t.ok(rig.link.counters.droppedOverflow > 0, `${rig.link.counters.droppedOverflow} packets lost`);
  await rig.finish(t);
});

kernelTest('what the kernel has no room for waits, and nothing of it is lost', NEEDS, async (t) => {
  const { ours, peers } = spaces!;
  const rig = makeRig({ sendBufferBytes: 2048 });
  // Until the peer's hardware address is known, what is for it lies in the buffer.
  const address = /link\/ether (\S+)/.exec(peers.run('ip', 'link', 'show', DEVICE))![1];
  const { port, outcomes } = await peer!.serve(THEIRS, 1, { bytes: 0, afterEnd: true });
  const socket = rig.net.connect({ port, host: THEIRS, allowHalfOpen: true });
  await within(BOUND_MS, 'connection', once(socket, 'connect'));
  peers.ip('link', 'set', DEVICE, 'arp', 'off');
  ours.ip('neigh', 'flush', 'dev', DEVICE);
  const bytes = Buffer.alloc(MIB, 'abc');
  socket.resume().end(bytes);
  await until(BOUND_MS, 'a full buffer', () => rig.link.counters.sendBlocked > 0);
  peers.ip('link', 'set', DEVICE, 'arp', 'on');
  ours.ip('neigh', 'replace', THEIRS, 'lladdr', address, 'dev', DEVICE, 'nud', 'reachable');
  const [outcome] = await within(BOUND_MS, 'end', outcomes);
  t.equal(outcome.received, createHash('sha256').update(bytes).digest('hex'));
  t.equal(rig.link.counters.droppedRefused, 0);
  await rig.finish(t);
});

checkRecorded();
