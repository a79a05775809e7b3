/** A compiled copy of the engine and its tests, in a folder of its own. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

// tsx brings it along.
const esbuild = createRequire(require.resolve('tsx/package.json'))(
  'esbuild',
) as typeof import('esbuild');

const TESTS = ['tcp', 'conformance', 'textbook'];
const FOLDERS = ['lib', ...TESTS.map((name) => `test/${name}`), 'test/support'];
/** Beside these: the golden table of throughput, which shows what moves recovery or congestion. */
const GOLDEN_TEST = 'test/sim/golden-grid.test';
const GOLDEN_TABLE = 'throughput.golden.txt';

export interface Workspace {
  folder: string;
  /** Test files, from the folder, as JavaScript. */
  tests: string[];
  child: string;
}

/** A module without its types, and where each of its places was. */
export function compileModule(source: string): { code: string; map: string } {
  return esbuild.transformSync(source, { loader: 'ts', format: 'esm', sourcemap: true });
}

/** As `require` wants it. */
export function toCommonJs(source: string, loader: 'ts' | 'js'): string {
  return esbuild.transformSync(source, { loader, format: 'cjs', platform: 'node' }).code;
}

/** Makes the copy. Whoever asks for it removes its folder. */
export function createWorkspace(root: string): Workspace {
  const folder = mkdtempSync(join(tmpdir(), 'usernet-mutants-'));
  const compile = (from: string, to: string): void => {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    writeFileSync(join(folder, to), toCommonJs(readFileSync(join(root, from), 'utf8'), 'ts'));
  };
  for (const part of FOLDERS) {
    for (const name of listSources(join(root, part))) {
      const path = join(part, name);
      compile(path, path.replace(/\.ts$/, '.js'));
    }
  }
  for (const path of [GOLDEN_TEST, 'benchmarks/support/golden-grid']) {
    compile(`${path}.ts`, `${path}.js`);
  }
  copyFileSync(join(root, GOLDEN_TABLE), join(folder, GOLDEN_TABLE));
  linkModules(root, folder);
  compile('scripts/mutation/quick-tap.ts', 'node_modules/tap/index.js');
  compile('scripts/mutation/child.ts', 'child.js');
  const tests = TESTS.flatMap((part) =>
    listSources(join(root, 'test', part))
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => join('test', part, name.replace(/\.ts$/, '.js'))),
  );
  return { folder, tests: [...tests, `${GOLDEN_TEST}.js`], child: join(folder, 'child.js') };
}

function listSources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .sort();
}

/** Every package but tap. */
function linkModules(root: string, folder: string): void {
  const target = join(folder, 'node_modules');
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name === 'tap' || name.startsWith('.')) continue;
    symlinkSync(join(root, 'node_modules', name), join(target, name));
  }
}

/** Every file of the workspace that loading `file` loads, itself included. */
export function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/require\("(\.[^"]+)"\)/g)) {
    loadedBy(`${join(dirname(file), specifier)}.js`, seen);
  }
  return seen;
}
