/**
 * What one ACK shows of the path, for the congestion controller. The engine has one object of it
 * for all connections, and writes it anew with each ACK. Times in ms, amounts in bytes; NaN where
 * the ACK says nothing.
 */
export class PathSample {
  now = Number.NaN;
  /** Round trip of the latest segment that was sent once and has arrived now. */
  rtt = Number.NaN;
  /** Smoothed, and the shortest ever. */
  srtt = Number.NaN;
  minRtt = Number.NaN;
  /** Round trips so far: one is over when what was sent after its beginning is acknowledged. */
  rounds = 0;
  /** Segments leave at a rate, not in bursts. */
  isPaced = false;

  // Only for `handleDelivery`.
  /** Bytes that have arrived with this ACK, and ever. */
  acked = 0;
  delivered = 0;
  /** Bytes that had arrived when the segment left which this ACK is about. */
  priorDelivered = 0;
  /** Bytes a ms at which the network delivered since then; NaN: no sample. */
  deliveryRate = Number.NaN;
  /** The user, not the network, held the sender back. */
  isLimited = false;
  /** Bytes on their way now, and when that segment left, itself among them. */
  inFlight = 0;
  priorInFlight = 0;
  /** Bytes given up ever, and when that segment left. */
  lost = 0;
  priorLost = 0;
  /** A loss is being repaired, or a timeout. */
  inRecovery = false;
}
