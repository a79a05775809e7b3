import t from 'tap';
import { icmpErrorBytes, writeIcmpError } from '../../lib/ip/icmp-error-packet';
import { ICMP_OK, IcmpMessage, readIcmp } from '../../lib/ip/icmp-message';
import { readIcmpv6 } from '../../lib/ip/icmpv6-message';
import { PACKET_ICMP, readInboundPacket } from '../../lib/ip/inbound-packet';
import { packetMemory } from '../../lib/support/memory';
import { IpHeader } from '../../lib/wire/ip-header';
import { writeIpv4 } from '../../lib/wire/ipv4';
import { writeIpv6 } from '../../lib/wire/ipv6';

const AT = packetMemory.allocate(4096);
const OUT = packetMemory.allocate(4096) + 1;

t.test('goes back to where its cause came from, and quotes it', async (t) => {
  for (const family of [4, 6] as const) {
    const header = new IpHeader();
    Object.assign(header, { source3: 0x0a000002, destination3: 0x0a000001, trafficClass: 3 });
    if (family === 6) Object.assign(header, { source0: 0x20010db8, destination0: 0x20010db8 });
    const length = (family === 6 ? writeIpv6 : writeIpv4)(AT, header, 100) + 100;
    packetMemory.view.setUint32(AT + length - 100, 0x11112222);
    const cause = new IpHeader();
    readInboundPacket(AT, length, cause);
    const quote = packetMemory.bytes.slice(AT, AT + length);
    const error = { type: family === 6 ? 4 : 12, code: 1, second: 6, quote };
    const written = writeIcmpError(OUT, cause, error);
    t.equal(written, icmpErrorBytes(cause, error));

    const outer = new IpHeader();
    t.equal(readInboundPacket(OUT, written, outer), PACKET_ICMP);
    t.match(outer, { source3: 0x0a000001, destination3: 0x0a000002, trafficClass: 0, ttl: 64 });
    const message = new IcmpMessage();
    const { payloadOffset, payloadLength } = outer;
    const fault =
      family === 6
        ? readIcmpv6(payloadOffset, payloadLength, outer.addressSum(), message)
        : readIcmp(payloadOffset, payloadLength, message);
    t.equal(fault, ICMP_OK, `IPv${family}`);
    t.match(message, { type: error.type, code: 1, sourcePort: 0x1111, destinationPort: 0x2222 });
    t.equal(packetMemory.view.getInt32(payloadOffset + 4), 6);
  }
});
