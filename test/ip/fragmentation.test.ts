import t from 'tap';
import { fragmentPayloadBytes, writeFragment } from '../../lib/ip/fragmentation';
import { PACKET_FRAGMENT, PACKET_TCP, readInboundPacket } from '../../lib/ip/inbound-packet';
import { FRAGMENT_COMPLETES, Reassembly } from '../../lib/ip/reassembly';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { IpHeader } from '../../lib/wire/ip-header';
import { writeIpv4 } from '../../lib/wire/ipv4';
import { writeIpv6 } from '../../lib/wire/ipv6';

const AT = packetMemory.allocate(70_000);
const OUT = packetMemory.allocate(70_000);
const LIMITS = { bytes: 1e6, packets: 16, packetsPerSource: 8 };

t.test('fragments fit the path, fill it, and make the same packet again', async (t) => {
  const random = new SeededRandom(791);
  for (let round = 0; round < 300; round++) {
    const family = random.chance(0.5) ? 4 : 6;
    const mtu = family === 6 ? 1280 + random.below(500) : 68 + random.below(1500);
    const length = mtu + random.below(8000);
    const header = new IpHeader();
    Object.assign(header, { source3: 2, destination3: 1, ttl: 9 });
    if (family === 6) Object.assign(header, { source0: 0x20010db8, destination0: 0x20010db8 });
    const headerBytes = (family === 6 ? writeIpv6 : writeIpv4)(AT, header, length);
    random.fill(packetMemory.bytes.subarray(AT + headerBytes, AT + headerBytes + length));
    const original = packetMemory.bytes.slice(AT + headerBytes, AT + headerBytes + length);

    const whole = new IpHeader();
    readInboundPacket(AT, headerBytes + length, whole);
    whole.identification = 0x1234;
    const pieceBytes = fragmentPayloadBytes(family, mtu);
    const reassembly = new Reassembly<null>(LIMITS);
    let outcome = -1;
    for (let from = 0; from < length; from += pieceBytes) {
      const size = writeFragment(OUT, whole, from, pieceBytes);
      const isLast = from + pieceBytes >= length;
      if (size > mtu || (!isLast && size <= mtu - 8)) t.fail(`round ${round}: ${size} of ${mtu}`);
      const fragment = new IpHeader();
      if (readInboundPacket(OUT, size, fragment) !== PACKET_FRAGMENT) t.fail('not a fragment');
      if (fragment.identification !== 0x1234 || fragment.ttl !== 9) t.fail('another header');
      outcome = reassembly.receive(fragment, null, '', 0);
    }
    if (outcome !== FRAGMENT_COMPLETES) t.fail(`round ${round}: not whole (seed ${random.seed})`);
    reassembly.whole!.write(OUT);
    const again = new IpHeader();
    t.equal(readInboundPacket(OUT, reassembly.whole!.length, again), PACKET_TCP);
    const end = again.payloadOffset + again.payloadLength;
    if (Buffer.compare(packetMemory.bytes.subarray(again.payloadOffset, end), original) !== 0) {
      t.fail(`round ${round}: not the same`);
    }
  }
});
