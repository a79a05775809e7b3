/**
 * What is thought lost: fast retransmit and NewReno (RFC 5681 §3.2, RFC 6582), and going back after
 * a timeout.
 *
 * After a timeout everything outstanding is taken as lost: a cursor walks from SND.UNA to where
 * SND.NXT stood, and the congestion window counts from SND.UNA to the cursor. SND.NXT never moves
 * back.
 */
import { OWE_RETRANSMIT } from './owed';
import { seqDiff, seqGeq, seqGt, seqLt } from './seq';
import type { Tcb } from './tcb';

const DUPLICATE_THRESHOLD = 3;

export class Recovery {
  /** Duplicate ACKs in a row, and the bytes that were on their way when the first one came. */
  duplicates = 0;
  flight = 0;
  /** NewReno's fast recovery is under way until `recover` is acknowledged. */
  fast = false;
  recover = 0;
  /** `recover` counts: a loss was repaired once in this connection. */
  recoverSet = false;

  /** Everything from `cursor` to `end` must be sent again. */
  rewound = false;
  cursor = 0;
  end = 0;
}

/** Bytes thought to be on their way: FlightSize, or what was repeated since a timeout. */
export function flightSize(tcb: Tcb): number {
  const { recovery, snd } = tcb;
  return seqDiff(recovery.rewound ? recovery.cursor : snd.nxt, snd.una);
}

/** A duplicate ACK in the sense of RFC 5681 §2 has arrived. */
export function processDuplicateAck(tcb: Tcb): void {
  const { recovery, snd, cc } = tcb;
  if (recovery.rewound) return;
  recovery.duplicates++;
  if (recovery.duplicates === 1) recovery.flight = flightSize(tcb);
  if (recovery.fast) {
    cc.cwnd += snd.mss; // a segment has left the network
    return;
  }
  if (recovery.duplicates !== DUPLICATE_THRESHOLD) return;
  // RFC 6582 §3.2 step 2: duplicates from before the last repair say nothing new.
  if (recovery.recoverSet && !seqGt(snd.una, recovery.recover)) return;
  recovery.fast = true;
  recovery.recover = snd.nxt;
  recovery.recoverSet = true;
  // RFC 5681 §3.2 step 2: what limited transmit has added since does not count.
  cc.handleLoss(recovery.flight);
  cc.cwnd += DUPLICATE_THRESHOLD * snd.mss;
  tcb.owed |= OWE_RETRANSMIT;
}

/**
 * `acked` new bytes have been acknowledged; SND.UNA has already moved. `limited`: see the
 * controller.
 */
export function processNewAck(tcb: Tcb, acked: number, limited: boolean): void {
  const { recovery, snd, cc } = tcb;
  recovery.duplicates = 0;
  if (recovery.fast) {
    processRecoveryAck(tcb, acked);
    return;
  }
  const afterTimeout = recovery.rewound;
  if (afterTimeout) advanceCursor(tcb);
  cc.handleAck(acked, limited, afterTimeout);
  if (recovery.recoverSet && seqGt(snd.una, recovery.recover)) recovery.recoverSet = false;
}

/** The retransmission timer has expired: all that is outstanding counts as lost (RFC 5681 §3.1). */
export function rewind(tcb: Tcb): void {
  const { recovery, snd } = tcb;
  recovery.rewound = true;
  recovery.cursor = snd.una;
  recovery.end = snd.nxt;
  recovery.fast = false;
  recovery.duplicates = 0;
  recovery.recover = snd.nxt;
  recovery.recoverSet = true;
  tcb.owed &= ~OWE_RETRANSMIT;
}

/** The segment at the cursor was sent up to `to`. */
export function moveCursor(tcb: Tcb, to: number): void {
  const { recovery } = tcb;
  recovery.cursor = to;
  if (seqGeq(to, recovery.end)) recovery.rewound = false;
}

function advanceCursor(tcb: Tcb): void {
  const { recovery, snd } = tcb;
  if (seqLt(recovery.cursor, snd.una)) moveCursor(tcb, snd.una);
}

/** RFC 6582 §3.2 step 3: a full ACK ends the recovery, a partial one names the next hole. */
function processRecoveryAck(tcb: Tcb, acked: number): void {
  const { recovery, snd, cc } = tcb;
  if (seqGeq(snd.una, recovery.recover)) {
    recovery.fast = false;
    cc.cwnd = Math.min(cc.ssthresh, Math.max(flightSize(tcb), snd.mss) + snd.mss);
    tcb.owed &= ~OWE_RETRANSMIT;
    return;
  }
  tcb.owed |= OWE_RETRANSMIT;
  cc.cwnd = Math.max(cc.cwnd - acked, snd.mss);
  if (acked >= snd.mss) cc.cwnd += snd.mss;
}
