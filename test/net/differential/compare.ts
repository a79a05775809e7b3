/** Runs the program of a seed on two modules and says where they part. */
import * as nodeNet from 'node:net';
import { createNet } from '../../../lib/net/create-net';
import { Stack } from '../../../lib/stack/stack';
import type { NetLike } from '../scenarios';
import { describeProgram, programOf } from './program';
import { runProgram, type Trace } from './run';

/** Every segment is acknowledged at once: quiet is then quiet, and not a delayed ACK. */
const PROMPT = { quickAckSegments: 1_000_000 };

/** A busy machine can let an idle timer win a race once, but not each time. */
const TRIES_WITH_TIMERS = 3;

/** @returns null where they agree; else the program, and the first step in which they do not */
export async function compareSeed(
  seed: number,
  spoil: (net: NetLike) => NetLike = (net) => net,
): Promise<string | null> {
  const program = programOf(seed);
  const actions = [...program.steps.flat(), ...program.hooks];
  const hasTimers = actions.some(({ operation }) => operation.kind === 'timeout');
  let difference: string | null = null;
  for (let tries = hasTimers ? TRIES_WITH_TIMERS : 1; tries > 0; tries--) {
    const expected = await runProgram(program, nodeNet);
    const stack = new Stack({ tcp: PROMPT });
    const actual = await runProgram(program, spoil(createNet(stack) as unknown as NetLike));
    stack.close();
    difference = firstDifference(expected, actual);
    if (difference === null) return null;
  }
  return `${describeProgram(program)}\n${difference}`;
}

function firstDifference(expected: Trace, actual: Trace): string | null {
  for (const [i, step] of expected.entries()) {
    const names = [...new Set([...Object.keys(step), ...Object.keys(actual[i])])];
    const lines = names.flatMap((name) => {
      const [wanted, got] = [step[name], actual[i][name]].map((list) => list?.join('\n      '));
      if (wanted === got) return [];
      return [`  ${name}`, `    node:net\n      ${wanted}`, `    usernet\n      ${got}`];
    });
    if (lines.length > 0) return `step ${i}:\n${lines.join('\n')}`;
  }
  return null;
}
