/** What a structure for the kernel points to, written into packet memory: Linux on 64 bits, LE. */
import { packetMemory } from '../support/memory';

/** Of a struct iovec { base*, len }. */
export const IOV_BYTES = 16;
const IOV_LENGTH = 8;
const HIGH_WORD = 2 ** 32;

/** @param address native; those of a process stay below 2^47 */
export function writePointer(offset: number, address: number): void {
  const view = packetMemory.view;
  const high = Math.floor(address / HIGH_WORD);
  view.setUint32(offset, address - high * HIGH_WORD, true);
  view.setUint32(offset + 4, high, true);
}

/** One struct iovec: a piece of what a single call reads or writes. */
export function writeIovec(offset: number, address: number, length: number): void {
  const view = packetMemory.view;
  writePointer(offset, address);
  view.setUint32(offset + IOV_LENGTH, length, true);
  view.setUint32(offset + IOV_LENGTH + 4, 0, true);
}
