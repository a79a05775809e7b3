/**
 * A program of the tests as one file of JavaScript, which Node starts in a tenth of the time that it
 * takes through a loader of TypeScript. Made once for each process, and removed at its end.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

// tsx brings it along.
const { buildSync } = createRequire(require.resolve('tsx/package.json'))(
  'esbuild',
) as typeof import('esbuild');

/** Below the project, so that packages are found from there; git and the test runner look past it. */
const PLACE = join(__dirname, '..', '..', 'node_modules', '.cache', 'usernet-tests');

const made = new Map<string, string>();
let folder: string | null = null;

/** @returns path of the JavaScript for the program at `path` */
export function compiled(path: string): string {
  const known = made.get(path);
  if (known !== undefined) return known;
  const outfile = join(ownFolder(), basename(path).replace(/\.ts$/, '.js'));
  buildSync({
    entryPoints: [path],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
  });
  made.set(path, outfile);
  return outfile;
}

function ownFolder(): string {
  if (folder !== null) return folder;
  mkdirSync(PLACE, { recursive: true });
  const own = mkdtempSync(join(PLACE, `${process.pid}-`));
  chmodSync(own, 0o755); // tests run programs as other users, too
  process.once('exit', () => rmSync(own, { recursive: true, force: true }));
  folder = own;
  return own;
}
