/** What counts as a fault of a capture, and what does not. */
import { join } from 'node:path';
import t from 'tap';
import { CaptureFile } from '../../lib/link/capture-file';
import { packetMemory } from '../../lib/support/memory';
import { IpAddress } from '../../lib/wire/ip-address';
import { PCAP_INBOUND } from '../../lib/wire/pcapng';
import { ACK, RST, Segment } from '../../lib/wire/segment';
import { buildPacket } from './test-packet';
import { findFaults, readWithTshark, tsharkAvailable } from './tshark';

const source = IpAddress.parse('10.0.0.1')!;
const destination = IpAddress.parse('10.0.0.2')!;
const CHECKSUM = 36;

/** [packet, its comment, what is found, what is found where no checksum may be partial, name] */
const CASES: [Buffer, string, RegExp | null, RegExp | null, string][] = [
  [make({}), '', null, null, 'a good one'],
  [make({ badChecksum: true }), '', /checksum/i, /checksum/i, 'a bad checksum'],
  [partial(), '', null, /checksum/i, 'a partial checksum'],
  [make({ flags: RST }), '', /a reset/, /a reset/, 'a reset'],
  [make({ flags: RST }), 'it is known why', null, null, 'a reset with a reason'],
  [cut(), '', /malformed/i, /malformed/i, 'half a header'],
];

t.test(
  'faults that tshark finds',
  { skip: tsharkAvailable !== true && tsharkAvailable },
  async (t) => {
    const path = join(t.testdir(), 'a.pcapng');
    const file = new CaptureFile(path);
    const memory = packetMemory.allocate(2048);
    const id = file.addInterface('run');
    for (const [packet, comment] of CASES) {
      packetMemory.bytes.set(packet, memory);
      const mark = file.writePacket(id, 1n, memory, packet.length, PCAP_INBOUND);
      if (comment !== '') file.comment(mark, comment);
    }
    file.close();
    packetMemory.release(memory, 2048);
    const packets = readWithTshark(path);
    t.equal(packets.length, CASES.length);
    for (const [i, [, , lenient, strict, name]] of CASES.entries()) {
      for (const [mayBePartial, expected] of [
        [true, lenient],
        [false, strict],
      ] as const) {
        const faults = findFaults([packets[i]], mayBePartial).join('; ');
        if (expected === null) t.equal(faults, '', name);
        else t.match(faults, expected, name);
      }
    }
  },
);

function make({ badChecksum = false, flags = ACK }): Buffer {
  const segment = new Segment();
  segment.sourcePort = 40_000;
  segment.destinationPort = 53; // a port with a protocol of its own, which is not looked at
  segment.flags = flags;
  return buildPacket({ source, destination, segment, text: Buffer.from('text'), badChecksum });
}

function partial(): Buffer {
  const packet = make({});
  let sum = 6 + packet.length - 20;
  for (let at = 12; at < 20; at += 2) sum += packet.readUInt16BE(at);
  packet.writeUInt16BE((sum & 0xffff) + (sum >>> 16), CHECKSUM);
  return packet;
}

function cut(): Buffer {
  const packet = make({}).subarray(0, 30);
  packet.writeUInt16BE(packet.length, 2);
  return packet;
}
