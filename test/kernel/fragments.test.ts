/**
 * Fragments and the kernel, over a TUN device in a namespace: long echo requests in both families,
 * and TCP that a router in between cuts to pieces.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import { EAGAIN } from '../../lib/link/errno';
import * as sys from '../../lib/link/libc';
import { withinNamespace } from '../../lib/link/network-namespace';
import { SOCKADDR_IN6_BYTES, writeSocketAddress } from '../../lib/link/socket-address';
import { createTunLink } from '../../lib/link/tun-link';
import { createNet } from '../../lib/net/create-net';
import { Stack, type StackStats } from '../../lib/stack/stack';
import { IpAddress } from '../../lib/wire/ip-address';
import type { StackOptions } from '../../types/stack';
import { BareNamespace } from './support/bare-namespace';
import type { NetLike } from './support/conversation';
import { ip } from './support/namespace';
import { PeerProcess } from './support/peer-process';
import { kernelTest } from './support/requirements';
import { callPeer, servePeer, transfers } from './support/scenarios';
import { until } from './support/within';

const MIB = 1024 * 1024;
const ADDRESSES = ['10.77.0.2/24', 'fd77::2/64'];
const [UP, DOWN] = transfers(2 * MIB);

/** A stack on a TUN device of a namespace; all of it is taken down again. */
async function onTun(
  t: Test,
  body: (space: BareNamespace, stack: Stack) => Promise<void>,
  options: StackOptions = {},
): Promise<void> {
  const space = new BareNamespace();
  t.teardown(space.remove);
  const link = createTunLink({ name: 'tun0', addresses: ADDRESSES, namespace: space.name });
  const stack = new Stack({ ...options, links: [link] });
  t.teardown(() => stack.close());
  await body(space, stack);
}

/** The kernel's echo request with so much data; what comes back, without headers. */
async function ping(space: BareNamespace, to: string, data: Buffer): Promise<Buffer> {
  const libc = sys.loadLibc();
  const address = IpAddress.parse(to)!;
  const isV6 = !address.isMapped;
  const [family, protocol] = isV6
    ? [sys.AF_INET6, sys.IPPROTO_ICMPV6]
    : [sys.AF_INET, sys.IPPROTO_ICMP];
  const type = sys.SOCK_RAW | sys.SOCK_NONBLOCK | sys.SOCK_CLOEXEC;
  const fd = withinNamespace(libc, space.name, () => libc.socket(family, type, protocol));
  const message = Buffer.concat([Buffer.from([isV6 ? 128 : 8, 0, 0, 0, 1, 2, 3, 4]), data]);
  if (!isV6) message.writeUInt16BE(checksumOf(message), 2);
  const name = Buffer.alloc(SOCKADDR_IN6_BYTES);
  const nameBytes = writeSocketAddress(name, address, 0);
  const [from, target] = [libc.addressOf(message), libc.addressOf(name)];
  libc.sendto(fd, from, message.length, 0, target, nameBytes);
  const buffer = Buffer.alloc(65_536);
  const headerBytes = isV6 ? 0 : 20;
  let reply: Buffer | null = null;
  try {
    await until(5000, 'reply', () => {
      const length = libc.recv(fd, libc.addressOf(buffer), buffer.length, 0);
      if (length < 0 && libc.errno() !== EAGAIN) throw new Error(`errno ${libc.errno()}`);
      if (length < 0 || buffer[headerBytes] !== (isV6 ? 129 : 0)) return false;
      reply = buffer.subarray(headerBytes + 8, length);
      return true;
    });
  } finally {
    libc.close(fd);
  }
  return reply!;
}

function checksumOf(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The kernel's counters of a namespace, by name. */
function countersOf(space: BareNamespace): Record<string, number> {
  const result: Record<string, number> = {};
  const lines = space.run('cat', '/proc/net/snmp').split('\n');
  const [names, values] = lines.filter((line) => line.startsWith('Ip:'));
  const numbers = values.split(' ');
  for (const [i, name] of names.split(' ').entries()) result[`Ip${name}`] = Number(numbers[i]);
  for (const line of space.run('cat', '/proc/net/snmp6').split('\n')) {
    const [name, value] = line.split(/\s+/);
    result[name] = Number(value);
  }
  return result;
}

kernelTest('the kernel’s long echo requests come back whole', ['tun'], (t) =>
  onTun(t, async (space, stack) => {
    for (const [to, family, counter] of [
      ['10.77.0.2', 'ip', 'Ip'],
      ['fd77::2', 'ip6', 'Ip6'],
    ] as const) {
      for (const bytes of [56, 3000, 20_000, 60_000]) {
        const data = randomBytes(bytes);
        t.same(await ping(space, to, data), data, `${to}: ${bytes} bytes`);
      }
      const ours = stack.stats();
      const theirs = countersOf(space);
      const count = (name: string): number => ours[`${family}${name}` as keyof StackStats];
      t.equal(count('ReasmOKs'), 3);
      t.equal(count('ReasmFails'), 0);
      t.equal(count('ReasmReqds'), theirs[`${counter}FragCreates`], 'every piece arrived');
      t.equal(theirs[`${counter}ReasmOKs`], 3, 'and the kernel made wholes of ours');
      t.equal(count('FragCreates'), theirs[`${counter}ReasmReqds`]);
    }
    t.equal(stack.stats().fragmentBytes, 0);
  }),
);

/** A far host behind the namespace, which is its router: and no path MTU discovery there. */
async function withFarHost(
  t: Test,
  space: BareNamespace,
  body: (peer: PeerProcess, farAddress: string) => Promise<void>,
): Promise<void> {
  const far = new BareNamespace();
  t.teardown(far.remove);
  ip(
    '-n',
    space.name,
    'link',
    'add',
    'near',
    'type',
    'veth',
    'peer',
    'name',
    'far0',
    'netns',
    far.name,
  );
  space.ip('address', 'add', '10.78.0.1/24', 'dev', 'near');
  space.ip('link', 'set', 'near', 'up');
  far.ip('address', 'add', '10.78.0.2/24', 'dev', 'far0');
  far.ip('link', 'set', 'far0', 'up');
  far.ip('route', 'add', 'default', 'via', '10.78.0.1');
  space.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  far.run('sysctl', '-qw', 'net.ipv4.ip_no_pmtu_disc=1');
  // Segments as they will be on the wire, or the router would have nothing to cut.
  try {
    execFileSync('ip', [
      'netns',
      'exec',
      far.name,
      'ethtool',
      '-K',
      'far0',
      'tso',
      'off',
      'gso',
      'off',
    ]);
  } catch {
    // Without ethtool the router cuts super-segments all the same.
  }
  const peer = await PeerProcess.start('kernel', far.name);
  t.teardown(() => peer.stop());
  await body(peer, '10.78.0.2');
}

kernelTest('a router cuts the kernel’s segments to pieces: none is lost', ['tun'], (t) =>
  onTun(t, async (space, stack) => {
    // The device is narrower than the stack thinks, so the peer is told an MSS that does not fit.
    space.ip('link', 'set', 'tun0', 'mtu', '576');
    await withFarHost(t, space, async (peer) => {
      const net = createNet(stack) as unknown as NetLike;
      await servePeer(t, net, peer, '10.77.0.2', UP);
    });
    const { ipReasmOKs, ipReasmFails, fragmentBytes, tcpBadChecksum } = stack.stats();
    t.ok(ipReasmOKs > 1000, `${ipReasmOKs} segments were put together`);
    t.same([ipReasmFails, fragmentBytes, tcpBadChecksum], [0, 0, 0]);
    t.equal(countersOf(space).IpFragOKs, ipReasmOKs, 'as many as the router has cut');
  }),
);

kernelTest('a router cuts our segments where path MTU discovery is given up', ['tun'], (t) =>
  onTun(
    t,
    async (space, stack) => {
      await withFarHost(t, space, async (peer, farAddress) => {
        space.ip('link', 'set', 'near', 'mtu', '576');
        const net = createNet(stack) as unknown as NetLike;
        await callPeer(t, net, peer, farAddress, UP);
      });
      t.equal(stack.stats().pathMtuReductions, 0, 'nobody told us, for nobody had to');
      t.ok(countersOf(space).IpFragOKs > 1000);
    },
    { tcp: { pathMtuDiscovery: false } },
  ),
);

kernelTest('where it is not, nobody cuts anything', ['tun'], (t) =>
  onTun(t, async (space, stack) => {
    await withFarHost(t, space, async (peer, farAddress) => {
      space.ip('link', 'set', 'near', 'mtu', '576');
      const net = createNet(stack) as unknown as NetLike;
      await callPeer(t, net, peer, farAddress, UP);
      await callPeer(t, net, peer, farAddress, DOWN);
    });
    t.equal(stack.stats().pathMtuReductions, 1);
    t.equal(countersOf(space).IpFragOKs, 0);
  }),
);
