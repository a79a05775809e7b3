/**
 * Explicit congestion notification (RFC 3168): agreed on by the SYNs, marked by routers on new
 * text, echoed by the receiver until the sender says that it has slowed down.
 */
import { ACK, CWR, ECE, type Segment, SYN } from '../wire/segment';
import { OWE_ACK } from './owed';
import { seqDiff, seqGt } from './seq';
import type { Tcb } from './tcb';

/** The two low bits of the traffic class (RFC 3168 §5). */
const ECN_MASK = 0x03;
const ECT_0 = 0x02;
const CE = 0x03;

export class EcnState {
  /** Both ends have agreed. */
  on = false;
  /** A mark has arrived and is echoed on every ACK until CWR comes. */
  echoing = false;
  /** The window was reduced: the next new text says so. */
  cwrDue = false;
  /** Echoes up to here belong to the reduction that was made already: once a round trip. */
  recover = 0;
  reduced = false;
  /** Segments that arrived marked, and ones whose ECE made us slow down. */
  marksReceived = 0;
  echoesTaken = 0;
}

/** Where it was not agreed on, most connections: one for all of them, that nobody can change. */
export const NO_ECN: EcnState = Object.freeze(new EcnState());

/**
 * Flags of our SYN: asks, unless it must be repeated: something on the path may drop SYNs that ask
 * (§6.1.1.1).
 */
export function synFlags(tcb: Tcb): number {
  if (tcb.state === 'SYN-RECEIVED') return tcb.ecn.on ? ECE : 0;
  return tcb.config.ecn === 'request' && tcb.rtt.backoff === 0 ? ECE | CWR : 0;
}

/**
 * The peer's SYN or SYN-ACK: has he asked, or agreed? Who has sent one SYN that did not ask must
 * not use it (§6.1.1); in a passive open ours is the answer.
 */
export function agreeOnEcn(tcb: Tcb, seg: Segment): void {
  const { ecn, config, rtt, passive } = tcb;
  const bits = seg.flags & (ECE | CWR);
  const hasAsked = config.ecn === 'request' && rtt.backoff === 0;
  const isAgreed =
    (seg.flags & ACK) !== 0
      ? bits === ECE && hasAsked
      : bits === (ECE | CWR) && (passive ? config.ecn !== 'off' : hasAsked);
  if (isAgreed === ecn.on) return;
  tcb.ecn = isAgreed ? new EcnState() : NO_ECN;
  if (isAgreed) tcb.ecn.on = true;
}

/** A segment of an established connection: its mark is echoed, its CWR ends the echo (§6.1.3). */
export function takeMarks(tcb: Tcb, seg: Segment): void {
  const { ecn } = tcb;
  if ((seg.flags & CWR) !== 0) ecn.echoing = false;
  if ((seg.trafficClass & ECN_MASK) === CE) {
    ecn.echoing = true;
    ecn.marksReceived++;
    tcb.owed |= OWE_ACK;
  }
}

/** The peer echoes a mark: the window shrinks as for a loss, once a round trip (§6.1.2). */
export function takeEcho(tcb: Tcb, seg: Segment): void {
  const { ecn, snd } = tcb;
  if (ecn.reduced && seqGt(snd.una, ecn.recover)) ecn.reduced = false;
  if (ecn.reduced || (seg.flags & (ECE | SYN)) !== ECE) return;
  ecn.reduced = true;
  ecn.recover = snd.nxt;
  ecn.cwrDue = true;
  ecn.echoesTaken++;
  const { cc } = tcb;
  if (cc.handleMark !== undefined) cc.handleMark();
  else if (tcb.recovery.mode === 'none') cc.handleLoss(seqDiff(snd.nxt, snd.una));
}

/** What an outgoing segment says and how it may be marked: only new text may (§6.1.4, §6.1.5). */
export function writeEcn(tcb: Tcb, out: Segment, isNewText: boolean): void {
  const { ecn } = tcb;
  if (ecn.echoing) out.flags |= ECE;
  if (!isNewText) return;
  out.trafficClass |= ECT_0;
  if (ecn.cwrDue) {
    out.flags |= CWR;
    ecn.cwrDue = false;
  }
}
