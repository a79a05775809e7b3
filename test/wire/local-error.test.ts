import t from 'tap';
import { ICMP_OK, ICMP_UNREACHABLE, IcmpMessage, readIcmp } from '../../lib/ip/icmp-message';
import { packetMemory } from '../../lib/support/memory';
import { sumBytes } from '../../lib/wire/checksum';
import { IP_OK, IpHeader } from '../../lib/wire/ip-header';
import { readIpv4, writeIpv4 } from '../../lib/wire/ipv4';
import { UNREACHABLE_BYTES, writeUnreachable } from '../../lib/wire/local-error';

const CAUSE = packetMemory.allocate(4096);
const ERROR = packetMemory.allocate(4096) + 1;

t.test('IPv4: the error reads back as host unreachable about that segment', async (t) => {
  for (const payload of [20, 40, 108, 109, 1480]) {
    const header = Object.assign(new IpHeader(), { source3: 0x0a000001, destination3: 0x0a000009 });
    const length = writeIpv4(CAUSE, header, payload) + payload;
    packetMemory.view.setUint32(CAUSE + 20, 0x9c400050);
    packetMemory.view.setInt32(CAUSE + 24, 0x7ffffff0);
    const bytes = writeUnreachable(ERROR, CAUSE, length);
    t.ok(bytes <= UNREACHABLE_BYTES);
    const read = new IpHeader();
    t.equal(readIpv4(ERROR, bytes, read), IP_OK);
    t.match(read, { source3: 0x0a000001, destination3: 0x0a000001, protocol: 1 });
    const message = new IcmpMessage();
    t.equal(readIcmp(read.payloadOffset, read.payloadLength, message), ICMP_OK);
    t.match(message, { type: ICMP_UNREACHABLE, code: 1, source3: 0x0a000001, protocol: 6 });
    t.match(message, { sourcePort: 40000, destinationPort: 80, seq: 0x7ffffff0 });
  }
});

t.test('IPv6: address unreachable, with a right checksum', async (t) => {
  const bytes = packetMemory.bytes;
  bytes.fill(0x11, CAUSE, CAUSE + 200);
  packetMemory.view.setInt32(CAUSE, 0x60000000);
  const length = writeUnreachable(ERROR, CAUSE, 200);
  t.equal(length, 40 + 8 + 128);
  const { view } = packetMemory;
  t.equal(view.getUint16(ERROR + 4), 136);
  t.equal(view.getUint8(ERROR + 6), 58);
  t.equal(view.getUint16(ERROR + 40), 0x0103);
  t.same(bytes.slice(ERROR + 48, ERROR + 176), bytes.slice(CAUSE, CAUSE + 128));
  const whole = sumBytes(ERROR + 8, 32) + sumBytes(ERROR + 40, 136) + 136 + 58;
  t.equal((whole & 0xffff) + (whole >>> 16), 0xffff);
});

t.test('nothing is said about what is no packet', async (t) => {
  packetMemory.bytes.fill(0, CAUSE, CAUSE + 64);
  for (const length of [0, 19, 64]) t.equal(writeUnreachable(ERROR, CAUSE, length), 0);
  packetMemory.view.setInt32(CAUSE, 0x60000000);
  t.equal(writeUnreachable(ERROR, CAUSE, 39), 0);
});
