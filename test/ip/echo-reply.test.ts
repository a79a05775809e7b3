import t from 'tap';
import { echoReplyBytes, writeEchoReply } from '../../lib/ip/echo-reply';
import { ICMP_ECHO_REPLY, ICMP_OK, IcmpMessage, readIcmp } from '../../lib/ip/icmp-message';
import { readIcmpv6 } from '../../lib/ip/icmpv6-message';
import { PACKET_ICMP, readInboundPacket } from '../../lib/ip/inbound-packet';
import { packetMemory } from '../../lib/support/memory';
import { IpHeader } from '../../lib/wire/ip-header';
import { writeIpv4 } from '../../lib/wire/ipv4';
import { writeIpv6 } from '../../lib/wire/ipv6';

const REQUEST = packetMemory.allocate(2048);
const REPLY = packetMemory.allocate(2048) + 1;

/** Writes a request with so many bytes of data, and reads its header. */
function placeRequest(data: number): IpHeader {
  const header = new IpHeader();
  Object.assign(header, { source3: 0x0a000001, destination3: 0x0a000002 });
  Object.assign(header, { protocol: 1, ttl: 3, trafficClass: 0xbb, identification: 9 });
  const length = writeIpv4(REQUEST, header, 8 + data) + 8 + data;
  packetMemory.bytes.fill(0x5a, REQUEST + 20, REQUEST + length);
  packetMemory.view.setUint32(REQUEST + 20, 0x08000000);
  const read = new IpHeader();
  t.equal(readInboundPacket(REQUEST, length, read), PACKET_ICMP);
  return read;
}

t.test('answers with the same identifier, number and data, turned round', async (t) => {
  for (const data of [0, 1, 56, 1472]) {
    const request = placeRequest(data);
    const length = writeEchoReply(REPLY, request);
    t.equal(length, 28 + data);
    t.equal(length, echoReplyBytes(request));

    const header = new IpHeader();
    t.equal(readInboundPacket(REPLY, length, header), PACKET_ICMP);
    t.match(header, { source3: 0x0a000002, destination3: 0x0a000001, ttl: 64 });
    t.equal(header.trafficClass, 0xb8, 'the ECN bits are not echoed');

    const message = new IcmpMessage();
    t.equal(readIcmp(header.payloadOffset, header.payloadLength, message), ICMP_OK);
    t.match(message, { type: ICMP_ECHO_REPLY, code: 0 });
    const bytes = packetMemory.bytes;
    t.same(
      bytes.slice(header.payloadOffset + 4, REPLY + length),
      bytes.slice(REQUEST + 24, REQUEST + 28 + data),
      `${data} bytes of data`,
    );
  }
});

t.test('answers ICMPv6 in the same way', async (t) => {
  const header = new IpHeader();
  Object.assign(header, { source0: 0x20010db8, source3: 2, destination0: 0x20010db8 });
  Object.assign(header, { destination3: 1, protocol: 58, trafficClass: 0xbb, ttl: 3 });
  for (const data of [0, 1, 56, 1432]) {
    const length = writeIpv6(REQUEST, header, 8 + data) + 8 + data;
    packetMemory.bytes.fill(0x5a, REQUEST + 40, REQUEST + length);
    packetMemory.view.setUint32(REQUEST + 40, 0x80000000);
    const request = new IpHeader();
    t.equal(readInboundPacket(REQUEST, length, request), PACKET_ICMP);
    t.equal(writeEchoReply(REPLY, request), length);
    t.equal(echoReplyBytes(request), length);

    const reply = new IpHeader();
    t.equal(readInboundPacket(REPLY, length, reply), PACKET_ICMP);
    t.match(reply, { source3: 1, destination3: 2, ttl: 64, trafficClass: 0xb8 });
    const message = new IcmpMessage();
    const sum = reply.addressSum();
    t.equal(readIcmpv6(reply.payloadOffset, reply.payloadLength, sum, message), ICMP_OK);
    t.match(message, { family: 6, type: 129, code: 0, isEchoRequest: false });
    const bytes = packetMemory.bytes;
    t.same(bytes.slice(REPLY + 44, REPLY + length), bytes.slice(REQUEST + 44, REQUEST + length));
  }
});
