/**
 * Random wrong calls of every member: both modules throw errors equal in name, code and message, or
 * neither throws; and what is reported later is the same, too.
 *
 * Nothing is looked up and nothing leaves the machine: hosts are 127.0.0.1 or no names, and lookups
 * are the program's own. `USERNET_SEED=n` repeats one seed.
 */
import * as nodeNet from 'node:net';
import t from 'tap';
import { createNet } from '../../lib/net/create-net';
import { Stack } from '../../lib/stack/stack';
import { SeededRandom } from '../../lib/support/random';
import { callFrom, describeCall } from './wrong-calls';

const SEEDS = Number(process.env.USERNET_WRONG_CALLS ?? 5000);
const asked = process.env.USERNET_SEED;
const seeds = asked === undefined ? Array.from({ length: SEEDS }, (_, i) => i) : [Number(asked)];
/** Turns of the event loop in which an error may still come. */
const TURNS = 3;
const MOST_SHOWN = 5;

/** Whose errors are noted already. */
const listening = new WeakSet<object>();

// Their members are called by name, wrongly.
type Net = Record<string, unknown>;

process.removeAllListeners('warning'); // of timeouts that are too long

t.test(`${seeds.length} wrong calls`, { timeout: 120_000 }, async (t) => {
  const stack = new Stack();
  t.teardown(() => stack.close());
  const ours = createNet(stack) as unknown as Net;
  let parted = 0;
  let threw = 0;
  for (const seed of seeds) {
    const expected = await outcome(nodeNet as unknown as Net, seed);
    const actual = await outcome(ours, seed);
    if (expected.thrown !== null) threw++;
    if (JSON.stringify(actual) === JSON.stringify(expected)) continue;
    const call = describeCall(callFrom(new SeededRandom(seed), nodeNet as unknown as Net));
    t.same(actual, expected, `USERNET_SEED=${seed}: ${call}`);
    if (++parted === MOST_SHOWN) break;
  }
  t.equal(parted, 0);
  if (asked === undefined) t.ok(threw > SEEDS / 5, `${threw} calls threw`);
});

interface Outcome {
  thrown: unknown;
  errors: unknown[];
}

async function outcome(net: Net, seed: number): Promise<Outcome> {
  const call = callFrom(new SeededRandom(seed), net);
  const result: Outcome = { thrown: null, errors: [] };
  const made: unknown[] = [];
  try {
    const target = call.make();
    made.push(target);
    listen(target, result);
    made.push(call.run(target));
    listen(made[1], result);
  } catch (error) {
    result.thrown = told(error);
  }
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
  for (const one of made) end(one);
  await new Promise((resolve) => setImmediate(resolve));
  call.after();
  return result;
}

function listen(target: unknown, result: Outcome): void {
  const emitter = target as { on?: (name: string, listener: (error: unknown) => void) => void };
  if (typeof emitter?.on !== 'function' || listening.has(target as object)) return;
  listening.add(target as object);
  emitter.on('error', (error) => result.errors.push(told(error)));
}

function end(target: unknown): void {
  const { destroy, close } = (target ?? {}) as Record<string, () => void>;
  try {
    (destroy ?? close)?.call(target);
  } catch {
    // a BoundSocket that was adopted
  }
}

/** What a program sees of an error; which free port it was does not matter. */
function told(error: unknown): unknown {
  const { name, code, message, syscall } = error as Record<string, unknown>;
  const text = String(message).replace(/Local \(127.0.0.1:\d+\)/, 'Local (127.0.0.1:free)');
  return { name, code, message: text, syscall };
}
