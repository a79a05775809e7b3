/**
 * The TCP checksum of a packet that has none, or only its pseudo-header's sum.
 *
 * Inside the process nobody computes checksums, and inside a host its kernel leaves all but the
 * pseudo-header's sum to hardware (CHECKSUM_PARTIAL).
 */
import { packetMemory } from '../support/memory';
import { addressSum, pseudoHeaderSum } from './checksum';
import { IP_OK, IpHeader, PROTOCOL_TCP } from './ip-header';
import { readIpv4 } from './ipv4';
import { readIpv6 } from './ipv6';
import { TCP_HEADER_BYTES, writeTcpChecksum } from './tcp-header';

const CHECKSUM_AT = 16;

const header = new IpHeader();

/** Fills it in where the packet at `offset` lacks it; one that is there stays, right or wrong. */
export function completeChecksum(offset: number, length: number): void {
  const isIpv6 = packetMemory.view.getUint8(offset) >>> 4 === 6;
  const readIp = isIpv6 ? readIpv6 : readIpv4;
  if (readIp(offset, length, header) !== IP_OK) return;
  const { payloadOffset, payloadLength } = header;
  if (header.isFragment || header.protocol !== PROTOCOL_TCP) return;
  if (payloadLength < TCP_HEADER_BYTES) return;
  const { source0, source1, source2, source3 } = header;
  const { destination0, destination1, destination2, destination3 } = header;
  const addresses = addressSum(
    ...([source0, source1, source2, source3] as const),
    ...([destination0, destination1, destination2, destination3] as const),
  );
  const pseudoSum = pseudoHeaderSum(addresses, PROTOCOL_TCP, payloadLength);
  const found = packetMemory.view.getUint16(payloadOffset + CHECKSUM_AT);
  if (found !== 0 && found !== pseudoSum) return;
  packetMemory.view.setUint16(payloadOffset + CHECKSUM_AT, 0);
  writeTcpChecksum(payloadOffset, payloadLength, pseudoSum);
}
