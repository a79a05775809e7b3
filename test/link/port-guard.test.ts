/**
 * The kernel and a guarded port. What the kernel must not send is proved by what it then does: an
 * end that got neither RST nor answer repeats its SYN (after one second, RFC 6298 §2.1).
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import t, { type Test as Tap } from 'tap';
import { HostPorts } from '../../lib/link/host-ports';
import { loadLibc } from '../../lib/link/libc';
import { LinkCounters } from '../../lib/link/link-counters';
import { RawLink } from '../../lib/link/raw-link';
import { ACK, RST, SYN } from '../../lib/wire/segment';
import { kernelServer, readSegmentOf, sendSegment } from './kernel-peer';
import { address, LINK_CASES, openDescriptors, openEnds } from './link-cases';
import { needs } from './privileges';
import { RecordingHost, turns } from './recording-host';

const LOCAL = address('127.0.0.1');
const OTHER = address('127.0.0.2');
const ANY = address('0.0.0.0');
const HOST_CASES = LINK_CASES.filter((kind) => kind.holdsProcess);

/** Claims need no raw socket, and so no privilege; only Linux. */
const claimsWork = process.platform === 'linux' ? true : 'port guards are for Linux';

function openRaw(t: Tap): { link: RawLink; host: RecordingHost } {
  const link = new RawLink();
  const host = new RecordingHost();
  link.open(host);
  t.teardown(() => link.close());
  return { link, host };
}

t.test('an unguarded port is refused at once', needs(claimsWork), async (t) => {
  const ports = new HostPorts(loadLibc(), new LinkCounters(), new RecordingHost());
  const { port, release } = ports.claim(OTHER, 0);
  release();
  const [error] = await once(connect(port, '127.0.0.2'), 'error');
  t.equal(error.code, 'ECONNREFUSED', 'so that silence below is the work of the guard');
});

t.test('a guarded port is silent: no RST, no SYN-ACK', needs(RawLink.available()), async (t) => {
  const { link, host } = openRaw(t);
  const { port } = link.claimPort(OTHER, 0);
  const client = connect(port, '127.0.0.2');
  t.teardown(() => client.destroy());
  const heard: string[] = [];
  client.on('error', (error) => heard.push(error.message));
  client.on('connect', () => heard.push('connected'));
  await host.until('the kernel repeats its SYN', () => host.packets.length >= 2);
  const [first, second] = host.packets.map(readSegmentOf);
  t.equal(first.flags, SYN, 'the raw socket has its copy');
  t.equal(first.destinationPort, port);
  t.same(second, first);
  t.same(heard, []);
});

t.test('the kernel does not reset what answers our SYN', needs(RawLink.available()), async (t) => {
  const accepted: unknown[] = [];
  const { server, port } = await kernelServer('127.0.0.1', (socket) => accepted.push(socket));
  t.teardown(() => server.close());
  const { link, host } = openRaw(t);
  const claim = link.claimPort(OTHER, 0);
  sendSegment(link, [OTHER, claim.port], [LOCAL, port]);
  await host.until('the kernel repeats its SYN-ACK', () => host.packets.length >= 2);
  const [first, second] = host.packets.map(readSegmentOf);
  t.equal(first.flags, SYN | ACK);
  t.same(second, first, 'a reset would have ended that');
  t.same(accepted, []);
});

t.test('a claimed port is taken, for others and for us', needs(claimsWork), async (t) => {
  const ports = new HostPorts(loadLibc(), new LinkCounters(), new RecordingHost());
  const { port, release } = ports.claim(LOCAL, 0);
  t.ok(port > 0);
  t.throws(() => ports.claim(LOCAL, port), { code: 'EADDRINUSE' }, 'the same again');
  t.throws(() => ports.claim(ANY, port), { code: 'EADDRINUSE' }, 'on every address');
  const other = ports.claim(OTHER, port);
  t.equal(other.port, port, 'another address is another place');
  const taken = createServer().listen(port, '127.0.0.1');
  const [error] = await once(taken, 'error');
  t.equal(error.code, 'EADDRINUSE', 'the kernel knows');

  release();
  release();
  const again = ports.claim(LOCAL, port);
  t.equal(again.port, port, 'free the moment it is released');
  again.release();
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.throws(() => ports.claim(LOCAL, port), { code: 'EADDRINUSE' }, 'taken by the kernel');
  server.close();
  await once(server, 'close');
  ports.claim(LOCAL, port);
  ports.releaseAll();
});

t.test('a port with live connections of the kernel is not ours', needs(claimsWork), async (t) => {
  const ports = new HostPorts(loadLibc(), new LinkCounters(), new RecordingHost());
  const { server, port } = await kernelServer('127.0.0.1', () => {});
  const client = connect(port, '127.0.0.1');
  const [[served]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  // Nobody listens any longer, but a guard would let us reset what still goes on there.
  server.close();
  t.throws(() => ports.claim(LOCAL, port), { code: 'EADDRINUSE' }, 'as a server');
  t.throws(() => ports.claim(LOCAL, client.localPort!), { code: 'EADDRINUSE' }, 'as a client');
  served.destroy();
  client.destroy();
});

/** [address, port, code, name] */
const REFUSED: readonly (readonly [string, number, string, string])[] = [
  ['198.51.100.77', 0, 'EADDRNOTAVAIL', 'an address that is not of this host'],
  ['::1', 0, 'EAFNOSUPPORT', 'an IPv6 address'],
];

t.test('refuses by the right name, and keeps nothing', needs(claimsWork), async (t) => {
  const ports = new HostPorts(loadLibc(), new LinkCounters(), new RecordingHost());
  const before = openDescriptors();
  for (const [text, port, code, name] of REFUSED) {
    t.throws(() => ports.claim(address(text), port), { name: 'NetworkError', code }, name);
  }
  t.equal(openDescriptors(), before);
  ports.claim(LOCAL, 0);
  ports.claim(ANY, 0);
  ports.claim(address('::'), 0);
  ports.claim(address('::ffff:127.0.0.3'), 0);
  t.equal(openDescriptors(), before + 4, 'one descriptor a claim');
  ports.releaseAll();
  ports.releaseAll();
  t.equal(openDescriptors(), before);
});

for (const kind of HOST_CASES) {
  t.test(`${kind.name}: foreign packets are no batch`, needs(kind.available), async (t) => {
    const { near, nearHost, port } = openEnds(kind);
    t.teardown(() => near.close());
    const { counters } = near as RawLink;
    // Nobody answers a reset, so nothing comes that is for us.
    sendSegment(near, [OTHER, port], [LOCAL, port], RST);
    for (let i = 0; i < 1_000 && counters.droppedForeign === 0; i++) await turns(1);
    await turns();
    t.ok(counters.droppedForeign > 0);
    t.same(nearHost.batches, []);
  });
}

t.test(
  'the raw link hands on what is for claimed places',
  needs(RawLink.available()),
  async (t) => {
    const { link, host } = openRaw(t);
    const wide = link.claimPort(ANY, 0);
    const narrow = link.claimPort(OTHER, 0);
    const { counters } = link;
    sendSegment(link, [LOCAL, wide.port], [LOCAL, narrow.port]); // not the address of that claim
    sendSegment(link, [LOCAL, wide.port], [OTHER, narrow.port]);
    sendSegment(link, [LOCAL, wide.port], [LOCAL, wide.port]);
    sendSegment(link, [LOCAL, wide.port], [address('127.9.9.9'), wide.port]);
    // The kernel answers the first with RST, for nobody has that place; and that is for us.
    await host.until('four have arrived', () => host.packets.length >= 4);
    const ports = host.packets.map((packet) => readSegmentOf(packet).destinationPort).sort();
    t.same(ports, [narrow.port, wide.port, wide.port, wide.port].sort());
    t.ok(counters.droppedForeign >= 1, `${counters.droppedForeign} were for others`);

    host.packets.length = 0;
    narrow.release();
    sendSegment(link, [LOCAL, wide.port], [OTHER, narrow.port]);
    await host.until('the answer of the kernel arrives', () => host.packets.length >= 1);
    t.equal(readSegmentOf(host.packets[0]).destinationPort, wide.port);
    t.equal(
      readSegmentOf(host.packets[0]).sourcePort,
      narrow.port,
      'the port is the kernel’s again',
    );
  },
);
