/** Explicit congestion notification by the network: the CE codepoint (RFC 3168 §5). */
import { packetMemory } from '../../support/memory';
import type { Parcel } from './parcel';

const ECN_BITS = 0x03;
const CONGESTION_EXPERIENCED = 0x03;

/** @returns false: the packet's sender does not allow marks (Not-ECT), or it is too short */
export function markCongestion({ offset, length }: Parcel): boolean {
  if (length < 20) return false;
  const view = packetMemory.view;
  const first = view.getUint16(offset);
  const isIpv6 = first >>> 12 === 6;
  const bits = isIpv6 ? (first >>> 4) & ECN_BITS : first & ECN_BITS;
  if (bits === 0) return false;
  if (bits === CONGESTION_EXPERIENCED) return true;
  const marked = first | (isIpv6 ? CONGESTION_EXPERIENCED << 4 : CONGESTION_EXPERIENCED);
  view.setUint16(offset, marked);
  if (!isIpv6) updateChecksum(offset, first, marked);
  return true;
}

/** RFC 1624: HC' = ~(~HC + ~m + m'). */
function updateChecksum(offset: number, before: number, after: number): void {
  const view = packetMemory.view;
  let sum = (~view.getUint16(offset + 10) & 0xffff) + (~before & 0xffff) + after;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(offset + 10, ~sum & 0xffff);
}
