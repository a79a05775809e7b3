/** The same program on `node:net` and on ours hears the same events in the same order. */
import * as nodeNet from 'node:net';
import t from 'tap';
import { createNet } from '../../lib/net/create-net';
import { Stack } from '../../lib/stack/stack';
import type { TransportStack } from '../../types/stack';
import { FakeStack } from './fake-stack';
import { type NetLike, type Scenario, Tape, turns } from './scenarios';
import { lifetimeScenarios } from './scenarios-lifetime';
import { optionScenarios } from './scenarios-options';
import { resetScenarios } from './scenarios-resets';

const IMPOSSIBLE_MS = 5_000;

async function play(scenario: Scenario, net: NetLike): Promise<Tape> {
  const tape = new Tape();
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      tape.note('scenario', 'did not end');
      resolve();
    }, IMPOSSIBLE_MS);
  });
  await Promise.race([scenario.run(net, tape), tooLong]);
  await turns(3); // the other party may have a word to say yet
  clearTimeout(timer);
  return tape;
}

const fake: [string, () => TransportStack] = ['the fake stack', () => new FakeStack()];
const real: [string, () => TransportStack] = ['the real stack', () => new Stack()];

function compare(scenarios: readonly Scenario[], stacks: readonly (typeof real)[]): void {
  for (const scenario of scenarios) {
    t.test(scenario.name, async (t) => {
      const expected = await play(scenario, nodeNet);
      t.ok(expected.lines.size > 0, 'something is heard');
      for (const [name, make] of stacks) {
        const stack = make();
        const actual = await play(scenario, createNet(stack) as unknown as NetLike);
        t.strictSame(actual.toJSON(), expected.toJSON(), `the same on ${name}`);
        stack.close();
      }
    });
  }
}

compare([...lifetimeScenarios, ...optionScenarios], [fake, real]);
// The fake has no packets, and so none that are on their way when the connection is reset.
compare(resetScenarios, [real]);
