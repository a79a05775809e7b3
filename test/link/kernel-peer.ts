/** Segments written by hand and the kernel's own TCP as the other end, for tests of port guards. */
import { createServer, type Server, type Socket } from 'node:net';
import { packetMemory } from '../../lib/support/memory';
import { addressSum, finishSum, pseudoHeaderSum, sumBytes } from '../../lib/wire/checksum';
import type { IpAddress } from '../../lib/wire/ip-address';
import { ACK, RST, SYN } from '../../lib/wire/segment';
import type { Link } from '../../types/link';

export interface SegmentSeen {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly flags: number;
  readonly seq: number;
}

export function readSegmentOf(packet: Buffer): SegmentSeen {
  const tcp = packet.subarray((packet[0] & 0x0f) * 4);
  return {
    sourcePort: tcp.readUInt16BE(0),
    destinationPort: tcp.readUInt16BE(2),
    seq: tcp.readUInt32BE(4),
    flags: tcp[13] & (SYN | ACK | RST),
  };
}

type Place = readonly [IpAddress, number];

/** Sends a segment without text and options through the link; a SYN unless told. */
export function sendSegment(link: Link, from: Place, to: Place, flags = SYN): void {
  const offset = link.reserve(40);
  const { view } = packetMemory;
  view.setUint32(offset, 0x45000028);
  view.setUint32(offset + 4, 0x00010000);
  view.setUint32(offset + 8, 0x40060000);
  view.setInt32(offset + 12, from[0].w3);
  view.setInt32(offset + 16, to[0].w3);
  view.setUint16(offset + 20, from[1]);
  view.setUint16(offset + 22, to[1]);
  view.setUint32(offset + 24, 1_000);
  view.setUint32(offset + 28, 0);
  view.setUint16(offset + 32, 0x5000 | flags);
  view.setUint16(offset + 34, 65_535);
  view.setUint32(offset + 36, 0);
  const addresses = addressSum(0, 0, 0xffff, from[0].w3, 0, 0, 0xffff, to[0].w3);
  const sum = pseudoHeaderSum(addresses, 6, 20) + sumBytes(offset + 20, 20);
  view.setUint16(offset + 36, finishSum((sum & 0xffff) + (sum >>> 16)));
  link.commit(40);
  link.flush();
}

/** A kernel server on a free port of the address. */
export async function kernelServer(
  address: string,
  onConnection: (socket: Socket) => void,
): Promise<{ server: Server; port: number }> {
  const server = createServer(onConnection);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return { server, port: bound.port };
}
