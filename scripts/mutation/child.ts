/**
 * The process that meets one mutant: node child.js TARGET MUTANT TEST…
 *
 * Loads the mutant instead of TARGET and runs the test files in order, until something fails:
 * status 0 says that nothing has noticed the mutant. `-` for both: the program as it is.
 */
import { readFileSync } from 'node:fs';
import Module from 'node:module';
import tap from 'tap';

/** It is `quick-tap` that stands here as tap. */
const root = tap as unknown as { finish(): Promise<void> };

interface Compiling {
  _compile(source: string, path: string): void;
}
type Loader = (module: Compiling, path: string) => void;

/** Marks a line that says which file is run now. */
const BEGINS = '@ ';

const [, , target, mutant, ...tests] = process.argv;
const loaders = (Module as unknown as { _extensions: Record<string, Loader> })._extensions;
const load = loaders['.js'];
loaders['.js'] = (module, path) => {
  if (path === target) module._compile(readFileSync(mutant, 'utf8'), path);
  else load(module, path);
};

process.on('uncaughtException', (error) => {
  process.stdout.write(`uncaught: ${error.message}\n`);
  process.exit(1);
});

async function main(): Promise<void> {
  for (const test of tests) {
    process.stdout.write(`${BEGINS}${test}\n`);
    require(test);
    await root.finish();
  }
  process.exit(0);
}

main();
