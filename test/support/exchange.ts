/**
 * Runs an exchange (`exchange-parser` has the notation): two real stacks, A and B, on one virtual clock,
 * and a wire on which nothing moves unless the next line says so.
 *
 * The packets listed are all the packets: what an end has sent and no line mentions fails the exchange,
 * at the latest when time is to pass or the figure ends. No time passes but by `after`. Each figure runs
 * twice, so that the sequence numbers of both sides cross 2^31 and 2^32 in its middle.
 */
import type tap from 'tap';
import { packetMemory } from '../../lib/support/memory';
import type { TcpConfig } from '../../types/tcp';
import { parseExchange } from './exchange-parser';
import { ExchangeRun } from './exchange-run';
import { closeAnyhow, WRAPS } from './script';
import type { Wrap } from './script-run';

export interface ExchangeOptions {
  tcp?: Partial<TcpConfig>;
  /** Initial sequence numbers of each end's connections, one after the other. */
  iss?: { A?: readonly number[]; B?: readonly number[] };
}

/** One named test: the figure, once for each wrap. */
export function exchange(
  t: Pick<typeof tap, 'test'>,
  name: string,
  text: string,
  options: ExchangeOptions = {},
): void {
  t.test(name, async (t) => {
    for (const wrap of WRAPS) {
      const failure = runExchange(text, wrap, options);
      if (failure !== '') t.comment(failure);
      t.ok(failure === '', `with sequence numbers across ${wrap.name}`);
    }
  });
}

/** @returns what went wrong, with the line that found it; '' when nothing did */
export function runExchange(text: string, wrap: Wrap, options: ExchangeOptions = {}): string {
  const memoryBefore = packetMemory.allocated;
  const steps = parseExchange(text);
  const run = new ExchangeRun(steps, wrap, options);
  for (const step of steps) {
    const failure = run.take(step.action);
    if (failure === '') continue;
    closeAnyhow(run);
    return `line ${step.line}: ${step.text}\n${failure}`;
  }
  const left = run.findLeftovers();
  run.close();
  if (left !== '') return `after the last line:\n${left}`;
  if (run.clock.pending > 0) return `${run.clock.pending} timers are left after closing`;
  const kept = packetMemory.allocated - memoryBefore;
  return kept === 0 ? '' : `${kept} bytes of packet memory are kept after closing`;
}
