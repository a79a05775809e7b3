/**
 * What the engine asks of a congestion controller. All amounts are bytes.
 *
 * A controller knows nothing of segments, timers or recovery: it is told what happened and keeps
 * `cwnd` and `ssthresh`.
 */
export interface CongestionController {
  readonly name: string;
  cwnd: number;
  ssthresh: number;

  /** Start, or a changed segment size: `mss` is the effective send MSS. */
  initialize(mss: number, initialWindowSegments: number): void;
  /**
   * `acked` new bytes were acknowledged outside recovery. `limited`: the window, not the
   * application, held the sender back (RFC 7661 §4.1: otherwise it must not grow). `afterTimeout`:
   * what is acknowledged was repeated after a timeout.
   */
  handleAck(acked: number, limited: boolean, afterTimeout: boolean): void;
  /** Loss was inferred from duplicates: sets `ssthresh`, and `cwnd` to it. */
  handleLoss(flight: number): void;
  /** The retransmission timer expired; `first` is false for repetitions of the same timeout. */
  handleTimeout(flight: number, first: boolean): void;
  /** Segments are smaller from now on; the window stays, in bytes, but holds at least one. */
  handleMssChange(mss: number): void;
  /** Nothing was sent for a retransmission timeout (RFC 5681 §4.1). */
  handleIdle(): void;
}
