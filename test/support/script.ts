/**
 * Runs a packet script (`script-parser` has the notation) against a real stack in virtual time.
 *
 * Every packet that the stack sends must be the next `>` line, at its time; a packet that is not listed
 * fails the script at the line that finds it. Each script runs twice, with the initial sequence numbers
 * of both sides so that the exchange crosses 2^31 and 2^32 in its middle, and must leave nothing
 * behind: no timer, no packet memory.
 */
import type tap from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { parseScript } from './script-parser';
import { type ScriptOptions, ScriptRun, type Wrap } from './script-run';

export const WRAPS: readonly Wrap[] = [
  { name: '2^31', edge: 2 ** 31, startMs: 1000 },
  { name: '2^32', edge: 2 ** 32, startMs: 86_400_000 },
];

/** One named test: the script, once for each wrap. */
export function script(
  t: Pick<typeof tap, 'test'>,
  name: string,
  text: string,
  options: ScriptOptions = {},
): void {
  t.test(name, async (t) => {
    for (const wrap of WRAPS) {
      const failure = runScript(text, wrap, options);
      if (failure !== '') t.comment(failure);
      t.ok(failure === '', `with sequence numbers across ${wrap.name}`);
    }
  });
}

/** @returns what went wrong, with the line that found it; '' when nothing did */
export function runScript(text: string, wrap: Wrap, options: ScriptOptions = {}): string {
  const memoryBefore = packetMemory.allocated;
  const steps = parseScript(text);
  const run = new ScriptRun(steps, wrap, options);
  for (let i = 0; i < steps.length; i++) {
    const failure = run.take(steps[i], steps[i + 1]?.joined ?? false);
    if (failure === '') continue;
    closeAnyhow(run);
    return `line ${steps[i].line}: ${steps[i].text}\n${failure}`;
  }
  const left = run.findLeftovers();
  run.close();
  if (left !== '') return `after the last line:\n${left}`;
  if (run.clock.pending > 0) return `${run.clock.pending} timers are left after closing`;
  const kept = packetMemory.allocated - memoryBefore;
  return kept === 0 ? '' : `${kept} bytes of packet memory are kept after closing`;
}

/** What is broken already may break again as it is closed; the first failure is the one to tell. */
export function closeAnyhow(run: { close(): void }): void {
  try {
    run.close();
  } catch {}
}
