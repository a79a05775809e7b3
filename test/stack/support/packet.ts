/** Whole packets from one line of text, and back. */

import { FourTuple } from '../../../lib/stack/four-tuple';
import { packetMemory } from '../../../lib/support/memory';
import { pseudoHeaderSum } from '../../../lib/wire/checksum';
import { IpAddress } from '../../../lib/wire/ip-address';
import { IpHeader, PROTOCOL_TCP } from '../../../lib/wire/ip-header';
import { readIpv4, writeIpv4 } from '../../../lib/wire/ipv4';
import { readIpv6, writeIpv6 } from '../../../lib/wire/ipv6';
import { formatSegment, parseSegmentText } from '../../../lib/wire/packet-text';
import { Segment } from '../../../lib/wire/segment';
import {
  CHECKSUM_FULL,
  readSegment,
  verifyTcpChecksum,
  writeSegment,
  writeTcpChecksum,
} from '../../../lib/wire/tcp-header';

const PLACE_BYTES = 65_536;

/** From `10.0.0.2:1234` to `10.0.0.1:80`, or `[2001:db8::2]:1234` to …; the text of the segment is zeros. */
export function packet(from: string, to: string, text: string): Uint8Array {
  const [source, sourcePort] = endpointOf(from);
  const [destination, destinationPort] = endpointOf(to);
  const seg = new Segment();
  parseSegmentText(text, seg);
  seg.sourcePort = sourcePort;
  seg.destinationPort = destinationPort;
  return withPlace((place) => {
    const content = packetMemory.allocate(PLACE_BYTES);
    packetMemory.bytes.fill(0, content, content + seg.textLength);
    seg.textOffset = content;
    const isV6 = !source.isMapped;
    const headerBytes = isV6 ? 40 : 20;
    const length = writeSegment(place + headerBytes, seg);
    packetMemory.release(content, PLACE_BYTES);
    const header = new IpHeader();
    header.source0 = source.w0;
    header.source1 = source.w1;
    header.source2 = source.w2;
    header.source3 = source.w3;
    header.destination0 = destination.w0;
    header.destination1 = destination.w1;
    header.destination2 = destination.w2;
    header.destination3 = destination.w3;
    (isV6 ? writeIpv6 : writeIpv4)(place, header, length);
    const tuple = FourTuple.of(false, source, sourcePort, destination, destinationPort);
    const sum = pseudoHeaderSum(tuple.addressSum(), PROTOCOL_TCP, length);
    writeTcpChecksum(place + headerBytes, length, sum);
    return packetMemory.bytes.slice(place, place + headerBytes + length);
  });
}

export interface PacketText {
  from: string;
  to: string;
  text: string;
  /** Are both checksums right? */
  sound: boolean;
}

export function describePacket(bytes: Uint8Array): PacketText {
  return withPlace((place) => {
    packetMemory.bytes.set(bytes, place);
    const header = new IpHeader();
    const isV6 = bytes[0] >> 4 === 6;
    const ipFault = (isV6 ? readIpv6 : readIpv4)(place, bytes.length, header);
    const seg = new Segment();
    const fault = readSegment(header.payloadOffset, header.payloadLength, seg);
    const { source0, source1, source2, source3 } = header;
    const { destination0, destination1, destination2, destination3 } = header;
    const source = IpAddress.fromWords(source0, source1, source2, source3);
    const destination = IpAddress.fromWords(destination0, destination1, destination2, destination3);
    const tuple = FourTuple.of(false, source, 0, destination, 0);
    const sum = pseudoHeaderSum(tuple.addressSum(), PROTOCOL_TCP, header.payloadLength);
    const verdict = verifyTcpChecksum(header.payloadOffset, header.payloadLength, sum);
    return {
      from: endpointText(source, seg.sourcePort),
      to: endpointText(destination, seg.destinationPort),
      text: formatSegment(seg),
      sound: ipFault === 0 && fault === 0 && verdict === CHECKSUM_FULL,
    };
  });
}

export function endpointText({ text, isMapped }: IpAddress, port: number): string {
  return isMapped ? `${text}:${port}` : `[${text}]:${port}`;
}

function endpointOf(text: string): [IpAddress, number] {
  const colon = text.lastIndexOf(':');
  const address = text.slice(0, colon).replace(/[[\]]/g, '');
  return [IpAddress.parse(address)!, Number(text.slice(colon + 1))];
}

function withPlace<Result>(fn: (place: number) => Result): Result {
  const place = packetMemory.allocate(PLACE_BYTES);
  try {
    return fn(place);
  } finally {
    packetMemory.release(place, PLACE_BYTES);
  }
}
