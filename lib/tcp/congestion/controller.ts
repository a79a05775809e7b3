/**
 * What the engine asks of a congestion controller. All amounts are bytes, all times ms.
 *
 * A controller knows nothing of segments, timers or recovery: it is told what happened and keeps
 * `cwnd` and `ssthresh`, and `pacingRate` if it paces. A user's own is registered by name (see
 * `registry`).
 */
import type { PathSample } from './path-sample';

export interface CongestionController {
  readonly name: string;
  /** Whole bytes, one segment at least. */
  cwnd: number;
  ssthresh: number;
  /** Bytes a ms that leave at most; absent or Infinity: as the window allows. */
  readonly pacingRate?: number;
  /** True: `cwnd` is its own in recovery, too; else the engine reduces it there (PRR). */
  readonly ownsWindow?: boolean;

  /**
   * Start, or a changed segment size: `mss` is the effective send MSS. `seed` is another one for
   * each connection, for whoever must not act in step with others.
   */
  initialize(mss: number, initialWindowSegments: number, seed: number): void;
  /**
   * `acked` new bytes were acknowledged outside recovery. `limited`: the window, not the
   * application, held the sender back (RFC 7661 §4.1: otherwise it must not grow). `afterTimeout`:
   * what is acknowledged was repeated after a timeout. `path`: what the ACK showed of the path; the
   * engine's own, to be read during the call only.
   */
  handleAck(acked: number, limited: boolean, afterTimeout: boolean, path: PathSample): void;
  /**
   * Something was acknowledged or reported as received, in recovery or not; after `handleAck`. For
   * controllers that model the path instead of waiting for losses.
   */
  handleDelivery?(path: PathSample): void;
  /** Loss was inferred from duplicates: sets `ssthresh`, and `cwnd` to it. */
  handleLoss(flight: number): void;
  /**
   * The peer echoes a mark of the network (RFC 3168), told once a round trip; in place of
   * `handleLoss`, which is called where this is absent.
   */
  handleMark?(): void;
  /** The retransmission timer expired; `first` is false for repetitions of the same timeout. */
  handleTimeout(flight: number, first: boolean): void;
  /** Before a reduction: what must be remembered beside the two windows, for `handleUndo`. */
  remember?(): void;
  /** The last reduction was for nothing; `cwnd` and `ssthresh` are as before it again. */
  handleUndo?(): void;
  /** Segments are smaller from now on; the window stays, in bytes, but holds at least one. */
  handleMssChange(mss: number): void;
  /** Nothing was sent for a retransmission timeout (RFC 5681 §4.1). */
  handleIdle(): void;
  /**
   * True: as long as nothing was lost, `ssthresh` is all that is worth remembering when there was
   * silence for some seconds; a new one with that may take its place then.
   */
  readonly isRenewable?: boolean;
}
