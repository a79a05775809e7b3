/** Bytes of a test, in hex with whatever spaces help to read it, put into packet memory. */
import { packetMemory } from '../../lib/support/memory';

/** @returns how many there were */
export function placeHex(at: number, hex: string): number {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  packetMemory.bytes.set(bytes, at);
  return bytes.length;
}
