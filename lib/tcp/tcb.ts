/**
 * The transmission control block: everything the engine knows about one connection (RFC 9293
 * §3.3.1).
 *
 * Plain data under the RFC's names. Who may change `state` is `enter` alone; what output must send
 * is a set of bits in `owed`; what the user must hear is a set of bits in `events`.
 */

import type { TcpConfig, TcpState } from '../../types/tcp';
import type { NetworkErrorCode } from '../support/network-error';
import type { Rows } from '../support/rows';
import { DEFAULT_PEER_MSS, HEADER_BYTES, MINIMUM_PEER_MSS } from './config';
import type { CongestionController } from './congestion/controller';
import { type EcnState, NO_ECN } from './ecn';
import type { ForwardRto } from './forward-rto';
import type { BlackHole } from './path';
import type { ReorderWindow } from './rack';
import { Reassembly } from './reassembly';
import { ReceiveBuffer } from './receive-buffer';
import type { Recovery } from './recovery';
import { RttEstimator } from './rtt';
import { SackState } from './sack';
import type { Scoreboard } from './scoreboard';
import { SendBuffer } from './send-buffer';
import { Sending } from './sending';
import type { TailProbe } from './tail-probe';
import { Timers } from './timers';
import type { Train } from './train';
import { ReadRate } from './tuning';
import type { Undo } from './undo';
import type { WindowValidation } from './validation';

export interface ConnectionSetup {
  config: TcpConfig;
  localPort: number;
  remotePort: number;
  /** Largest text in one segment that the path's MTU allows, either way, options not counted. */
  mss: number;
  /** What a peer without the MSS option can take (MUST-15): 536 for IPv4, unless given. */
  defaultPeerMss?: number;
  /** Least text that every path carries, whatever it is suspected of; `minPathMtu` unless given. */
  minPathMss?: number;
  /**
   * Largest text that the link takes in one piece, options not counted, to cut it into segments
   * itself. Absent, or not above `mss`: it cuts nothing.
   */
  linkText?: number;
  /** The link takes no more than a segment at once: what `linkText` allows leaves as a train. */
  inTrains?: boolean;
  /** Added to the clock for TSval, so that it tells nobody the uptime. */
  timestampOffset: number;
}

export class SendState {
  una = 0;
  nxt = 0;
  /** The peer's window in bytes, already scaled. */
  wnd = 0;
  /** Sequence number behind the urgent data; only meaningful while it is after `una`. */
  up = 0;
  wl1 = 0;
  wl2 = 0;
  /** Largest window the peer ever offered (MAX.SND.WND). */
  maxWnd = 0;
  /** Snd.Wind.Shift. */
  shift = 0;
  /** Eff.snd.MSS: largest text we send in a segment (RFC 9293 §3.7.1). */
  mss = 0;
  /** Largest text that we send in one piece: `mss`, or a multiple where the link cuts it up. */
  burst = 0;
  /** When the last segment with text left, ms. */
  lastAt = Number.NaN;
  /** When the next one may, by the controller's rate, ms. */
  paceAt = Number.NaN;
  /** Bytes that may leave before then, of a burst that has begun. */
  burstLeft = 0;
  /** For how long of a pause of the process the rate is made up for, ms. */
  paceCredit = 0;
  /** When there was no more text though more might have left, ms; NaN: there is, or may not. */
  ranOutAt = Number.NaN;
  /** Since when the peer has acknowledged nothing new though something is outstanding, ms. */
  stalledSince = Number.NaN;
}

export class ReceiveState {
  nxt = 0;
  /** Right edge of the window that the peer was told: it never moves left. */
  edge = 0;
  up = 0;
  /** Rcv.Wind.Shift, and what our SYN offers as it: the same however often it is repeated. */
  shift = 0;
  offeredShift = 0;
  /** Both SYNs bore the window scale option. */
  scaleAgreed = false;
  /** The MSS we announce. */
  mss = 0;
  /** Largest text seen in one segment: what the peer's full segment is. */
  seenMss = 0;
  /** Bytes accepted since our last ACK. */
  unacked = 0;
  /** When the last segment arrived, ms. */
  lastAt = Number.NaN;
  /** A FIN that arrived ahead of its turn, and its sequence number. */
  finPending = false;
  finSeq = 0;

  /** RCV.WND: what is left of the window that was offered. */
  get wnd(): number {
    return (this.edge - this.nxt) | 0;
  }
}

export class TimestampState {
  /** Agreed on by both SYNs (RFC 7323 §3.2). */
  on = false;
  /** TS.Recent, and when it was taken, ms. */
  recent = 0;
  recentAt = Number.NaN;
  /** What TS.Recent was some time ago, and what will be that next; see `noteTimestamp`. */
  earlier = 0;
  next = 0;
  nextAt = Number.NaN;
  /** Last.ACK.sent. */
  lastAckSent = 0;
  readonly offset: number;

  constructor(offset: number) {
    this.offset = offset;
  }

  value(now: number): number {
    return (Math.floor(now) + this.offset) | 0;
  }
}

export class Counters {
  bytesAcked = 0;
  bytesReceived = 0;
  bytesSent = 0;
  bytesRetransmitted = 0;
  segmentsOut = 0;
  segmentsIn = 0;
  dataSegmentsOut = 0;
  dataSegmentsIn = 0;
  retransmits = 0;
  outOfOrder = 0;

  /** For a connection at rest. */
  writeRow(rows: Rows): void {
    rows.writeWord(this.bytesAcked);
    rows.writeWord(this.bytesReceived);
    rows.writeWord(this.bytesSent);
    rows.writeWord(this.bytesRetransmitted);
    rows.writeWord(this.segmentsOut);
    rows.writeWord(this.segmentsIn);
    rows.writeWord(this.dataSegmentsOut);
    rows.writeWord(this.dataSegmentsIn);
    rows.writeWord(this.retransmits);
    rows.writeWord(this.outOfOrder);
  }

  readRow(rows: Rows): void {
    this.bytesAcked = rows.readWord();
    this.bytesReceived = rows.readWord();
    this.bytesSent = rows.readWord();
    this.bytesRetransmitted = rows.readWord();
    this.segmentsOut = rows.readWord();
    this.segmentsIn = rows.readWord();
    this.dataSegmentsOut = rows.readWord();
    this.dataSegmentsIn = rows.readWord();
    this.retransmits = rows.readWord();
    this.outOfOrder = rows.readWord();
  }
}

export class Tcb {
  config: TcpConfig;
  readonly localPort: number;
  readonly remotePort: number;
  /** The path's limit on text: `ConnectionSetup.mss`, less once the path is known better. */
  pathMss: number;
  /** `ConnectionSetup.linkText`; 0: the link takes single segments. */
  readonly linkText: number;
  /** `ConnectionSetup.inTrains`. */
  readonly inTrains: boolean;
  /** What the peer announced in his MSS option. */
  peerMss: number;
  readonly defaultPeerMss: number;
  /** Nothing makes us believe in a path that carries less. */
  readonly minPathMss: number;

  state: TcpState = 'CLOSED';
  /** Was SYN-RECEIVED reached by a passive OPEN? (MUST-11) */
  passive = false;
  /** Why the connection died. */
  error: NetworkErrorCode | null = null;
  /** The last trouble that did not end it. */
  softError: NetworkErrorCode | null = null;

  iss = 0;
  irs = 0;
  readonly snd = new SendState();
  readonly rcv = new ReceiveState();
  readonly ts: TimestampState;
  readonly rtt: RttEstimator;
  /** Null until the first text leaves, or something else asks for a part of it. */
  sending: Sending | null = null;
  readonly sack = new SackState();
  ecn: EcnState = NO_ECN;
  readonly timers = new Timers();
  readonly count = new Counters();

  readonly sendBuffer: SendBuffer;
  readonly receiveBuffer: ReceiveBuffer;
  #reassembly: Reassembly | null = null;
  #readRate: ReadRate | null = null;

  owed = 0;
  events = 0;
  strayResetSeq = 0;
  /** ACKs owed beyond the first: one for each out-of-order segment (RFC 5681 §4.2). */
  duplicateAcksOwed = 0;

  /** CLOSE was called: a FIN follows the last byte of the send buffer. */
  finQueued = false;
  /** The peer has acknowledged our FIN. */
  finAcked = false;
  /** The peer's FIN has been taken, in its turn. */
  finReceived = false;
  /** The user is gone: nobody will read. */
  released = false;
  /** `send` took less than was offered: the user waits for room. */
  sendBlocked = false;

  noDelay: boolean;
  keepAlive: boolean;
  keepAliveDelayMs: number;
  keepAliveSent = 0;
  /** Segments that are still acknowledged at once. */
  quickAcks: number;
  /** Probes into a closed window since the last answer. */
  probes = 0;

  /** Challenge ACKs in the present second (RFC 5961 §7). */
  challenges = 0;
  challengesSince = Number.NEGATIVE_INFINITY;

  constructor(setup: ConnectionSetup) {
    const { config } = setup;
    this.config = config;
    this.localPort = setup.localPort;
    this.remotePort = setup.remotePort;
    this.pathMss = Math.max(setup.mss, MINIMUM_PEER_MSS);
    this.defaultPeerMss = setup.defaultPeerMss ?? DEFAULT_PEER_MSS;
    this.peerMss = this.defaultPeerMss;
    this.minPathMss = setup.minPathMss ?? config.minPathMtu - HEADER_BYTES;
    this.linkText = setup.linkText ?? 0;
    this.inTrains = setup.inTrains === true;
    this.rcv.mss = this.pathMss;
    this.rcv.seenMss = Math.min(536, this.pathMss);
    this.ts = new TimestampState(setup.timestampOffset);
    this.rtt = new RttEstimator(config);
    this.sendBuffer = new SendBuffer(config.sendBufferBytes);
    this.receiveBuffer = new ReceiveBuffer(config.receiveBufferBytes);
    this.quickAcks = config.quickAckSegments;
    this.noDelay = config.noDelay;
    this.keepAlive = config.keepAlive;
    this.keepAliveDelayMs = config.keepAliveDelayMs;
  }

  /** What has arrived out of order; made for who asks for it. */
  get reassembly(): Reassembly {
    this.#reassembly ??= new Reassembly(this.config.reassemblyRanges);
    return this.#reassembly;
  }

  /** Is there text behind a gap? */
  get hasGap(): boolean {
    return this.#reassembly !== null && this.#reassembly.count > 0;
  }

  /** Has none been sent, none arrived? */
  get isWithoutText(): boolean {
    return this.sending === null && this.#reassembly === null && this.#readRate === null;
  }

  forgetGaps(): void {
    this.#reassembly?.clear();
  }

  /** Made with the first text that is read. */
  get readRate(): ReadRate {
    this.#readRate ??= new ReadRate();
    return this.#readRate;
  }

  // The parts of `sending`, which is made for who asks for one.

  get cc(): CongestionController {
    return (this.sending ?? beginSending(this)).cc;
  }

  set cc(controller: CongestionController) {
    (this.sending ?? beginSending(this)).control(controller);
  }

  get train(): Train | null {
    return (this.sending ?? beginSending(this)).train;
  }

  get scoreboard(): Scoreboard {
    return (this.sending ?? beginSending(this)).scoreboard;
  }

  get recovery(): Recovery {
    return (this.sending ?? beginSending(this)).recovery;
  }

  get validation(): WindowValidation {
    return (this.sending ?? beginSending(this)).validation;
  }

  get tailProbe(): TailProbe {
    return (this.sending ?? beginSending(this)).tailProbe;
  }

  get rack(): ReorderWindow {
    return (this.sending ?? beginSending(this)).rack;
  }

  get undo(): Undo {
    return (this.sending ?? beginSending(this)).undo;
  }

  get forwardRto(): ForwardRto {
    return (this.sending ?? beginSending(this)).forwardRto;
  }

  get blackHole(): BlackHole {
    return (this.sending ?? beginSending(this)).blackHole;
  }
}

/** (A function, so that the getters above are small enough to be compiled into who asks.) */
function beginSending(tcb: Tcb): Sending {
  tcb.sending = new Sending(tcb);
  return tcb.sending;
}
