/**
 * The links over the host and a kernel over a veth pair of their own, whichever calls: the raw link in
 * IPv4 and IPv6, and the npm package's; every MTU, offloads on and off, links that go down and up in
 * mid-transfer or become narrower, and a peer whose namespace is deleted.
 */
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { RawLink } from '../lib/link/raw-link';
import { RawSocketLink } from '../lib/link/raw-socket-link';
import { halfway } from '../test/kernel/support/halfway';
import {
  DEVICE,
  JoinedNamespaces,
  OURS,
  OURS6,
  THEIRS,
  THEIRS6,
} from '../test/kernel/support/joined-namespaces';
import { PeerProcess } from '../test/kernel/support/peer-process';
import { checkRecorded } from '../test/kernel/support/recorder';
import { findLack, kernelTest, type Need } from '../test/kernel/support/requirements';
import { type Expected, Rig } from '../test/kernel/support/rig';
import { callPeer, type Scenario, servePeer, transfers } from '../test/kernel/support/scenarios';
import { until, within } from '../test/kernel/support/within';
import type { TcpConfig } from '../types/tcp';

const MIB = 1024 * 1024;
const BOUND_MS = 25_000;
const [UP, DOWN, BOTH] = transfers(4 * MIB);

/** Where a link is at home with a family of addresses, and its ends. */
class Home {
  readonly name: string;
  readonly family: 4 | 6;
  readonly needs: Need[];
  readonly ours: string;
  readonly theirs: string;
  readonly #Link: typeof RawLink | typeof RawSocketLink;
  #spaces: JoinedNamespaces | undefined;
  #peer: PeerProcess | undefined;

  constructor(need: 'raw' | 'raw-socket', family: 4 | 6) {
    this.name = `${need}, IPv${family}`;
    this.family = family;
    this.needs = [need, 'namespace', 'ethtool'];
    this.#Link = need === 'raw' ? RawLink : RawSocketLink;
    this.ours = family === 4 ? OURS : OURS6;
    this.theirs = family === 4 ? THEIRS : THEIRS6;
  }

  get spaces(): JoinedNamespaces {
    return this.#spaces!;
  }

  async prepare(): Promise<void> {
    if (this.needs.some((need) => findLack(need) !== null)) return;
    this.#spaces = new JoinedNamespaces(this.family);
    this.#peer = await PeerProcess.start('kernel', this.#spaces.peers.name);
  }

  async remove(): Promise<void> {
    await this.#peer?.stop();
    this.#spaces?.remove();
  }

  rig(tcp: Partial<TcpConfig> = {}, spaces = this.spaces): Rig {
    const { name: namespace } = spaces.ours;
    return new Rig(new this.#Link({ namespace }), this.ours, '', { tcp }, namespace);
  }

  /** @param middle what to do when half of it has passed */
  async run(
    t: Test,
    rig: Rig,
    calls: boolean,
    scenario: Scenario,
    middle: (() => void) | null = null,
  ): Promise<void> {
    const bytes = Math.max(scenario.client.bytes, scenario.server.bytes) / 2;
    const net = middle === null ? rig.net : halfway(rig.net, bytes, middle);
    if (calls) await callPeer(t, net, this.#peer!, this.theirs, scenario);
    else await servePeer(t, net, this.#peer!, this.ours, scenario);
  }
}

const HOMES = [new Home('raw', 4), new Home('raw', 6), new Home('raw-socket', 4)];
t.before(async () => {
  for (const home of HOMES) await home.prepare();
});
t.teardown(async () => {
  for (const home of HOMES) await home.remove();
});

/** A test for each family and each caller. */
function each(name: string, run: (t: Test, home: Home, calls: boolean) => Promise<void>): void {
  for (const home of HOMES) {
    for (const calls of [true, false]) {
      const who = calls ? 'usernet calls' : 'the kernel calls';
      kernelTest(`${home.name}, ${name}; ${who}`, home.needs, (t) => run(t, home, calls));
    }
  }
}

function transfer(
  name: string,
  scenario: Scenario,
  prepare: (home: Home) => void,
  middle: ((home: Home) => void) | null = null,
  expected: Expected = {},
): void {
  each(`${name}, ${scenario.name}`, async (t, home, calls) => {
    prepare(home);
    const rig = home.rig();
    await home.run(t, rig, calls, scenario, middle && (() => middle(home)));
    await rig.finish(t, expected);
  });
}

// IPv6 knows no MTU below 1,280.
for (const mtu of [576, 1500, 9000, 65_535]) {
  transfer(`MTU ${mtu}`, BOTH, ({ family, spaces }) =>
    spaces.setMtu(family === 6 ? Math.max(mtu, 1280) : mtu),
  );
}
for (const on of [false, true]) {
  transfer(`offloads ${on ? 'on' : 'off'}`, BOTH, ({ spaces }) => {
    spaces.setMtu(1500);
    spaces.offload(on);
  });
}

for (const scenario of [UP, DOWN]) {
  const interrupt = ({ spaces }: Home): void => {
    spaces.ours.ip('link', 'set', DEVICE, 'down');
    setTimeout(() => spaces.ours.ip('link', 'set', DEVICE, 'up'), 300);
  };
  transfer('the link goes down and up', scenario, () => undefined, interrupt, { refuses: true });
}

for (const home of HOMES) {
  const [sent, received] = transfers(16 * MIB);
  for (const [who, scenario] of [
    ['usernet', sent],
    ['the kernel', received],
  ] as const) {
    const name = `${home.name}, our device takes less than before, ${who} sends`;
    kernelTest(name, home.needs, async (t) => {
      home.spaces.setMtu(9000);
      const rig = home.rig();
      await home.run(t, rig, true, scenario, () => home.spaces.setMtu(1500));
      const { refusedTooLong } = rig.link.counters;
      const sends = scenario === sent ? 1 : 0;
      t.equal(refusedTooLong > 0, sends === 1, `${refusedTooLong} packets were too long`);
      t.equal(rig.stack.stats().sendErrorsToConnection, sends, 'the connection heard of it once');
      await rig.finish(t, { refuses: true });
    });
  }

  const gone = `${home.name}, the peer's namespace is deleted: an error in time, and no hang`;
  kernelTest(gone, home.needs, async (t) => {
    const lost = new JoinedNamespaces(home.family);
    t.teardown(lost.remove);
    const other = await PeerProcess.start('kernel', lost.peers.name);
    t.teardown(() => other.stop());
    const tcp = { userTimeoutMs: 1500, keepAliveIntervalMs: 300, keepAliveProbes: 3 };
    const rig = home.rig(tcp, lost);
    const port = await other.flood(home.theirs);
    const errors = [true, false].map(async (writes) => {
      const socket = rig.net.connect({ port, host: home.theirs, allowHalfOpen: true }).resume();
      socket.setKeepAlive(true, 1000);
      if (writes) socket.write(Buffer.alloc(64 * MIB));
      const [error] = await once(socket, 'error');
      return error.code;
    });
    await until(BOUND_MS, 'traffic', () => rig.stack.stats().packetsIn > 200);
    // The pair goes first, so that the kernel of the namespace cannot say goodbye.
    lost.peers.ip('link', 'del', DEVICE);
    await other.kill();
    lost.peers.remove();
    const codes = await within(BOUND_MS, 'both errors', Promise.all(errors));
    // As from Linux: the last thing that was heard of the path says more than that time is over.
    t.same(codes, ['ENETUNREACH', 'ENETUNREACH']);
    await rig.finish(t, { refuses: true, failures: 2, resetsOut: 1 });
  });
}

checkRecorded();
