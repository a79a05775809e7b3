/** Ten thousand connections over one link, fifty at once: nothing stays. */
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { createEthernetLink } from '../lib/link/ethernet/ethernet-link';
import type { LinkCounters } from '../lib/link/link-counters';
import { RawLink } from '../lib/link/raw-link';
import { createTunLink } from '../lib/link/tun-link';
import { createNet } from '../lib/net/create-net';
import { Stack } from '../lib/stack/stack';
import { packetMemory } from '../lib/support/memory';
import { BareNamespace } from '../test/kernel/support/bare-namespace';
import { EthernetSegment } from '../test/kernel/support/ethernet-segment';
import { JoinedNamespaces, THEIRS } from '../test/kernel/support/joined-namespaces';
import { Program } from '../test/kernel/support/program';
import { kernelTest, type Need } from '../test/kernel/support/requirements';
import { until } from '../test/kernel/support/within';
import type { Link } from '../types/link';

const CONNECTIONS = 10_000;
const AT_ONCE = 50;
const WORDS = Buffer.alloc(2000, 'words ');
/** Files of what loads modules start so. */
const OF_THE_LOADER = join(tmpdir(), 'tsx-');

/** The kernel's side: repeats what it hears. */
const PEER = `
  const net = require('net');
  net.createServer((socket) => socket.pipe(socket).on('error', () => {}))
    .listen(7000, () => console.log('ready'));
`;

interface Place {
  make: () => Link & { counters: LinkCounters };
  /** Where the kernel's side runs, and its address there. */
  peer: BareNamespace;
  host: string;
  remove: () => void;
}

const PLACES: Record<string, { need: Need; prepare: () => Place }> = {
  tun: {
    need: 'tun',
    prepare() {
      const space = new BareNamespace();
      const options = { addresses: '10.77.0.2/24', namespace: space.name };
      const make = () => createTunLink(options);
      return { make, peer: space, host: '10.77.0.1', remove: space.remove };
    },
  },
  ethernet: {
    need: 'tun',
    prepare() {
      const segment = new EthernetSegment();
      const { station, kernel, device, kernelAddress, stationAddress } = segment;
      const options = { interface: device, namespace: station.name, probeMs: 0 };
      const make = () => createEthernetLink({ ...options, addresses: `${stationAddress}/24` });
      const remove = (): void => segment.remove();
      return { make, peer: kernel, host: kernelAddress, remove };
    },
  },
  raw: {
    need: 'raw',
    prepare() {
      const spaces = new JoinedNamespaces();
      const make = () => new RawLink({ namespace: spaces.ours.name });
      return { make, peer: spaces.peers, host: THEIRS, remove: spaces.remove };
    },
  },
};

for (const [name, { need, prepare }] of Object.entries(PLACES)) {
  kernelTest(`${name}: all that was held is given back`, [need, 'namespace'], async (t) => {
    const place = prepare();
    t.teardown(place.remove);
    await run(t, place);
  });
}

async function run(t: Test, { make, peer: space, host }: Place): Promise<void> {
  const peer = new Program('ip', ['netns', 'exec', space.name, process.execPath, '-e', PEER]);
  t.teardown(() => peer.kill());
  await peer.announced(/ready/);
  const devices = devicesIn(space);
  const before = { descriptors: descriptors(), memory: packetMemory.allocated, timers: timers() };

  const link = make();
  const stack = new Stack({ links: [link], tcp: { mslMs: 5 } });
  const net = createNet(stack);
  let served = 0;
  let left = CONNECTIONS;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const socket = net.connect(7000, host);
      socket.end(WORDS);
      if ((await heard(socket)) === WORDS.length) served++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  t.equal(served, CONNECTIONS, 'each was repeated what it said');
  await until(5000, 'end of the last connection', () => stack.stats().connections === 0);
  const { failures, deadlines, heldPorts, keepingAlive } = stack.stats();
  const nothing = { failures: 0, deadlines: 0, heldPorts: 0, keepingAlive: 0 };
  t.same({ failures, deadlines, heldPorts, keepingAlive }, nothing);
  t.match(link.counters, { droppedRefused: 0, droppedDown: 0, droppedMalformed: 0 });
  stack.close();

  t.same(descriptors(), before.descriptors, 'descriptors');
  t.equal(packetMemory.allocated, before.memory, 'packet memory');
  t.equal(timers(), before.timers, 'timers');
  t.same(devicesIn(space), devices, 'devices');
}

async function heard(socket: Socket): Promise<number> {
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(socket, 'close');
  return bytes;
}

function descriptors(): string[] {
  const names = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/, '');
    } catch {
      return '';
    }
  });
  // What loads modules keeps what it has made of them in files, at its leisure.
  return names.filter((name) => !name.startsWith(OF_THE_LOADER)).sort();
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
}

/** By number and name: whether one has a carrier by now is its own affair. */
function devicesIn(space: Place['peer']): string[] {
  return [...space.run('ip', 'link').matchAll(/^\d+: \S+/gm)].map(([device]) => device);
}
