/**
 * Challenge ACKs (RFC 5961) and other answers to segments that do not fit, rationed per connection.
 *
 * The ration is the connection's own: a global one tells strangers what other connections do
 * (CVE-2016-5696). It also ends storms between two ends that find each other's ACKs unacceptable.
 */
import { OWE_ACK } from './owed';
import type { Tcb } from './tcb';

const PERIOD_MS = 1000;

/** @returns false when this second's ration is used up */
export function oweChallengeAck(tcb: Tcb, now: number): boolean {
  if (now - tcb.challengesSince >= PERIOD_MS) {
    tcb.challengesSince = now;
    tcb.challenges = 0;
  }
  if (tcb.challenges >= tcb.config.challengeAcksPerSecond) return false;
  tcb.challenges++;
  tcb.owed |= OWE_ACK;
  return true;
}
