/** All mutants of the engine, and a seeded sample of them that touches every file. */
import { readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { SeededRandom } from '../../lib/support/random';
import { applyChange, type Change, findChanges } from './operators';
import { compileModule, toCommonJs } from './workspace';

export interface Mutant {
  /** lib/tcp/…, and the line counted from 1. */
  file: string;
  line: number;
  /** The line as it stands there. */
  text: string;
  change: Change;
  /** The whole file with the change made, as `require` wants it. */
  code: () => string;
}

/** Least number of mutants of a file that has so many. */
const LEAST_PER_FILE = 3;

export function findMutants(root: string): Mutant[] {
  const folder = join(root, 'lib', 'tcp');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .flatMap((name) => mutantsOf(root, join('lib', 'tcp', name)));
}

function mutantsOf(root: string, file: string): Mutant[] {
  const source = readFileSync(join(root, file), 'utf8');
  const lines = source.split('\n');
  const { code, map } = compileModule(source);
  const places = new SourceMap(JSON.parse(map));
  return findChanges(code).map((change) => {
    const before = code.slice(0, change.start);
    const row = before.split('\n').length - 1;
    const column = change.start - (before.lastIndexOf('\n') + 1);
    const { originalLine = 0 } = places.findEntry(row, column) as { originalLine?: number };
    return {
      file,
      line: originalLine + 1,
      text: lines[originalLine].trim(),
      change,
      code: () => toCommonJs(applyChange(code, change), 'js'),
    };
  });
}

/** `count` mutants, each file's share by its size; in the order of the files and lines. */
export function drawSample(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  const random = new SeededRandom(seed);
  const files = [...new Set(mutants.map(({ file }) => file))];
  const chosen = files.flatMap((file) => {
    const own = shuffle(
      mutants.filter((mutant) => mutant.file === file),
      random,
    );
    const share = Math.round((count * own.length) / mutants.length);
    return own.slice(0, Math.max(share, LEAST_PER_FILE));
  });
  const order = new Map(mutants.map((mutant, i) => [mutant, i]));
  return chosen.sort((a, b) => order.get(a)! - order.get(b)!);
}

function shuffle<Item>(items: Item[], random: SeededRandom): Item[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random.fraction() * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}
