/** Process-wide defaults for names that resolve to addresses of both families (RFC 8305). */
import * as nodeNet from 'node:net';
import { validateBoolean, validateInt32 } from './validators';

/** Node raises shorter attempt timeouts to this, in ms. */
const SHORTEST_ATTEMPT_MS = 10;

// What the command line said (--no-network-family-autoselection, …) holds for us too.
let enabled = nodeNet.getDefaultAutoSelectFamily();
let attemptTimeoutMs = nodeNet.getDefaultAutoSelectFamilyAttemptTimeout();

export function getDefaultAutoSelectFamily(): boolean {
  return enabled;
}

export function setDefaultAutoSelectFamily(value: boolean): void {
  validateBoolean(value, 'value');
  enabled = value;
}

/** How long one address is tried before the next, in ms. */
export function getDefaultAutoSelectFamilyAttemptTimeout(): number {
  return attemptTimeoutMs;
}

export function setDefaultAutoSelectFamilyAttemptTimeout(value: number): void {
  attemptTimeoutMs = attemptTimeout(value, 'value');
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
export function attemptTimeout(value: unknown, name: string): number {
  validateInt32(value, name, 1);
  return Math.max(value, SHORTEST_ATTEMPT_MS);
}
