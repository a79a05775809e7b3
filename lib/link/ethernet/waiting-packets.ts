/**
 * Packets that wait until their next hop's hardware address is known (RFC 1122 §2.3.2.2, RFC 4861
 * §7.2.2): a few for each neighbour, and not many in all. The newest is worth most: where there is
 * no room the oldest goes.
 */
import { packetMemory } from '../../support/memory';

/** Most packets that wait for one neighbour. */
export const WAITING_PACKETS = 16;
/** Most bytes that wait for one neighbour, and for all of a link's. */
export const WAITING_BYTES = 64 * 1024;
export const WAITING_BYTES_OF_LINK = 1024 * 1024;

/** What all queues of one link hold together. */
export class WaitingBudget {
  bytes = 0;
}

interface Waiting {
  offset: number;
  length: number;
  /** As for Link.commit. */
  pieceBytes: number;
}

export class WaitingPackets {
  readonly #budget: WaitingBudget;
  readonly #packets: Waiting[] = [];
  #bytes = 0;

  constructor(budget: WaitingBudget) {
    this.#budget = budget;
  }

  get count(): number {
    return this.#packets.length;
  }

  /**
   * Keeps a copy of the packet at `offset`.
   * @returns how many packets were lost for it: older ones, or itself
   */
  push(offset: number, length: number, pieceBytes: number): number {
    let lost = 0;
    while (this.#packets.length > 0 && this.#isFullFor(length)) {
      this.#release(this.#packets.shift()!);
      lost++;
    }
    if (length > WAITING_BYTES || this.#budget.bytes + length > WAITING_BYTES_OF_LINK) {
      return lost + 1;
    }
    const copy = allocate(length);
    if (copy < 0) return lost + 1;
    packetMemory.bytes.copyWithin(copy, offset, offset + length);
    this.#packets.push({ offset: copy, length, pieceBytes });
    this.#bytes += length;
    this.#budget.bytes += length;
    return lost;
  }

  /** Shows each packet, oldest first, and lets go of it. */
  drain(show: (offset: number, length: number, pieceBytes: number) => void): void {
    for (let one = this.#packets.shift(); one !== undefined; one = this.#packets.shift()) {
      show(one.offset, one.length, one.pieceBytes);
      this.#release(one);
    }
  }

  /** @returns how many there were */
  drop(): number {
    const { count } = this;
    this.drain(() => undefined);
    return count;
  }

  #isFullFor(length: number): boolean {
    return (
      this.#packets.length >= WAITING_PACKETS ||
      this.#bytes + length > WAITING_BYTES ||
      this.#budget.bytes + length > WAITING_BYTES_OF_LINK
    );
  }

  #release({ offset, length }: Waiting): void {
    packetMemory.release(offset, length);
    this.#bytes -= length;
    this.#budget.bytes -= length;
  }
}

/** @returns -1 where packet memory is used up: for the caller that is a full queue */
function allocate(length: number): number {
  try {
    return packetMemory.allocate(length);
  } catch {
    return -1;
  }
}
