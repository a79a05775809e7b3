/** Cuts an IPv4 packet to pieces (RFC 791 §3.2): for routers whose next link is too small. */
import { packetMemory } from '../support/memory';
import { finishSum, sumBytes } from '../wire/checksum';

const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_OFFSET = 0x1fff;

/**
 * Writes each piece at `target`, one after the other, and hands over its length.
 * @param mtu most bytes of a piece; `target` has room for them
 */
export function fragmentIpv4(
  offset: number,
  length: number,
  target: number,
  mtu: number,
  send: (bytes: number) => void,
): void {
  const header = (packetMemory.view.getUint8(offset) & 0x0f) << 2;
  const flags = packetMemory.view.getUint16(offset + 6);
  const piece = (mtu - header) & ~7;
  for (let at = header; at < length; at += piece) {
    const bytes = Math.min(piece, length - at);
    const memory = packetMemory.bytes;
    memory.copyWithin(target, offset, offset + header);
    memory.copyWithin(target + header, offset + at, offset + at + bytes);
    const isLast = at + bytes === length;
    const place = (flags & FRAGMENT_OFFSET) + ((at - header) >> 3);
    const more = isLast ? flags & MORE_FRAGMENTS : MORE_FRAGMENTS;
    const view = packetMemory.view;
    view.setUint16(target + 2, header + bytes);
    view.setUint16(target + 6, more | place);
    view.setUint16(target + 10, 0);
    view.setUint16(target + 10, finishSum(sumBytes(target, header)));
    send(header + bytes);
  }
}
