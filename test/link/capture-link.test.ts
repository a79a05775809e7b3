/** The link that captures: does what the link inside does, and writes down what passes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CaptureFile } from '../../lib/link/capture-file';
import { CaptureLink, type CaptureLinkOptions } from '../../lib/link/capture-link';
import { LoopbackLink } from '../../lib/link/loopback-link';
import { PacketLink } from '../../lib/link/packet-link';
import { VirtualClock } from '../../lib/sim/virtual-clock';
import { packetMemory } from '../../lib/support/memory';
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_MAYBE_PARTIAL,
  type ChecksumNote,
} from '../../lib/wire/checksum-note';
import { Segment } from '../../lib/wire/segment';
import type { Link } from '../../types/link';
import { FakeLink } from '../stack/support/fake-link';
import { readPcapng } from '../support/pcapng-reader';
import { buildPacket } from '../support/test-packet';
import { address, offer } from './link-cases';
import { RecordingHost, turns } from './recording-host';

function capture(t: Test, link: Link, options: Partial<CaptureLinkOptions> = {}) {
  const file = new CaptureFile(join(t.testdir(), 'a.pcapng'));
  const clock = new VirtualClock(1500);
  const outer = new CaptureLink(link, { file, ...options });
  const host = Object.assign(new RecordingHost(), { clock });
  t.teardown(() => file.close());
  const read = () => {
    file.flush();
    return readPcapng(readFileSync(file.path)).packets;
  };
  return { outer, host, clock, file, read };
}

t.test('says of itself what the link says', async (t) => {
  for (const sharesHost of [true, false]) {
    const link = new FakeLink({ sharesHost, mtu: 1280 });
    const { outer, host } = capture(t, link);
    for (const key of ['name', 'mtu', 'maxSegmentBytes', 'needsChecksum', 'sharesHost'] as const) {
      t.equal(outer[key], link[key], key);
    }
    t.equal(outer.isLocal(link.address), true);
    t.same(outer.route(address('10.0.0.9')), link.route(address('10.0.0.9')));
    t.equal(outer.claimPort !== undefined, sharesHost, 'ports are claimed where the link does');
    if (sharesHost) t.equal(outer.claimPort!(link.address, 80).port, 80);
    outer.open(host);
    outer.unref();
    t.equal(link.referenced, false);
    outer.ref();
    t.equal(link.referenced, true);
    outer.flush();
    t.equal(link.flushes, 1);
    link.room = 0;
    t.equal(outer.reserve(100), -1);
    outer.close();
    t.equal(link.isOpen, false);
  }
});

t.test('both directions, in order and in time', async (t) => {
  const sent: Uint8Array[] = [];
  const link = new PacketLink({ addresses: '10.0.0.1', send: (packet) => sent.push(packet) });
  const { outer, host, clock, read } = capture(t, link, { name: 'tunnel' });
  outer.open(host);
  const out = Buffer.alloc(60, 1);
  offer(outer, out);
  outer.flush();
  clock.advanceTo(1500.25);
  link.receive(Buffer.alloc(40, 2));
  await turns();
  t.same(sent, [new Uint8Array(out)]);
  t.same(host.packets, [Buffer.alloc(40, 2)]);
  t.same(host.batches, [1]);
  const packets = read();
  t.same(
    packets.map((one) => [one.interface.name, one.direction, one.timeNs, one.bytes]),
    [
      ['tunnel', 'out', 1_500_000_000n, out],
      ['tunnel', 'in', 1_500_250_000n, Buffer.alloc(40, 2)],
    ],
  );
  outer.close();
  t.equal(packets[0].interface.received, undefined);
  t.equal(read()[0].interface.received, 1, 'what the link counted stands at the end');
});

t.test('the reason of a drop stands at its packet, before the answer to it', async (t) => {
  const link = new FakeLink();
  const { outer, host, read } = capture(t, link);
  let reason: string | null = 'refused with a reset: no such port';
  const explaining = Object.assign(host, {
    receiveExplained: (offset: number, length: number) => {
      host.receive(offset, length, 0);
      if (reason !== null) offer(outer, Buffer.alloc(41, 4));
      return reason;
    },
  });
  outer.open(explaining);
  const place = outer.reserve(100);
  link.host!.receive(place, 33, 0);
  reason = null;
  link.host!.receive(place, 34, 0);
  t.same(
    read().map(({ direction, length, comment }) => [direction, length, comment]),
    [
      ['in', 33, 'refused with a reset: no such port'],
      ['out', 41, undefined],
      ['in', 34, undefined],
    ],
  );
  outer.close();
});

t.test(
  'on a link inside the process each packet is shown once, its checksum filled in',
  async (t) => {
    const link = new LoopbackLink();
    const { outer, host, read } = capture(t, link, { inboundOnly: true });
    outer.open(host);
    // From 127.0.0.1:1 to 127.0.0.1:2.
    const packet = Buffer.from(
      '4500002b00000000400600007f0000017f000001' + '0001000200000000000000005010000000000000616263',
      'hex',
    );
    packet.writeUInt16BE(0x7ccb, 10);
    const noise = Buffer.alloc(30, 0x45);
    for (const one of [packet, noise]) offer(outer, one);
    outer.flush();
    await turns();
    const packets = read();
    t.same(
      packets.map(({ direction }) => direction),
      ['in', 'in'],
    );
    t.equal(host.packets[0].readUInt16BE(36), 0, 'the stack got what was sent');
    t.equal(packets[0].bytes.readUInt16BE(36), checksumOf(packet));
    t.same(packets[1].bytes, noise, 'what is no TCP stays as it is');
    outer.close();
  },
);

/** RFC 9293 §3.1, the slow way. */
function checksumOf(packet: Buffer): number {
  const segment = Buffer.from(packet.subarray(20));
  segment.writeUInt16BE(0, 16);
  const pseudo = Buffer.alloc(12);
  packet.copy(pseudo, 0, 12, 20);
  pseudo.writeUInt16BE(6, 8);
  pseudo.writeUInt16BE(segment.length, 10);
  const all = Buffer.concat([pseudo, segment, Buffer.alloc(segment.length % 2)]);
  let sum = 0;
  for (let at = 0; at < all.length; at += 2) sum += all.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

t.test('what a kernel left to hardware is shown complete, what is wrong stays wrong', async (t) => {
  const link = new FakeLink();
  const { outer, host, read } = capture(t, link);
  outer.open(host);
  const segment = Object.assign(new Segment(), { sourcePort: 1, destinationPort: 2, seq: 3 });
  const [source, destination] = [address('10.0.0.9'), link.address];
  const whole = buildPacket({ source, destination, segment, text: Buffer.from('text') });
  const partial = Buffer.from(whole);
  partial.writeUInt16BE(pseudoSumOf(whole), 36);
  const wrong = buildPacket({ source, destination, segment, badChecksum: true });
  const place = outer.reserve(100);
  const arrivals: [Buffer, ChecksumNote][] = [
    [partial, CHECKSUM_MAYBE_PARTIAL],
    [wrong, CHECKSUM_MAYBE_PARTIAL],
    [partial, CHECKSUM_COMPLETE],
  ];
  for (const [packet, note] of arrivals) {
    packetMemory.bytes.set(packet, place);
    link.host!.receive(place, packet.length, note);
  }
  t.same(
    read().map(({ bytes }) => bytes),
    [whole, wrong, partial],
  );
  outer.close();
});

function pseudoSumOf(packet: Buffer): number {
  const { length } = packet.subarray(20);
  let sum = 6 + length;
  for (let at = 12; at < 20; at += 2) sum += packet.readUInt16BE(at);
  return (sum & 0xffff) + (sum >>> 16);
}
