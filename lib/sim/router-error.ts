/** The ICMP errors that a router sends (RFC 792, RFC 1191 §4, RFC 4443 §3). */
import { packetMemory } from '../support/memory';
import { finishSum, sumBytes } from '../wire/checksum';
import type { IpAddress } from '../wire/ip-address';
import type { RouterFault } from './router';

const ICMP = 1;
const ICMPV6 = 58;
const HOP_LIMIT = 64;
/** RFC 1812 §4.3.2.3 and RFC 4443 §2.4 (c): as much of the packet as fits in these. */
const IPV4_ERROR_BYTES = 576;
const IPV6_ERROR_BYTES = 1280;

/** [type, code] by fault. */
const IPV4_TYPES: Record<RouterFault, readonly [number, number]> = {
  expired: [11, 0],
  tooBig: [3, 4],
  unreachable: [3, 1],
};
const IPV6_TYPES: Record<RouterFault, readonly [number, number]> = {
  expired: [3, 0],
  tooBig: [2, 0],
  unreachable: [1, 0],
};

/**
 * Writes the error about the packet at `cause` to `target`.
 * @returns its length; 0: there is none to send (RFC 1812 §4.3.2.7: never about an ICMP error)
 */
export function writeRouterError(
  target: number,
  fault: RouterFault,
  mtu: number,
  cause: number,
  causeBytes: number,
  addresses: readonly IpAddress[],
): number {
  const isIpv6 = packetMemory.view.getUint8(cause) >>> 4 === 6;
  if (isError(cause, causeBytes, isIpv6)) return 0;
  const source = addresses.find(({ isMapped }) => isMapped !== isIpv6);
  if (source === undefined) return 0;
  const header = isIpv6 ? 40 : 20;
  const most = (isIpv6 ? IPV6_ERROR_BYTES : IPV4_ERROR_BYTES) - header - 8;
  const quoted = Math.min(causeBytes, most);
  const [type, code] = (isIpv6 ? IPV6_TYPES : IPV4_TYPES)[fault];
  const message = target + header;
  packetMemory.bytes.copyWithin(message + 8, cause, cause + quoted);
  const view = packetMemory.view;
  view.setUint16(message, (type << 8) | code);
  view.setUint16(message + 2, 0);
  view.setUint32(message + 4, fault === 'tooBig' ? mtu : 0);
  const length = 8 + quoted;
  if (isIpv6) writeIpv6(target, source, cause, length);
  else writeIpv4(target, source, cause, length);
  return header + length;
}

function writeIpv4(target: number, source: IpAddress, cause: number, length: number): void {
  const view = packetMemory.view;
  view.setUint32(target, 0x45c0_0000 | (20 + length));
  view.setUint32(target + 4, 0);
  view.setUint32(target + 8, (HOP_LIMIT << 24) | (ICMP << 16));
  view.setInt32(target + 12, source.w3);
  view.setInt32(target + 16, view.getInt32(cause + 12));
  view.setUint16(target + 10, finishSum(sumBytes(target, 20)));
  view.setUint16(target + 22, finishSum(sumBytes(target + 20, length)));
}

/** The checksum's pseudo-header (RFC 8200 §8.1) stands in the header's place at first. */
function writeIpv6(target: number, source: IpAddress, cause: number, length: number): void {
  const { view, bytes } = packetMemory;
  view.setUint32(target, length);
  view.setUint32(target + 4, ICMPV6);
  view.setInt32(target + 8, source.w0);
  view.setInt32(target + 12, source.w1);
  view.setInt32(target + 16, source.w2);
  view.setInt32(target + 20, source.w3);
  bytes.copyWithin(target + 24, cause + 8, cause + 24);
  view.setUint16(target + 42, finishSum(sumBytes(target, 40 + length)));
  view.setUint32(target, 6 * 2 ** 28);
  view.setUint16(target + 4, length);
  view.setUint8(target + 6, ICMPV6);
  view.setUint8(target + 7, HOP_LIMIT);
}

/** Of ICMP, only echoes are known to be no errors; and only a first fragment may be answered. */
function isError(cause: number, causeBytes: number, isIpv6: boolean): boolean {
  const view = packetMemory.view;
  if (isIpv6) return view.getUint8(cause + 6) === ICMPV6 && view.getUint8(cause + 40) < 128;
  if ((view.getUint16(cause + 6) & 0x1fff) !== 0) return true;
  if (view.getUint8(cause + 9) !== ICMP) return false;
  const header = (view.getUint8(cause) & 0x0f) << 2;
  const type = header < causeBytes ? view.getUint8(cause + header) : 0;
  return type !== 0 && type !== 8;
}
