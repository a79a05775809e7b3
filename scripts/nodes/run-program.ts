/** Runs a program of a checkout under a release of Node. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Release } from './release';

export interface Ended {
  status: number | null;
  output: string;
}

/**
 * @param program 'node', a command of the packages in `folder`, or the path of a script
 * @returns its standard output; what it says of errors goes to ours
 */
export async function runProgram(
  release: Release,
  folder: string,
  program: string,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const node = join(release.folder, 'bin', 'node');
  const script = isAbsolute(program) ? program : join(folder, 'node_modules', '.bin', program);
  const child = spawn(node, program === 'node' ? args : [script, ...args], {
    cwd: folder,
    env: { ...environment(release), ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [status] = await once(child, 'close');
  return { status, output };
}

/** Variables that speak of the package, the folder and the Node of whoever started this. */
const OF_ANOTHER = /^(tap_|npm_(?!config_(registry|cache|userconfig)$))/i;

/**
 * As a shell of somebody who has that Node only. `CI` would make a failure of each skipped test;
 * here the one who counts decides, for a release may lack what another has.
 */
function environment(release: Release): NodeJS.ProcessEnv {
  const path = [join(release.folder, 'bin'), process.env.PATH ?? ''].join(delimiter);
  const kept = Object.entries(process.env).filter(
    ([name]) => name !== 'CI' && name !== 'NODE_OPTIONS' && !OF_ANOTHER.test(name),
  );
  return { ...Object.fromEntries(kept), PATH: path };
}
