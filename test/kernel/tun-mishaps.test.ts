/**
 * The TUN link in a world where things go wrong: devices down, deleted, in use, forbidden; and what
 * is left of it when it is closed.
 */
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createTunLink } from '../../lib/link/tun-link';
import type { TunLinkOptions } from '../../lib/link/tun-options';
import { createNet } from '../../lib/net/create-net';
import { Stack } from '../../lib/stack/stack';
import { compiled } from '../support/compiled';
import { findFaults, readWithTshark } from '../support/tshark';
import { BareNamespace } from './support/bare-namespace';
import { errorOf, stackOver } from './support/bare-stack';
import type { NetLike } from './support/conversation';
import { PeerProcess } from './support/peer-process';
import { Program } from './support/program';
import { checkRecorded } from './support/recorder';
import { findLack, kernelTest, type Need } from './support/requirements';
import { Rig } from './support/rig';
import { callPeer, crowd, servePeer, transfers } from './support/scenarios';
import { until, within } from './support/within';

const MIB = 1024 * 1024;
const NEEDS: Need[] = ['tun'];
const OURS = '10.77.0.2';
const THEIRS = '10.77.0.1';
const DEVICE = 'tun7';
const BOUND_MS = 20_000;
/** TIME-WAIT lasts twice this: what a busy machine delivers late is still answered. */
const MSL_MS = 100;
const PROGRAM = join(__dirname, 'support', 'tun-program.ts');

let space: BareNamespace;
let peer: PeerProcess;
t.before(async () => {
  if (NEEDS.some((need) => findLack(need) !== null)) return;
  space = new BareNamespace();
  peer = await PeerProcess.start('kernel', space.name);
});
t.teardown(async () => {
  await peer?.stop();
  space?.remove();
});

function optionsOf(more: Partial<TunLinkOptions> = {}): TunLinkOptions {
  return { addresses: `${OURS}/24`, name: DEVICE, namespace: space.name, ...more };
}

function makeRig(more: Partial<TunLinkOptions> = {}): Rig {
  const link = createTunLink(optionsOf(more));
  return new Rig(link, OURS, '', { tcp: { mslMs: MSL_MS } }, space.name);
}

/** Without a rig's expectations. */
function makeStack(t: Test, more: Partial<TunLinkOptions> = {}) {
  return stackOver(t, createTunLink(optionsOf(more)), MSL_MS);
}

kernelTest('1,000 connections at once, both ways', NEEDS, async (t) => {
  const [scenario] = crowd(1000, 4 * 1024);
  // No rig: in such a crowd segments are repeated, and some answers come when all is over.
  const { net, stack, link } = makeStack(t);
  await callPeer(t, net as NetLike, peer, THEIRS, scenario);
  await servePeer(t, net as NetLike, peer, OURS, scenario);
  await until(BOUND_MS, 'end of them all', () => stack.stats().connections === 0);
  t.match(stack.stats(), { failures: 0, abandoned: 0, tcpBadChecksum: 0, repliesLost: 0 });
  t.match(link.counters, { droppedRefused: 0, droppedDown: 0, droppedMalformed: 0 });
});

kernelTest('offloads of the device on and off', [...NEEDS, 'ethtool'], async (t) => {
  const both = transfers(8 * MIB)[2];
  for (const state of ['on', 'off']) {
    const rig = makeRig();
    const features = ['tx', 'tso', 'gso', 'gro', 'sg'].flatMap((one) => [one, state]);
    space.run('ethtool', '-K', DEVICE, ...features);
    await callPeer(t, rig.net, peer, THEIRS, both);
    const partial = rig.stack.stats().tcpPartialChecksum;
    if (state === 'on') t.ok(partial > 0, 'checksums were left to nobody');
    else t.equal(partial, 0, 'every checksum was there');
    await rig.finish(t);
  }
});

kernelTest('down and up again in mid-transfer: all arrives', NEEDS, async (t) => {
  for (const offload of [true, false]) {
    const { link, net } = makeStack(t, { offload, name: `tun${Number(offload)}` });
    const done = callPeer(t, net as NetLike, peer, THEIRS, transfers(16 * MIB)[2]);
    await until(BOUND_MS, 'middle', () => link.counters.receivedBytes > MIB);
    space.ip('link', 'set', link.name, 'down');
    await until(BOUND_MS, 'loss', () => link.counters.droppedDown > 0);
    space.ip('link', 'set', link.name, 'up');
    await done;
    t.ok(link.counters.droppedDown > 0, 'something was lost meanwhile');
    link.close();
  }
});

kernelTest('a namespace behind the host’s is deleted: an error, not a hang', NEEDS, async (t) => {
  const far = new BareNamespace();
  t.teardown(() => far.remove());
  space.ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1', 'netns', far.name);
  space.ip('address', 'add', '10.77.1.1/24', 'dev', 'v0');
  space.ip('link', 'set', 'v0', 'up');
  far.ip('address', 'add', '10.77.1.2/24', 'dev', 'v1');
  far.ip('link', 'set', 'v1', 'up');
  far.ip('route', 'add', 'default', 'via', '10.77.1.1');
  space.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  const guest = await PeerProcess.start('kernel', far.name);
  const { net } = makeStack(t);
  const port = await guest.flood('10.77.1.2');
  const socket = net.connect(port, '10.77.1.2').resume();
  await within(BOUND_MS, 'data', once(socket, 'data'));
  socket.setUserTimeout(1_500);
  const failure = errorOf(socket);
  space.ip('link', 'set', 'v0', 'down'); // or its kernel would still say goodbye
  await guest.kill();
  far.remove();
  socket.write('is anybody there?');
  t.match((await failure).code, /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/);
});

kernelTest('the device is deleted in mid-transfer: ENETDOWN, not a hang', NEEDS, async (t) => {
  // Addresses of its own: what the kernel goes on repeating must not reach the next device.
  const { net, stack } = makeStack(t, { addresses: '10.77.8.2/24' });
  const failures: string[] = [];
  stack.on('linkFailed', (name, error) => failures.push(`${name}: ${error.message}`));
  const port = await peer.flood('10.77.8.1');
  const socket = net.connect(port, '10.77.8.1').resume();
  await within(BOUND_MS, 'data', once(socket, 'data'));
  space.ip('link', 'del', DEVICE);
  t.equal((await errorOf(socket)).code, 'ENETDOWN');
  t.same(failures, ['tun7: device tun7 is gone']);
  t.equal((await errorOf(net.connect(port, '10.77.8.1'))).code, 'ENETUNREACH');
});

kernelTest('device, addresses, routes and descriptors are given back', NEEDS, async (t) => {
  const clean = [space.run('ip', 'address'), space.run('ip', 'route')];
  const before = descriptors();
  for (let i = 0; i < 30; i++) {
    const { stack } = makeStack(t, { routes: ['10.76.0.0/16', 'fd76::/64'], queues: (i % 3) + 1 });
    if (i === 0) {
      t.match(space.run('ip', 'route'), /10\.76\.0\.0\/16 dev tun7/);
      t.match(space.run('ip', '-6', 'route'), /fd76::\/64 dev tun7/);
      t.match(space.run('ip', 'address'), /10\.77\.0\.1\/24/);
    }
    stack.close();
  }
  t.same(descriptors(), before);
  t.same([space.run('ip', 'address'), space.run('ip', 'route')], clean);
});

kernelTest('a device that was there loses only what it got', NEEDS, async (t) => {
  space.ip('tuntap', 'add', 'dev', DEVICE, 'mode', 'tun');
  t.teardown(() => space.ip('link', 'del', DEVICE));
  space.ip('address', 'add', '10.77.3.1/24', 'dev', DEVICE);
  space.ip('link', 'set', DEVICE, 'mtu', '1400');
  const { link, stack } = makeStack(t, { existing: true, hostAddresses: `${THEIRS}/24` });
  t.equal(link.mtu, 1400);
  await callPeer(t, createNet(stack) as NetLike, peer, THEIRS, transfers(MIB)[0]);
  stack.close();
  const left = space.run('ip', 'address', 'show', DEVICE);
  t.match(left, /10\.77\.3\.1\/24/);
  t.notMatch(left, THEIRS);
});

kernelTest('a device that is to stay stays, and can be opened again', NEEDS, async (t) => {
  makeStack(t, { persist: true }).stack.close();
  t.teardown(() => space.ip('link', 'del', DEVICE));
  t.match(space.run('ip', 'address', 'show', DEVICE), /10\.77\.0\.1\/24/);
  const { net, stack } = makeStack(t, { existing: true });
  await callPeer(t, net as NetLike, peer, THEIRS, transfers(MIB)[0]);
  stack.close();
});

kernelTest('two stacks share a device, each with a queue', NEEDS, async (t) => {
  const one = makeStack(t, { shared: true });
  const other = makeStack(t, { shared: true, addresses: '10.77.0.3/24', hostAddresses: [] });
  const [transfer] = transfers(MIB);
  await callPeer(t, one.net as NetLike, peer, THEIRS, transfer);
  await callPeer(t, other.net as NetLike, peer, THEIRS, transfer);
  // The kernel answers on the queue that a flow last came from, and so each hears its own.
  t.match(one.stack.stats(), { failures: 0 });
  t.match(other.stack.stats(), { failures: 0 });
});

kernelTest('tshark finds no fault on the device', [...NEEDS, 'tshark'], async (t) => {
  const rig = makeRig();
  const file = join(t.testdir(), 'device.pcapng');
  const capture = ['-q', '-i', DEVICE, '-s', '0', '-w', file];
  const dumpcap = new Program('ip', ['netns', 'exec', space.name, 'dumpcap', ...capture]);
  t.teardown(() => dumpcap.kill());
  await dumpcap.announced(/File: /);
  await callPeer(t, rig.net, peer, THEIRS, transfers(MIB)[2]);
  await servePeer(t, rig.net, peer, OURS, transfers(MIB)[2]);
  await until(BOUND_MS, 'end of the last connection', () => rig.stack.stats().connections === 0);
  process.kill(dumpcap.pid, 'SIGINT');
  await dumpcap.finished();
  await rig.finish(t);
  const packets = readWithTshark(file);
  t.ok(packets.length > 50, `${packets.length} packets`);
  t.same(findFaults(packets), [], 'but checksums that are left to whoever sends them on');
});

/** [options, code, what the message says] */
const MISTAKES: [Partial<TunLinkOptions>, string, RegExp][] = [
  [{ existing: true, name: 'nope' }, 'ENODEV', /there is no device nope: `sudo ip tuntap add/],
  [{ name: 'lo' }, 'EINVAL', /device lo.*no tun device/],
  [{ namespace: 'usernet-nowhere' }, 'EINVAL', /no network namespace usernet-nowhere/],
  [{ addresses: '127.0.0.9/8' }, 'EADDRINUSE', /127\.0\.0\.9 is the host's own/],
  [{ addresses: '10.77.9.2/24', hostAddresses: '10.77.9.2/24' }, 'EADDRINUSE', /the host's own/],
  [{ name: 'busy0', addresses: '10.77.9.2/24' }, 'EBUSY', /another process has it open/],
];

kernelTest('what cannot be opened says why, and holds nothing', NEEDS, async (t) => {
  makeStack(t, { name: 'busy0' });
  const before = descriptors();
  const devices = space.run('ip', 'link');
  for (const [mistake, code, message] of MISTAKES) {
    const open = () => new Stack({ links: [createTunLink(optionsOf(mistake))] });
    t.throws(open, { code, message }, JSON.stringify(mistake));
  }
  t.same(descriptors(), before);
  t.equal(space.run('ip', 'link'), devices);
});

/**
 * As an ordinary user would be, without any capability but the one that root needs to have itself
 * mapped into a user namespace.
 */
const UNPRIVILEGED = ['setpriv', '--bounding-set=-all,+setfcap', '--inh-caps=-all'];

/** Runs the program with `command` before it. @returns what it prints */
async function runProgram(
  t: Test,
  command: string[],
  environment: Record<string, string>,
  ...args: string[]
): Promise<string> {
  const node = [process.execPath, compiled(PROGRAM), ...args];
  const [name, ...rest] = [...command, ...node];
  const program = new Program(name, rest, environment);
  t.teardown(() => program.kill());
  const { output, errors } = await program.finished();
  return `${output}${errors}`;
}

kernelTest(
  'without a privilege it says what to do; with a device of one’s own it works',
  NEEDS,
  async (t) => {
    const command = ['ip', 'netns', 'exec', space.name, ...UNPRIVILEGED];
    const environment = { USERNET_LINK: 'tun', USERNET_TUN_ADDRESS: `${OURS}/24` };
    const refusal = await runProgram(t, command, environment, '127.0.0.1', 'end');
    t.match(
      refusal,
      /^EPERM: .*CAP_NET_ADMIN.*setcap.*unshare -Urn.*sudo ip tuntap add dev tun0 mode tun/,
    );
    space.ip('tuntap', 'add', 'dev', DEVICE, 'mode', 'tun', 'user', 'root');
    t.teardown(() => space.ip('link', 'del', DEVICE));
    const own = { ...environment, USERNET_TUN_EXISTING: '1', USERNET_TUN_NAME: DEVICE };
    const down = await runProgram(t, command, own, '127.0.0.1', 'end');
    t.match(down, /^EPERM: .*`sudo ip link set tun7 up` does it for you/);
    space.ip('address', 'add', `${THEIRS}/24`, 'dev', DEVICE);
    space.ip('link', 'set', DEVICE, 'up');
    const heard = await runProgram(t, command, own, THEIRS, 'end');
    t.equal(heard, 'heard 1000000 of 1000000 bytes\n');
  },
);

kernelTest(
  'in a user namespace of one’s own TUN and raw work without a privilege',
  NEEDS,
  async (t) => {
    const shell = 'ip link set lo up && exec "$@"';
    const command = [...UNPRIVILEGED, 'unshare', '-Urn', 'sh', '-c', shell, 'sh'];
    const tun = { USERNET_LINK: 'tun', USERNET_TUN_ADDRESS: `${OURS}/24` };
    const heard = 'heard 1000000 of 1000000 bytes\n';
    t.equal(await runProgram(t, command, tun, THEIRS, 'end'), heard);
    t.equal(await runProgram(t, command, { USERNET_LINK: 'raw' }, '127.0.0.1', 'end'), heard);
  },
);

kernelTest('a program that knows nothing of it serves on TUN', [...NEEDS, 'curl'], async (t) => {
  const register = join(__dirname, '..', '..', 'lib', 'register.ts');
  const serve = `
    const server = require('http').createServer((request, response) => {
      response.end('hello from ' + request.socket.localAddress);
      server.close();
    });
    server.listen(8000, () => console.log('ready'));
  `;
  const node = [process.execPath, '-r', compiled(register), '-e', serve];
  const program = new Program('ip', ['netns', 'exec', space.name, ...node], {
    USERNET_LINK: 'tun',
    USERNET_TUN_ADDRESS: `${OURS}/24, fd77::2/64`,
    USERNET_TUN_NAME: DEVICE,
  });
  t.teardown(() => program.kill());
  await program.announced(/ready/);
  t.equal(space.run('curl', '-sS', `http://${OURS}:8000/`), 'hello from ::ffff:10.77.0.2');
  t.equal((await program.finished()).status, 0);
});

kernelTest('the kernel hears of the end of the process', NEEDS, async (t) => {
  const command = ['ip', 'netns', 'exec', space.name];
  const environment = { USERNET_LINK: 'tun', USERNET_TUN_ADDRESS: `${OURS}/24` };
  const output = await runProgram(t, command, environment, THEIRS, 'exit');
  t.match(output, /the kernel heard read ECONNRESET/);
  t.notMatch(space.run('ip', 'link'), 'usernet');
});

function descriptors(): string[] {
  return readdirSync('/proc/self/fd').map(nameOf).sort();
}

function nameOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/, '');
  } catch {
    return '';
  }
}

checkRecorded();
