/**
 * What the handshake agrees on, as the kernel's own `ss` reports it (ss(8)), whichever of the two
 * calls.
 */
import t, { type Test } from 'tap';
import { RawLink } from '../../lib/link/raw-link';
import type { TcpConfig, TcpInfo } from '../../types/tcp';
import { call, type Part, serve } from './support/conversation';
import { Namespace } from './support/namespace';
import { PeerProcess } from './support/peer-process';
import { checkRecorded } from './support/recorder';
import { findLack, kernelTest, type Need } from './support/requirements';
import { Rig } from './support/rig';
import { crowd, servePeer } from './support/scenarios';
import { until, within } from './support/within';

const BOUND_MS = 20_000;
const NEEDS: Need[] = ['raw', 'namespace', 'ss'];
/** The first connection says nothing until the second is there: so long it can be looked at. */
const WAITS: Part = { bytes: 0, afterEnd: true };
const TALKS: Part = { bytes: 100_000, afterEnd: false };

interface Case {
  name: string;
  /** Of usernet. */
  tcp: Partial<TcpConfig>;
  /** net.ipv4.tcp_ecn of the kernel: 1 asks for it, 2 agrees to it. */
  ecn: 0 | 1 | 2;
  /** What ss shows and what it does not, when usernet calls, and when the kernel does. */
  shown: RegExp[];
  hidden: { calls: RegExp[]; called: RegExp[] };
  ours: Partial<TcpInfo>;
}

const CASES: readonly Case[] = [
  {
    name: 'timestamps, SACK, window scale and ECN',
    tcp: { ecn: 'request' },
    ecn: 1,
    shown: [/ ts /, / sack /, / ecn /, / wscale:7,\d+ /],
    hidden: { calls: [], called: [] },
    ours: { timestamps: true, sack: true, ecn: true, rcv_wscale: 7 },
  },
  {
    name: 'ECN where the kernel only agrees, or usernet does',
    tcp: { ecn: 'accept' },
    ecn: 1,
    shown: [/ ts /],
    hidden: { calls: [/ ecn /], called: [] },
    ours: { timestamps: true },
  },
  {
    name: 'no ECN with a kernel that has it off',
    tcp: { ecn: 'request' },
    ecn: 0,
    shown: [/ ts /, / sack /, / wscale:7,\d+ /],
    hidden: { calls: [/ ecn /], called: [/ ecn /] },
    ours: { timestamps: true, sack: true, ecn: false },
  },
  {
    name: 'nothing where usernet offers nothing',
    tcp: { timestamps: false, windowScaling: false, sack: false, ecn: 'off' },
    ecn: 1,
    shown: [/ESTAB/],
    hidden: {
      calls: [/ ts /, / sack /, / ecn /, / wscale:/],
      called: [/ ts /, / sack /, / ecn /, / wscale:/],
    },
    ours: { timestamps: false, sack: false, ecn: false, snd_wscale: 0, rcv_wscale: 0 },
  },
];

let space: Namespace | undefined;
let peer: PeerProcess | undefined;
t.before(async () => {
  if (NEEDS.some((need) => findLack(need) !== null)) return;
  space = new Namespace();
  peer = await PeerProcess.start('kernel', space.name);
});
t.teardown(async () => {
  await peer?.stop();
  space?.remove();
});

function openRig({ tcp, ecn }: Case): Rig {
  space!.run('sysctl', '-qw', `net.ipv4.tcp_ecn=${ecn}`);
  return new Rig(new RawLink(), space!.address, space!.device, { tcp });
}

/** The kernel's one line on its connection with usernet, in spaces. */
function lookAt(): string {
  const text = space!.run('ss', '-tieHnO', 'state', 'established', 'dst', space!.address);
  return ` ${text.replace(/\s+/g, ' ')} ESTAB `;
}

function check(t: Test, rig: Rig, one: Case, hidden: RegExp[]): void {
  const line = lookAt();
  t.comment(line);
  for (const pattern of one.shown) t.match(line, pattern);
  for (const pattern of hidden) t.notMatch(line, pattern);
  const [{ info }] = rig.stack
    .connections({ info: true })
    .filter(({ state }) => state !== 'LISTEN');
  t.match(info, one.ours, 'and usernet thinks the same');
  const { snd_wscale, rcv_wscale } = info!;
  const [, theirs = 0, ours = 0] = / wscale:(\d+),(\d+) /.exec(line) ?? [];
  t.same([Number(theirs), Number(ours)], [rcv_wscale, snd_wscale], 'also of the shift counts');
}

for (const one of CASES) {
  kernelTest(`usernet calls: ${one.name}`, NEEDS, async (t) => {
    const rig = openRig(one);
    const { peerAddress } = space!;
    const { port, outcomes } = await peer!.serve(peerAddress, 2, TALKS);
    const first = call(rig.net, peerAddress, port, 1, WAITS);
    await until(BOUND_MS, 'connect', () => isEstablished(rig));
    check(t, rig, one, one.hidden.calls);
    const second = call(rig.net, peerAddress, port, 1, WAITS);
    await within(BOUND_MS, 'both', Promise.all([first, second, outcomes]));
    await rig.finish(t);
  });

  kernelTest(`the kernel calls: ${one.name}`, NEEDS, async (t) => {
    const rig = openRig(one);
    const { address } = space!;
    const { port, outcomes } = await serve(rig.net, address, 2, TALKS);
    const first = peer!.call(address, port, 1, WAITS);
    await until(BOUND_MS, 'connect', () => isEstablished(rig));
    check(t, rig, one, one.hidden.called);
    const second = peer!.call(address, port, 1, WAITS);
    await within(BOUND_MS, 'both', Promise.all([first, second, outcomes]));
    await rig.finish(t);
  });
}

function isEstablished(rig: Rig): boolean {
  return rig.stack.connections().some(({ state }) => state === 'ESTABLISHED');
}

kernelTest('[SHLD-8] text that usernet sends is marked as ECN-capable', NEEDS, async (t) => {
  const rig = openRig(CASES[0]);
  const { peerAddress } = space!;
  const { port, outcomes } = await peer!.serve(peerAddress, 2, WAITS);
  const first = call(rig.net, peerAddress, port, 1, TALKS);
  await until(BOUND_MS, 'text', () => / ecnseen /.test(lookAt()));
  t.match(lookAt(), / ecn ecnseen /);
  const second = call(rig.net, peerAddress, port, 1, TALKS);
  await within(BOUND_MS, 'both', Promise.all([first, second, outcomes]));
  await rig.finish(t);
});

kernelTest('[A-14] the kernel brings SYN cookies back, and keeps its options', NEEDS, async (t) => {
  const { address, device } = space!;
  const rig = new Rig(new RawLink(), address, device, { limits: { synQueue: 1 } });
  const [scenario] = crowd(50, 100_000);
  const infos: TcpInfo[] = [];
  const note = (): void => {
    if (rig.stack.stats().accepted < 50 || infos.length > 0) return;
    for (const { info } of rig.stack.connections({ info: true })) if (info) infos.push(info);
  };
  rig.stack.on('segment', note);
  await servePeer(t, rig.net, peer!, address, scenario);
  rig.stack.off('segment', note);
  const { synCookiesSent, synCookiesReceived } = rig.stack.stats();
  t.ok(synCookiesReceived > 0, `${synCookiesReceived} of ${synCookiesSent} cookies came back`);
  for (const info of infos) t.match(info, { timestamps: true, sack: true, rcv_wscale: 7 });
  t.equal(infos.length, 50);
  await rig.finish(t);
});

checkRecorded();
