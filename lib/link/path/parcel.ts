/**
 * A packet on its way: a copy of it in packet memory, and when something is to happen to it.
 *
 * Parcels are used again and again, because a simulation of ten minutes has millions of them.
 */
import { packetMemory } from '../../support/memory';

export class Parcel {
  /** Where the bytes lie in packet memory, and how many there are. */
  offset = 0;
  length = 0;
  /** When it entered the queue; then, when it arrives, in ms. */
  at = Number.NaN;
  /** Of two that arrive at one instant the lower comes first. */
  order = 0;
}

const free: Parcel[] = [];

/** Copies the packet at packetMemory.bytes[offset, offset + length). */
export function copyToParcel(offset: number, length: number): Parcel {
  const parcel = free.pop() ?? new Parcel();
  const copy = packetMemory.allocate(length);
  packetMemory.bytes.copyWithin(copy, offset, offset + length);
  parcel.offset = copy;
  parcel.length = length;
  return parcel;
}

/** Gives back the bytes and the parcel. */
export function releaseParcel(parcel: Parcel): void {
  packetMemory.release(parcel.offset, parcel.length);
  free.push(parcel);
}
