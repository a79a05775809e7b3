/**
 * What is left of a connection in TIME-WAIT once its user is gone (RFC 9293 §3.6.1): what an old
 * segment, a repeated FIN or the SYN of a successor is held against, and when it is over.
 *
 * Most connections of a busy host are in TIME-WAIT, so it keeps 1 KB, all told, where a connection
 * has 3 to 6, as Linux does (`tcp_timewait_sock`). A segment that does come meets a whole
 * connection again, the same checks and the same output, until there is nothing more to answer.
 */
import type { TcpConfig } from '../../types/tcp';
import { DEFAULT_TCP_CONFIG } from './config';
import { enter } from './state';
import { type Counters, type ReceiveState, type SendState, Tcb, type TimestampState } from './tcb';
import { TIMER_LINGER } from './timers';

export class TimeWait {
  /** When it is over, ms. */
  readonly deadline: number;
  readonly snd: SendState;
  readonly rcv: ReceiveState;
  readonly ts: TimestampState;

  readonly #config: TcpConfig;
  readonly #localPort: number;
  readonly #remotePort: number;
  readonly #mss: number;
  readonly #passive: boolean;
  readonly #hasSack: boolean;
  readonly #iss: number;
  readonly #irs: number;
  readonly #challenges: number;
  readonly #challengesSince: number;
  readonly #count: Counters;

  constructor(tcb: Tcb) {
    this.deadline = tcb.timers.at[TIMER_LINGER];
    this.snd = tcb.snd;
    this.#config = tcb.config;
    this.#localPort = tcb.localPort;
    this.#remotePort = tcb.remotePort;
    this.#mss = tcb.pathMss;
    this.#passive = tcb.passive;
    this.#hasSack = tcb.sack.on;
    this.#iss = tcb.iss;
    this.#irs = tcb.irs;
    this.#challenges = tcb.challenges;
    this.#challengesSince = tcb.challengesSince;
    this.rcv = tcb.rcv;
    this.ts = tcb.ts;
    this.#count = tcb.count;
  }

  /** The connection as it was, with its counters, without what it has measured. */
  wake(): Tcb {
    const tcb = new Tcb({
      config: this.#config,
      localPort: this.#localPort,
      remotePort: this.#remotePort,
      mss: this.#mss,
      timestampOffset: this.ts.offset,
    });
    tcb.passive = this.#passive;
    tcb.iss = this.#iss;
    tcb.irs = this.#irs;
    tcb.challenges = this.#challenges;
    tcb.challengesSince = this.#challengesSince;
    tcb.snd = this.snd;
    tcb.rcv = this.rcv;
    tcb.ts = this.ts;
    tcb.count = this.#count;
    tcb.sack.on = this.#hasSack;
    tcb.finQueued = true;
    tcb.finAcked = true;
    tcb.finReceived = true;
    tcb.released = true;
    enter(tcb, 'TIME-WAIT');
    tcb.timers.arm(TIMER_LINGER, this.deadline);
    return tcb;
  }
}

/** Stands where the block of a connection was: TIME-WAIT, with nothing to send or to tell. */
export const RESTING = new Tcb({
  config: DEFAULT_TCP_CONFIG,
  localPort: 0,
  remotePort: 0,
  mss: 0,
  timestampOffset: 0,
});
enter(RESTING, 'TIME-WAIT');
RESTING.released = true;

/** Is there nobody left to tell or to answer, so that it can be kept as a TimeWait? */
export function isAtRest(tcb: Tcb): boolean {
  return (
    tcb.state === 'TIME-WAIT' &&
    tcb.released &&
    tcb.owed === 0 &&
    tcb.duplicateAcksOwed === 0 &&
    tcb.events === 0 &&
    tcb.receiveBuffer.length === 0
  );
}
