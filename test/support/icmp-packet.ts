/**
 * ICMP errors for IPv4 (RFC 792) as whole packets, with the head of the packet that they are about.
 */
import type { IpAddress } from '../../lib/wire/ip-address';

const IP_HEADER_BYTES = 20;
const ICMP_HEADER_BYTES = 8;
/** What every error quotes behind the IP header. */
const LEAST_QUOTED_BYTES = 8;

export interface IcmpErrorParts {
  /** The router, or host, that reports. */
  source: IpAddress;
  /** To whom; unless given, to where `cause` came from. */
  destination?: IpAddress;
  type: number;
  code?: number;
  /** Next-hop MTU of "fragmentation needed". */
  mtu?: number;
  /** The packet that the error is about, of which the head is quoted. */
  cause: Uint8Array;
}

export function buildIcmpError(parts: IcmpErrorParts): Buffer {
  const { source, type, code = 0, mtu = 0, cause } = parts;
  const quotedBytes = Math.min(cause.length, (cause[0] & 0x0f) * 4 + LEAST_QUOTED_BYTES);
  const message = Buffer.alloc(ICMP_HEADER_BYTES + quotedBytes);
  message.writeUInt8(type, 0);
  message.writeUInt8(code, 1);
  message.writeUInt16BE(mtu, 6);
  message.set(cause.subarray(0, quotedBytes), ICMP_HEADER_BYTES);
  message.writeUInt16BE(checksumOf(message), 2);
  const destination = parts.destination?.w3 ?? Buffer.from(cause).readInt32BE(12);
  return buildIpv4(source.w3, destination, 1, message);
}

/** @param source, destination as words of an IpAddress */
export function buildIpv4(
  source: number,
  destination: number,
  protocol: number,
  payload: Uint8Array,
): Buffer {
  const packet = Buffer.alloc(IP_HEADER_BYTES + payload.length);
  packet.writeUInt8(0x45, 0);
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt16BE(1, 4);
  packet.writeUInt8(64, 8);
  packet.writeUInt8(protocol, 9);
  packet.writeInt32BE(source, 12);
  packet.writeInt32BE(destination, 16);
  packet.writeUInt16BE(checksumOf(packet.subarray(0, IP_HEADER_BYTES)), 10);
  packet.set(payload, IP_HEADER_BYTES);
  return packet;
}

export interface Icmpv6ErrorParts extends IcmpErrorParts {
  /** The second word of the header: an MTU, a pointer; `mtu` unless given. */
  second?: number;
}

/** The same in ICMPv6 (RFC 4443), with as much of the cause as fits into 1,280 bytes. */
export function buildIcmpv6Error(parts: Icmpv6ErrorParts): Buffer {
  const { source, type, code = 0, mtu = 0, second = mtu, cause } = parts;
  const quoted = cause.subarray(0, 1280 - 48);
  const message = Buffer.alloc(ICMP_HEADER_BYTES + quoted.length);
  message.writeUInt8(type, 0);
  message.writeUInt8(code, 1);
  message.writeUInt32BE(second, 4);
  message.set(quoted, ICMP_HEADER_BYTES);
  const destination = parts.destination ? bytesOf(parts.destination) : cause.subarray(8, 24);
  return buildIpv6(bytesOf(source), destination, 58, message, 2);
}

/** @param checksumAt where in the payload the checksum goes; absent: nowhere */
export function buildIpv6(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  payload: Uint8Array,
  checksumAt?: number,
): Buffer {
  const packet = Buffer.alloc(40 + payload.length);
  packet.writeUInt8(0x60, 0);
  packet.writeUInt16BE(payload.length, 4);
  packet.writeUInt8(protocol, 6);
  packet.writeUInt8(64, 7);
  packet.set(source, 8);
  packet.set(destination, 24);
  packet.set(payload, 40);
  if (checksumAt !== undefined) {
    const pseudo = Buffer.alloc(40);
    pseudo.set(packet.subarray(8, 40));
    pseudo.writeUInt32BE(payload.length, 32);
    pseudo.writeUInt8(protocol, 39);
    packet.writeUInt16BE(checksumOf(Buffer.concat([pseudo, payload])), 40 + checksumAt);
  }
  return packet;
}

export function bytesOf({ w0, w1, w2, w3 }: IpAddress): Buffer {
  const bytes = Buffer.alloc(16);
  [w0, w1, w2, w3].forEach((word, i) => {
    bytes.writeInt32BE(word, 4 * i);
  });
  return bytes;
}

/** The Internet checksum (RFC 1071) of bytes whose checksum field is 0. */
function checksumOf(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += i % 2 === 0 ? bytes[i] << 8 : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
