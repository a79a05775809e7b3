/**
 * The columns that a segment ring keeps its records in, by slot, and the pool they come from.
 *
 * A connection with nothing outstanding owns no tables: ten thousand idle connections share a few,
 * and a short connection makes no garbage of typed arrays.
 */

/** Words of one record in `records`. */
export const STRIDE = 5;

const FIRST_CLASS = 3; // 8 records
const LARGEST_CLASS = 20;
/** Most tables kept of one size, so that a burst is not paid for ever after. */
const KEPT_SMALL = 256;
const KEPT_LARGE = 4;
const LARGE_CLASS = 8; // 256 records, some 17 KiB

export class SegmentTables {
  readonly sizeClass: number;
  readonly mask: number;
  readonly records: Int32Array;
  readonly sentAt: Float64Array;
  readonly isLinked: Uint8Array;
  /** Stamps (delivery-rate.ts). */
  readonly deliveredAtSend: Float64Array;
  readonly deliveryTimeAtSend: Float64Array;
  readonly firstSentAtSend: Float64Array;
  readonly lostAtSend: Float64Array;
  readonly flightAtSend: Int32Array;

  /** @param sizeClass binary logarithm of how many records fit; -1: none */
  constructor(sizeClass: number) {
    const size = sizeClass === -1 ? 0 : 1 << sizeClass;
    this.sizeClass = sizeClass;
    this.mask = size - 1;
    this.records = new Int32Array(size * STRIDE);
    this.sentAt = new Float64Array(size);
    this.isLinked = new Uint8Array(size);
    this.deliveredAtSend = new Float64Array(size);
    this.deliveryTimeAtSend = new Float64Array(size);
    this.firstSentAtSend = new Float64Array(size);
    this.lostAtSend = new Float64Array(size);
    this.flightAtSend = new Int32Array(size);
  }
}

/** What a ring without records has: room for none. */
export const NO_TABLES = new SegmentTables(-1);

/**
 * Lists that never shrink, and how many of each count: V8 would drop the store of an array whose
 * last item is popped, and make a new one at the next push.
 */
const pool: SegmentTables[][] = [];
const pooled = new Int32Array(LARGEST_CLASS + 1);
for (let i = 0; i <= LARGEST_CLASS; i++) pool.push([]);

/** Tables for 2^`sizeClass` records, or the smallest there are; what stands in them is old. */
export function takeTables(sizeClass: number): SegmentTables {
  const wanted = Math.max(sizeClass, FIRST_CLASS);
  if (wanted > LARGEST_CLASS) return new SegmentTables(wanted);
  if (pooled[wanted] === 0) return new SegmentTables(wanted);
  return pool[wanted][--pooled[wanted]];
}

/** They are no longer needed; whoever takes them next may get the same. */
export function giveBackTables(tables: SegmentTables): void {
  const { sizeClass } = tables;
  if (sizeClass < FIRST_CLASS || sizeClass > LARGEST_CLASS) return;
  if (pooled[sizeClass] >= (sizeClass < LARGE_CLASS ? KEPT_SMALL : KEPT_LARGE)) return;
  pool[sizeClass][pooled[sizeClass]++] = tables;
}
