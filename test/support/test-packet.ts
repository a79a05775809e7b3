/**
 * Whole packets for tests, outside packet memory: made from a segment, and read back into one.
 */
import { packetMemory } from '../../lib/support/memory';
import { addressSum, pseudoHeaderSum } from '../../lib/wire/checksum';
import type { IpAddress } from '../../lib/wire/ip-address';
import { IP_OK, IpHeader, PROTOCOL_TCP } from '../../lib/wire/ip-header';
import { IPV4_HEADER_BYTES, readIpv4, writeIpv4 } from '../../lib/wire/ipv4';
import type { Segment } from '../../lib/wire/segment';
import {
  CHECKSUM_FULL,
  readSegment,
  SEGMENT_OK,
  segmentHeaderBytes,
  TCP_HEADER_BYTES,
  verifyTcpChecksum,
  writeSegment,
  writeTcpChecksum,
} from '../../lib/wire/tcp-header';

export interface PacketParts {
  source: IpAddress;
  destination: IpAddress;
  /** Header fields and options; its text is `text`, wherever it says it lies. */
  segment: Segment;
  text?: Uint8Array;
  /** Bytes of options instead of the segment's own; padded with zeros (EOL) to whole words. */
  rawOptions?: Uint8Array;
  /** Flips a bit of the TCP checksum. */
  badChecksum?: boolean;
}

/** An IPv4 packet with every checksum right, unless asked otherwise. */
export function buildPacket(parts: PacketParts): Buffer {
  const text = parts.text ?? new Uint8Array(0);
  const options = paddedOptions(parts);
  const headerBytes = TCP_HEADER_BYTES + options.length;
  const bytes = Buffer.alloc(IPV4_HEADER_BYTES + headerBytes + text.length);
  return inPacketMemory(bytes, (offset) => {
    const tcp = offset + IPV4_HEADER_BYTES;
    writeIpv4(offset, ipHeader(parts), headerBytes + text.length);
    writeBareHeader(tcp, parts.segment);
    packetMemory.bytes.set(options, tcp + TCP_HEADER_BYTES);
    packetMemory.bytes[tcp + 12] = (headerBytes / 4) << 4;
    packetMemory.bytes.set(text, tcp + headerBytes);
    writeTcpChecksum(tcp, headerBytes + text.length, pseudoSum(parts, headerBytes + text.length));
    if (parts.badChecksum) packetMemory.bytes[tcp + 16] ^= 0x10;
    return Buffer.from(packetMemory.bytes.subarray(offset, offset + bytes.length));
  });
}

export interface ReadPacket {
  ip: IpHeader;
  segment: Segment;
  text: Buffer;
}

/**
 * Reads an IPv4 packet with TCP in it.
 * @throws Error where anything at all is wrong with it, checksums included: our stack sent it
 */
export function readPacket(packet: Uint8Array, segment: Segment): ReadPacket {
  return inPacketMemory(packet, (offset) => {
    const ip = new IpHeader();
    const fault = readIpv4(offset, packet.length, ip);
    if (fault !== IP_OK) throw new Error(`IP fault ${fault}`);
    if (ip.totalLength !== packet.length) throw new Error('total length is not the packet length');
    if (ip.protocol !== PROTOCOL_TCP) throw new Error(`IP protocol ${ip.protocol}`);
    const read = readSegment(ip.payloadOffset, ip.payloadLength, segment);
    if (read !== SEGMENT_OK) throw new Error(`TCP fault ${read}`);
    const addresses = wordsSum(ip);
    const sum = pseudoHeaderSum(addresses, PROTOCOL_TCP, ip.payloadLength);
    if (verifyTcpChecksum(ip.payloadOffset, ip.payloadLength, sum) !== CHECKSUM_FULL) {
      throw new Error('TCP checksum is wrong');
    }
    const start = segment.textOffset;
    const text = Buffer.from(packetMemory.bytes.subarray(start, start + segment.textLength));
    return { ip, segment, text };
  });
}

function inPacketMemory<T>(bytes: Uint8Array, use: (offset: number) => T): T {
  const offset = packetMemory.allocate(bytes.length);
  packetMemory.bytes.set(bytes, offset);
  try {
    return use(offset);
  } finally {
    packetMemory.release(offset, bytes.length);
  }
}

function paddedOptions(parts: PacketParts): Uint8Array {
  const { rawOptions, segment } = parts;
  if (rawOptions !== undefined) {
    const padded = new Uint8Array(Math.ceil(rawOptions.length / 4) * 4);
    padded.set(rawOptions);
    return padded;
  }
  const length = segmentHeaderBytes(segment);
  return inPacketMemory(new Uint8Array(length + segment.textLength), (offset) => {
    writeWithoutText(offset, segment);
    return packetMemory.bytes.slice(offset + TCP_HEADER_BYTES, offset + length);
  });
}

function writeBareHeader(offset: number, segment: Segment): void {
  const place = packetMemory.allocate(segmentHeaderBytes(segment));
  writeWithoutText(place, segment);
  packetMemory.bytes.copyWithin(offset, place, place + TCP_HEADER_BYTES);
  packetMemory.release(place, segmentHeaderBytes(segment));
}

function writeWithoutText(offset: number, segment: Segment): void {
  const { textLength } = segment;
  segment.textLength = 0;
  writeSegment(offset, segment);
  segment.textLength = textLength;
}

function ipHeader({ source, destination, segment }: PacketParts): IpHeader {
  const ip = new IpHeader();
  ip.source3 = source.w3;
  ip.destination3 = destination.w3;
  ip.dontFragment = true;
  ip.trafficClass = segment.trafficClass;
  return ip;
}

function pseudoSum({ source: s, destination: d }: PacketParts, length: number): number {
  const sum = addressSum(s.w0, s.w1, s.w2, s.w3, d.w0, d.w1, d.w2, d.w3);
  return pseudoHeaderSum(sum, PROTOCOL_TCP, length);
}

function wordsSum(ip: IpHeader): number {
  return addressSum(
    ip.source0,
    ip.source1,
    ip.source2,
    ip.source3,
    ip.destination0,
    ip.destination1,
    ip.destination2,
    ip.destination3,
  );
}
