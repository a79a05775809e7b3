/**
 * Loads TypeScript for the tests: what `npm run build:tests` has made of a file where that is not
 * older than the file, and else what tsx makes of it now.
 *
 * What the compiler emits is the faster: esbuild turns every import into a getter. And
 * modules are CommonJS, so that one hook does without the loader of modules that tsx would start
 * in a thread of every process.
 */
import { readFileSync, statSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EMITTED = join(ROOT, '.tests');

const require = createRequire(import.meta.url);
/** tsx, once there was need of it: it looks at every module that is loaded afterwards. */
let loadByTsx = null;

require.extensions['.ts'] = load;

function load(module, path) {
  const code = emittedFor(path);
  if (code !== null) {
    module._compile(code, path);
    return;
  }
  if (loadByTsx === null) {
    require('tsx/cjs');
    loadByTsx = require.extensions['.ts'];
    require.extensions['.ts'] = load;
  }
  loadByTsx(module, path);
}

/** @returns null where there is nothing, or the file has changed since */
function emittedFor(path) {
  const place = relative(ROOT, path);
  if (place.startsWith('..') || place.startsWith(`node_modules${sep}`)) return null;
  const emitted = join(EMITTED, place.replace(/ts$/, 'js'));
  const made = statSync(emitted, { throwIfNoEntry: false });
  if (made === undefined || made.mtimeMs < statSync(path).mtimeMs) return null;
  return readFileSync(emitted, 'utf8');
}

register('./hooks.mjs', import.meta.url);
