/** The filter of raw sockets, run by a machine of our own over packets for every port. */
import t from 'tap';
import type { Libc } from '../../lib/link/libc';
import {
  loadQuotedPort,
  loadTcpPort,
  MAX_WIDENINGS,
  MAX_WORDS,
  PortFilter,
} from '../../lib/link/port-filter';
import { SeededRandom } from '../../lib/support/random';
import { bpfMachine } from './bpf-machine';

/** The instructions that were attached last to each descriptor. */
class FakeKernel {
  readonly programs = new Map<number, (packet: Buffer) => number>();
  attachments = 0;
  #code: Buffer = Buffer.alloc(0);
  readonly libc = {
    addressOf: (code: Buffer) => {
      this.#code = code;
      return 4096;
    },
    setsockopt: (fd: number, _level: number, _name: number, head: Buffer) => {
      this.attachments++;
      const code = Buffer.from(this.#code.subarray(0, head.readUInt16LE(0) * 8));
      this.programs.set(fd, bpfMachine(code));
      return 0;
    },
  } as unknown as Libc;

  passes(fd: number, packet: Buffer): boolean {
    return this.programs.get(fd)!(packet) !== 0;
  }
}

function tcpPacket(port: number, headerBytes = 20): Buffer {
  const packet = Buffer.alloc(headerBytes + 20);
  packet[0] = 0x40 | (headerBytes / 4);
  packet.writeUInt16BE(port, headerBytes + 2);
  return packet;
}

function icmpError(port: number, protocol = 6, headerBytes = 20): Buffer {
  const packet = Buffer.alloc(20 + 8 + headerBytes + 8);
  packet[0] = 0x45;
  packet[28] = 0x40 | (headerBytes / 4);
  packet[28 + 9] = protocol;
  packet.writeUInt16BE(port, 28 + headerBytes);
  return packet;
}

const TCP = 3;
const ICMP = 4;

function setUp() {
  const kernel = new FakeKernel();
  const filter = new PortFilter(kernel.libc);
  filter.attach(TCP, loadTcpPort);
  filter.attach(ICMP, loadQuotedPort);
  return { kernel, filter };
}

function openPorts(kernel: FakeKernel): number[] {
  const packet = tcpPacket(0);
  const open: number[] = [];
  const run = kernel.programs.get(TCP)!;
  for (let port = 0; port < 65_536; port++) {
    packet.writeUInt16BE(port, 22);
    if (run(packet) !== 0) open.push(port);
  }
  return open;
}

t.test('without a port nothing gets through', async (t) => {
  const { kernel } = setUp();
  t.same(openPorts(kernel), []);
  t.notOk(kernel.passes(ICMP, icmpError(0)));
});

t.test('a few ports are told apart exactly, wherever they lie', async (t) => {
  const { kernel, filter } = setUp();
  const ports = [0, 1, 31, 32, 80, 4096, 4097, 32_767, 32_768, 65_534, 65_535];
  for (const port of ports) filter.add(port);
  t.same(openPorts(kernel), ports);
  for (const port of ports) {
    t.ok(kernel.passes(TCP, tcpPacket(port, 60)), 'behind IP options, too');
    t.ok(kernel.passes(ICMP, icmpError(port)));
    t.ok(kernel.passes(ICMP, icmpError(port, 6, 60)));
    t.notOk(kernel.passes(ICMP, icmpError(port, 17)), 'an error about UDP');
  }
  t.notOk(kernel.passes(ICMP, icmpError(81)));
  t.notOk(kernel.passes(TCP, tcpPacket(80).subarray(0, 23)), 'too short to have a port');
  t.notOk(kernel.passes(TCP, Buffer.alloc(0)));
  t.notOk(kernel.passes(ICMP, icmpError(80).subarray(0, 49)));
});

for (const count of [MAX_WORDS, MAX_WORDS + 1, 5000]) {
  t.test(`${count} words: every port of ours gets through`, async (t) => {
    const { kernel, filter } = setUp();
    const random = new SeededRandom(count);
    const words = new Set<number>();
    while (words.size < Math.min(count, 2048)) words.add(random.below(2048));
    const ports = new Set([...words].map((word) => word * 32 + random.below(32)));
    while (ports.size < count) ports.add(random.below(65_536));
    for (const port of ports) filter.add(port);
    t.ok(filter.isWide, 'so many at once open it for all');
    t.ok(kernel.attachments <= 2 * (MAX_WIDENINGS + 2));
    filter.narrow();
    const open = new Set(openPorts(kernel));
    t.ok([...ports].every((port) => open.has(port)));
    if (count <= MAX_WORDS) t.equal(open.size, count, 'and no other');
    else {
      const groups = new Set([...ports].map((port) => port >> 6));
      t.equal(open.size, 64 * groups.size, 'and its 63 neighbours');
    }
    t.ok([...Array(65_536).keys()].every((port) => filter.lets(port) === open.has(port)));
    for (const port of ports) filter.remove(port);
    t.equal(openPorts(kernel).length, open.size, 'a released port is still let through …');
    filter.narrow();
    t.same(openPorts(kernel), [], '… until the filter is narrowed');
  });
}

t.test('what changes nothing costs nothing', async (t) => {
  const { kernel, filter } = setUp();
  filter.add(80);
  const { attachments } = kernel;
  filter.add(80);
  filter.remove(80);
  filter.add(80);
  filter.narrow();
  t.equal(kernel.attachments, attachments);
  // Connections that come and go, each with a port of its own.
  const random = new SeededRandom(5);
  for (let i = 0; i < 20_000; i++) {
    const port = 32_768 + random.below(28_232);
    filter.add(port);
    filter.remove(port);
  }
  t.equal(kernel.attachments - attachments, 2 * (MAX_WIDENINGS + 1), 'then all are let through');
  t.ok(filter.isWide);
  filter.narrow();
  t.same(openPorts(kernel), [80]);
});

t.test('a socket that is gone is left alone', async (t) => {
  const { kernel, filter } = setUp();
  filter.detach(ICMP);
  const before = kernel.programs.get(ICMP);
  filter.add(80);
  t.equal(kernel.programs.get(ICMP), before);
  t.ok(kernel.passes(TCP, tcpPacket(80)));
});
