/**
 * Random programs of socket operations, made from a seed: what two parties of each connection do,
 * step by step, and what they do when they first hear of certain events.
 */
import { SeededRandom } from '../../../lib/support/random';

export type Operation =
  | { kind: 'connect'; refused: boolean }
  | { kind: 'write'; bytes: number; encoding: BufferEncoding | null; callback: boolean }
  | { kind: 'end'; bytes: number; callback: boolean }
  | { kind: 'timeout'; delayMs: number }
  | { kind: 'destroy'; error: boolean }
  | { kind: 'read'; size: number }
  | {
      kind:
        | 'pause'
        | 'resume'
        | 'resetAndDestroy'
        | 'destroySoon'
        | 'cork'
        | 'uncork'
        | 'noDelay'
        | 'keepAlive'
        | 'ref'
        | 'address'
        | 'late listener';
    };

/** Which end of which connection. */
export interface Party {
  connection: number;
  side: 'client' | 'accepted';
}

export interface Action {
  party: Party;
  operation: Operation;
}

/** When the party first hears the event, it does this within the listener. */
export interface Hook extends Action {
  event: string;
}

export interface Program {
  seed: number;
  connections: number;
  server: { allowHalfOpen: boolean; pauseOnConnect: boolean };
  client: { allowHalfOpen: boolean };
  /** Have the sockets 'data' listeners from the beginning? */
  listens: boolean;
  /** The actions of a step are done in one go; the next step waits until all is quiet. */
  steps: Action[][];
  hooks: Hook[];
}

const EVENTS = ['connect', 'data', 'end', 'finish', 'close', 'drain', 'error', 'ready'];
const ENCODINGS = [null, null, null, 'utf8', 'latin1', 'hex', 'utf16le'] as const;
/** Paused readers leave it to the buffers: what fits in a stream's is the same everywhere. */
const SMALL_BYTES = 600;
const LARGE_BYTES = 200_000;

/** [weight, what is done] */
const CHOICES: readonly (readonly [number, (random: SeededRandom, large: boolean) => Operation])[] =
  [
    [12, write],
    [4, end],
    [4, () => ({ kind: 'pause' })],
    [5, () => ({ kind: 'resume' })],
    [2, (random) => ({ kind: 'read', size: random.below(3) * 100 })],
    [2, (random) => ({ kind: 'destroy', error: random.chance(0.5) })],
    [1, () => ({ kind: 'resetAndDestroy' })],
    [1, () => ({ kind: 'destroySoon' })],
    [2, () => ({ kind: 'cork' })],
    [2, () => ({ kind: 'uncork' })],
    [1, () => ({ kind: 'noDelay' })],
    [1, () => ({ kind: 'keepAlive' })],
    [1, () => ({ kind: 'ref' })],
    [1, () => ({ kind: 'address' })],
    [1, () => ({ kind: 'late listener' })],
    [1, (random) => ({ kind: 'timeout', delayMs: 15 + random.below(3) })],
    [1, (random) => ({ kind: 'connect', refused: random.chance(0.2) })],
  ];

const TOTAL_WEIGHT = CHOICES.reduce((sum, [weight]) => sum + weight, 0);

export function programOf(seed: number): Program {
  const random = new SeededRandom(seed ^ 0xd1ff);
  // Large pieces and paused readers in one program would compare the sizes of kernel buffers.
  const large = random.chance(0.2);
  const connections = 1 + random.below(3);
  const program: Program = {
    seed,
    connections,
    server: {
      allowHalfOpen: random.chance(0.5),
      pauseOnConnect: !large && random.chance(0.2),
    },
    client: { allowHalfOpen: random.chance(0.5) },
    listens: large || random.chance(0.8),
    steps: [],
    hooks: [],
  };
  const count = 3 + random.below(14);
  for (let i = 0; i < count; i++) program.steps.push(stepOf(random, connections, large, i));
  const hooks = random.below(3);
  for (let i = 0; i < hooks; i++) {
    const event = EVENTS[random.below(EVENTS.length)];
    if (large && event === 'data') continue; // how large the first piece is tells of buffers, too
    const action = actionOf(random, connections, large);
    // (The runner waits before a reset, which within a listener it cannot.)
    if (action.operation.kind !== 'resetAndDestroy') program.hooks.push({ event, ...action });
  }
  return program;
}

/** As text that a person can read beside two traces that differ. */
export function describeProgram(program: Program): string {
  const { server, client } = program;
  const lines = [`server ${JSON.stringify(server)} client ${JSON.stringify(client)}`];
  for (const { event, ...action } of program.hooks) {
    lines.push(`  on ${event} of ${describeAction(action)}`);
  }
  for (const [i, step] of program.steps.entries()) {
    lines.push(`${String(i).padStart(3)}: ${step.map(describeAction).join('; ')}`);
  }
  return lines.join('\n');
}

function describeAction({ party, operation }: Action): string {
  const { kind, ...details } = operation;
  return `${party.side} ${party.connection}: ${kind} ${JSON.stringify(details)}`;
}

function stepOf(
  random: SeededRandom,
  connections: number,
  large: boolean,
  index: number,
): Action[] {
  // The first steps connect, most of the time with nothing else at the same moment.
  if (index < connections) {
    const party: Party = { connection: index, side: 'client' };
    const refused = random.chance(0.05);
    const step: Action[] = [{ party, operation: { kind: 'connect', refused } }];
    while (random.chance(0.3)) {
      const operation = operationOf(random, large);
      if (random.chance(0.5)) step.push({ party, operation });
      else step.unshift({ party, operation });
    }
    return step;
  }
  const step = [actionOf(random, connections, large)];
  while (random.chance(0.3)) step.push({ ...step[0], operation: operationOf(random, large) });
  return step;
}

function actionOf(random: SeededRandom, connections: number, large: boolean): Action {
  const side = random.chance(0.5) ? 'client' : 'accepted';
  const party: Party = { connection: random.below(connections), side };
  return { party, operation: operationOf(random, large) };
}

function operationOf(random: SeededRandom, large: boolean): Operation {
  let at = random.below(TOTAL_WEIGHT);
  for (const [weight, make] of CHOICES) {
    at -= weight;
    if (at >= 0) continue;
    const operation = make(random, large);
    const mayPause = operation.kind === 'pause' || operation.kind === 'late listener';
    return large && mayPause ? { kind: 'resume' } : operation;
  }
  throw new Error('weights do not add up');
}

function write(random: SeededRandom, large: boolean): Operation {
  const bytes = random.chance(0.1) ? 0 : random.below(large ? LARGE_BYTES : SMALL_BYTES);
  const encoding = ENCODINGS[random.below(ENCODINGS.length)];
  return { kind: 'write', bytes, encoding, callback: random.chance(0.5) };
}

function end(random: SeededRandom): Operation {
  const bytes = random.chance(0.5) ? 0 : random.below(SMALL_BYTES);
  return { kind: 'end', bytes, callback: random.chance(0.5) };
}
