/** A copy of the project, installed by the Node that is to run it. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Release } from './release';
import { runProgram } from './run-program';

/** @returns the folder: what git knows of `root`, with its packages, addons and `dist` built */
export async function checkout(root: string, folder: string, release: Release): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  for (const name of filesOf(root)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    cpSync(join(root, name), join(folder, name));
  }
  const make = async (program: string, ...args: string[]): Promise<void> => {
    const { status } = await runProgram(release, folder, program, args, {
      npm_config_nodedir: release.folder,
    });
    if (status !== 0) throw new Error(`${args.join(' ')} under Node ${release.version} failed`);
  };
  await make(findNpm(), 'ci', '--no-audit', '--no-fund');
  await make(findNpm(), 'run', 'build:tests');
  await make('tap', 'build');
  return folder;
}

/** Tracked and new files, without what is ignored. */
function filesOf(root: string): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const gone = execFileSync('git', ['ls-files', '-z', '--deleted'], {
    cwd: root,
    encoding: 'utf8',
  });
  const deleted = new Set(gone.split('\0'));
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0');
  return listed.filter((name) => name !== '' && !deleted.has(name));
}

/** The packages bring Node alone: npm is the one of the Node that runs this. */
function findNpm(): string {
  if (process.env.npm_execpath !== undefined) return process.env.npm_execpath;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      return realpathSync(join(folder, 'npm'));
    } catch {
      // not here
    }
  }
  throw new Error('npm is not in the PATH');
}
