/**
 * The Ethernet link in a world where things go wrong: cables pulled, interfaces gone, addresses
 * taken, offloads off; and what the kernel beside it sees of it.
 */
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createEthernetLink, type EthernetLink } from '../../lib/link/ethernet/ethernet-link';
import type { EthernetLinkOptions } from '../../lib/link/ethernet/ethernet-options';
import { loadLibc, SOCK_RAW } from '../../lib/link/libc';
import { Netlink } from '../../lib/link/netlink';
import { withinNamespace } from '../../lib/link/network-namespace';
import { Stack } from '../../lib/stack/stack';
import { compiled } from '../support/compiled';
import { findFaults, readWithTshark } from '../support/tshark';
import { BareNamespace } from './support/bare-namespace';
import { errorOf, stackOver } from './support/bare-stack';
import type { NetLike } from './support/conversation';
import { EthernetSegment } from './support/ethernet-segment';
import { PeerProcess } from './support/peer-process';
import { ping } from './support/ping';
import { Program } from './support/program';
import { checkRecorded } from './support/recorder';
import { findLack, kernelTest, type Need } from './support/requirements';
import { Rig } from './support/rig';
import { callPeer, crowd, servePeer, transfers } from './support/scenarios';
import { until, within } from './support/within';

const REGISTER = join(__dirname, '..', '..', 'lib', 'register.ts');
const AF_PACKET = 17;
const MIB = 1024 * 1024;
const NEEDS: Need[] = ['tun'];
const MAC = '02:00:00:00:00:01';
const MSL_MS = 50;
const BOUND_MS = 20_000;

interface Place {
  segment: EthernetSegment;
  peer: PeerProcess;
  options: EthernetLinkOptions;
}

/** A segment, a peer on its kernel, and what a link on its free port needs. */
async function makePlace(): Promise<Place> {
  const segment = new EthernetSegment();
  const peer = await PeerProcess.start('kernel', segment.kernel.name);
  const options: EthernetLinkOptions = {
    interface: segment.device,
    namespace: segment.station.name,
    addresses: `${segment.stationAddress}/24`,
    mac: MAC,
    probeMs: 0,
  };
  return { segment, peer, options };
}

/** For all tests; the last one destroys it. */
let place: Place;
t.before(async () => {
  if (NEEDS.every((need) => findLack(need) === null)) place = await makePlace();
});
t.teardown(async () => {
  await place?.peer.stop();
  place?.segment.remove();
});

function makeRig(changes: Partial<EthernetLinkOptions> = {}): Rig {
  const { segment, options } = place;
  const link = createEthernetLink({ ...options, ...changes });
  const { stationAddress, station } = segment;
  return new Rig(link, stationAddress, '', { tcp: { mslMs: MSL_MS } }, station.name);
}

function setOffloads(state: 'on' | 'off'): void {
  const { station, kernel, device, port, bridge } = place.segment;
  const features = ['tx', 'rx', 'tso', 'gso', 'gro', 'sg'].flatMap((one) => [one, state]);
  station.run('ethtool', '-K', device, ...features);
  for (const name of [port, bridge]) kernel.run('ethtool', '-K', name, ...features);
}

/** Without a rig's expectations. */
function makeStack(t: Test, options: EthernetLinkOptions) {
  return stackOver(t, createEthernetLink(options), MSL_MS);
}

kernelTest('the kernel pings us, and knows our hardware address', NEEDS, async (t) => {
  const { segment, options } = place;
  const { link } = makeStack(t, options);
  await link.whenReady();
  for (const bytes of [0, 1, 56, 1472]) {
    t.ok(await ping(segment.kernel.name, segment.stationAddress, bytes), `${bytes} bytes`);
  }
  t.match(segment.neighbours(), `${segment.stationAddress} dev br0 lladdr ${MAC}`);
  t.match(link.neighbours(), [{ address: segment.kernelAddress }]);
});

kernelTest(
  'IPv6: both ways, found by neighbour discovery; a conflict is seen',
  NEEDS,
  async (t) => {
    const { segment, peer, options } = place;
    const { kernel, kernelAddress6, stationAddress6 } = segment;
    const addresses = `${stationAddress6}/64`;
    const { net, stack, link } = makeStack(t, { ...options, addresses, probeMs: 50 });
    await link.whenReady();
    for (const scenario of [...transfers(4 * MIB), ...crowd(20, 64 * 1024)]) {
      await callPeer(t, net as NetLike, peer, kernelAddress6, scenario);
      await servePeer(t, net as NetLike, peer, stationAddress6, scenario);
    }
    t.match(
      kernel.run('ip', '-6', 'neighbour', 'show'),
      `${stationAddress6} dev br0 lladdr ${MAC}`,
    );
    t.match(link.neighbours(), [{ address: kernelAddress6 }]);
    t.equal(stack.stats().failures, 0);
    stack.close();
    const thief = makeStack(t, { ...options, addresses: `${kernelAddress6}/64`, probeMs: 500 });
    await t.rejects(thief.link.whenReady(), {
      code: 'EADDRINUSE',
      message: /^fd00:77::1 is in use/,
    });
  },
);

/** [MTU, offloads of the interfaces, what the link makes of the MTU] */
const SIZES: [number, 'on' | 'off', number][] = [
  [9_000, 'off', 9_000],
  [1_500, 'off', 1_500],
  [576, 'on', 576],
  [9_000, 'on', 9_000],
  [65_535, 'on', 65_521], // with its header a frame is no longer than a packet may be
];

kernelTest('every MTU, and offloads of the interfaces off', [...NEEDS, 'ethtool'], async (t) => {
  const { segment, peer } = place;
  const { kernel, station, device, port, bridge } = segment;
  const setMtu = (mtu: number) => {
    station.ip('link', 'set', device, 'mtu', `${mtu}`);
    for (const name of [port, bridge]) kernel.ip('link', 'set', name, 'mtu', `${mtu}`);
  };
  t.teardown(() => {
    setMtu(1500);
    // Below 1,280 bytes there is no IPv6 (RFC 8200 §5), and its addresses are gone.
    kernel.ip('address', 'replace', `${segment.kernelAddress6}/64`, 'dev', bridge, 'nodad');
  });
  const both = transfers(4 * MIB)[2];
  for (const [mtu, state, ours] of SIZES) {
    setMtu(mtu);
    setOffloads(state);
    const rig = makeRig();
    t.equal(rig.link.mtu, ours);
    await callPeer(t, rig.net, peer, segment.kernelAddress, both);
    const partial = rig.stack.stats().tcpPartialChecksum;
    if (state === 'on') t.ok(partial > 0, 'checksums were left to nobody');
    else t.equal(partial, 0, 'every checksum was there');
    await rig.finish(t);
    const other = makeRig();
    await servePeer(t, other.net, peer, segment.stationAddress, both);
    await other.finish(t);
  }
});

kernelTest('down and up again in mid-transfer: all arrives', NEEDS, async (t) => {
  const { segment, peer } = place;
  for (const [space, name] of [
    [segment.station, segment.device],
    [segment.kernel, segment.port],
  ] as const) {
    const rig = makeRig();
    const { receivedPackets } = rig.link.counters;
    const done = callPeer(t, rig.net, peer, segment.kernelAddress, transfers(64 * MIB)[2]);
    await until(
      BOUND_MS,
      'middle',
      () => rig.link.counters.receivedPackets > receivedPackets + 100,
    );
    space.ip('link', 'set', name, 'down');
    // What was in the socket already takes a busy machine a while.
    let last = -1;
    for (let i = 0; i < 10 && rig.link.counters.receivedPackets !== last; i++) {
      last = rig.link.counters.receivedPackets;
      await pause(200);
    }
    t.equal(rig.link.counters.receivedPackets, last, 'the cable is out');
    t.ok(rig.stack.stats().connections > 0, 'in mid-transfer');
    space.ip('link', 'set', name, 'up');
    await done;
    await rig.finish(t);
  }
});

kernelTest('the peer’s namespace is deleted: ETIMEDOUT, not a hang', NEEDS, async (t) => {
  const { segment, options } = place;
  // The peer lives behind a second port of the bridge, where nobody misses him.
  const far = new BareNamespace();
  t.teardown(() => far.remove());
  segment.kernel.ip('link', 'add', 'p1', 'type', 'veth', 'peer', 'name', 'e1', 'netns', far.name);
  segment.kernel.ip('link', 'set', 'p1', 'master', 'br0', 'up');
  far.ip('address', 'add', '10.77.0.9/24', 'dev', 'e1');
  far.ip('link', 'set', 'e1', 'up');
  const guest = await PeerProcess.start('kernel', far.name);
  const { net } = makeStack(t, options);
  const port = await guest.flood('10.77.0.9');
  const socket = net.connect(port, '10.77.0.9').resume();
  await within(BOUND_MS, 'data', once(socket, 'data'));
  socket.setUserTimeout(2_000);
  const failure = errorOf(socket);
  const nobody = errorOf(net.connect(port, '10.77.0.10'));
  far.ip('link', 'set', 'e1', 'down'); // before its kernel can say goodbye
  await guest.kill();
  far.remove();
  socket.write('is anybody there?');
  t.match((await failure).code, /^(ETIMEDOUT|EHOSTUNREACH)$/);
  t.equal((await nobody).code, 'EHOSTUNREACH', 'where nobody ever was');
});

kernelTest('the address is the kernel’s already: EADDRINUSE', NEEDS, async (t) => {
  const { segment, options } = place;
  const taken = { ...options, addresses: `${segment.kernelAddress}/24`, probeMs: 200 };
  const { link, net } = makeStack(t, taken);
  const socket = net.connect(80, '10.77.0.9');
  const failure = errorOf(socket);
  await t.rejects(link.whenReady(), { code: 'EADDRINUSE', message: /^10\.77\.0\.1 is in use by / });
  t.equal((await failure).code, 'EADDRINUSE');
});

kernelTest('frames of a VLAN are for others; a priority makes no VLAN', NEEDS, async (t) => {
  const { segment, options } = place;
  const { link } = makeStack(t, options);
  await link.whenReady();
  const sender = '02000000000a';
  const arp = `0806 0001 0800 0604 0001 ${sender} 0a4d000a 000000000000 0a4d0002`;
  // The last has nothing to say but that those before it have had their time.
  for (const tag of ['8100 0005', '8100 e005', '8100 e000', '', '']) {
    sendFrame(segment.kernel.name, segment.port, `ffffffffffff ${sender} ${tag} ${arp}`);
  }
  await until(BOUND_MS, 'three questions', () => link.counters.resolutionReceived >= 3);
  t.match(link.counters, { resolutionReceived: 3, droppedTagged: 0 });
  t.equal(link.frames.receivedPackets, 3, 'the filter has kept the others out');
});

kernelTest('a bridge joined by a TAP device, and nothing left of it', NEEDS, async (t) => {
  const { segment, peer, options } = place;
  const { name } = segment.kernel;
  const tap = { name: 'tap%d', bridge: segment.bridge };
  const { interface: _, ...others } = options;
  const link = createEthernetLink({ ...others, tap, namespace: name });
  const rig = new Rig(link, segment.stationAddress, '', {}, name);
  t.match(segment.kernel.run('ip', 'link', 'show', 'tap0'), /master br0 state U/);
  const socket = rig.net.connect({
    port: await peer.flood(segment.kernelAddress),
    host: segment.kernelAddress,
    allowHalfOpen: false,
  });
  await within(BOUND_MS, 'data', once(socket, 'data'));
  t.match(segment.neighbours(), `lladdr ${MAC}`);
  socket.destroy();
  rig.close();
  t.notMatch(segment.kernel.run('ip', 'link', 'show'), 'tap0');
});

kernelTest('descriptors, and promiscuous mode, are given back', NEEDS, async (t) => {
  const { segment, options } = place;
  const show = () => segment.station.run('ip', '-d', 'link', 'show', segment.device);
  const before = readdirSync('/proc/self/fd').map(nameOf).sort();
  for (let i = 0; i < 50; i++) {
    const { stack } = makeStack(t, options);
    if (i === 0) t.match(show(), /promiscuity 1/);
    stack.close();
  }
  t.same(readdirSync('/proc/self/fd').map(nameOf).sort(), before);
  t.match(show(), /promiscuity 0/);
});

kernelTest('tshark finds no fault in the frames', [...NEEDS, 'tshark', 'ethtool'], async (t) => {
  const { segment, peer } = place;
  setOffloads('off'); // so that every checksum is filled in before a frame is seen
  t.teardown(() => setOffloads('on'));
  const file = join(t.testdir(), 'frames.pcapng');
  const capture = ['-q', '-i', segment.device, '-s', '0', '-w', file];
  const args = ['netns', 'exec', segment.station.name, 'dumpcap', ...capture];
  const dumpcap = new Program('ip', args);
  t.teardown(() => dumpcap.kill());
  await dumpcap.announced(/File: /);
  const { stationAddress, stationAddress6, kernelAddress, kernelAddress6 } = segment;
  const addresses = [`${stationAddress}/24`, `${stationAddress6}/64`];
  const rig = makeRig({ addresses, probeMs: 50 });
  await (rig.link as EthernetLink).whenReady();
  t.ok(await ping(segment.kernel.name, stationAddress, 100));
  for (const [theirs, ours] of [
    [kernelAddress, stationAddress],
    [kernelAddress6, stationAddress6],
  ]) {
    await callPeer(t, rig.net, peer, theirs, transfers(MIB)[2]);
    await servePeer(t, rig.net, peer, ours, transfers(MIB)[2]);
  }
  await rig.finish(t);
  process.kill(dumpcap.pid, 'SIGINT');
  await dumpcap.finished();
  const packets = readWithTshark(file);
  t.ok(packets.length > 50, `${packets.length} packets`);
  t.same(findFaults(packets, false), [], 'every checksum is right, and there is no reset');
});

kernelTest('a program that knows nothing of it lives on Ethernet, too', NEEDS, async (t) => {
  const { segment, peer } = place;
  const port = await peer.flood(segment.kernelAddress);
  const program = `require('net').connect(${port}, '${segment.kernelAddress}').once('data', function () {
    console.log(this.localAddress);
    this.destroy();
  });`;
  const args = ['-r', compiled(REGISTER), '-e', program];
  const running = new Program(process.execPath, args, {
    USERNET_LINK: 'ethernet',
    USERNET_ETHERNET_INTERFACE: segment.device,
    USERNET_ETHERNET_NAMESPACE: segment.station.name,
    USERNET_ETHERNET_ADDRESS: `${segment.stationAddress}/24`,
  });
  t.teardown(() => running.kill());
  const { output, status, errors } = await running.finished();
  t.equal(String(output), `${segment.stationAddress}\n`);
  t.equal(status, 0, errors);
});

/** [options, code, what the message says] */
const MISTAKES: [Partial<EthernetLinkOptions>, string, RegExp][] = [
  [{ interface: 'nowhere' }, 'ENODEV', /no interface nowhere: see `ip link`/],
  [{ interface: 'lo' }, 'EINVAL', /lo is no Ethernet interface/],
  [{ namespace: 'usernet-nowhere' }, 'EINVAL', /no network namespace usernet-nowhere/],
  [{ interface: undefined, tap: { name: 'nope', existing: true } }, 'ENODEV', /ip tuntap add/],
  [{ interface: undefined, tap: { bridge: 'br9' } }, 'ENODEV', /ip link add br9 type bridge/],
  [{ interface: undefined, tap: 'eth0' }, 'EINVAL', /no tap device/],
];

kernelTest('what cannot be opened says why, and holds nothing', NEEDS, async (t) => {
  const { segment, options } = place;
  const before = readdirSync('/proc/self/fd').length;
  for (const [mistake, code, message] of MISTAKES) {
    const open = () => new Stack({ links: [createEthernetLink({ ...options, ...mistake })] });
    t.throws(open, { code, message }, JSON.stringify(mistake));
  }
  segment.station.ip('link', 'set', segment.device, 'down');
  t.teardown(() => segment.station.ip('link', 'set', segment.device, 'up'));
  const open = () => new Stack({ links: [createEthernetLink(options)] });
  t.throws(open, { code: 'ENETDOWN', message: /eth0 is down: `sudo ip link set eth0 up`/ });
  t.equal(readdirSync('/proc/self/fd').length, before);
});

kernelTest('the interface is deleted in mid-transfer: ENETDOWN, not a hang', NEEDS, async (t) => {
  const { segment, peer, options } = place;
  const { net, stack } = makeStack(t, options);
  const failures: string[] = [];
  stack.on('linkFailed', (_name, error) => failures.push(error.message));
  const port = await peer.flood(segment.kernelAddress);
  const socket = net.connect(port, segment.kernelAddress).resume();
  await within(BOUND_MS, 'data', once(socket, 'data'));
  segment.station.ip('link', 'del', segment.device);
  t.equal((await errorOf(socket)).code, 'ENETDOWN');
  t.match(failures, [/^interface eth0 is gone$/]);
  t.equal((await errorOf(net.connect(port, segment.kernelAddress))).code, 'ENODEV');
});

function nameOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/, '');
  } catch {
    return '';
  }
}

/** From the kernel's side, as it stands. */
function sendFrame(namespace: string, device: string, hex: string): void {
  const libc = loadLibc();
  const frame = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  withinNamespace(libc, namespace, () => {
    const netlink = new Netlink(libc);
    const to = Buffer.alloc(20);
    to.writeUInt16LE(AF_PACKET, 0);
    to.writeInt32LE(netlink.findDevice(device).index, 4);
    netlink.close();
    const fd = libc.socket(AF_PACKET, SOCK_RAW, 0);
    const [from, where] = [libc.addressOf(frame), libc.addressOf(to)];
    const sent = libc.sendto(fd, from, frame.length, 0, where, to.length);
    libc.close(fd);
    if (sent !== frame.length) throw new Error(`frame: errno ${libc.errno()}`);
  });
}

/** For what must not happen: time in which it would. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

checkRecorded();
