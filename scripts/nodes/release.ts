/** A release of Node from npm, with its headers. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Release {
  major: string;
  version: string;
  /** Where `bin/node` and `include/node` are. */
  folder: string;
}

/** Where releases stay once they have been installed, each in a folder named after its major. */
export function releasesFolder(): string {
  return process.env.USERNET_NODES ?? join(tmpdir(), 'usernet-nodes');
}

/** Takes the newest of that major release; one that is there already costs a question. */
export async function installRelease(major: string, folder: string): Promise<Release> {
  const name = `node-${process.platform}-${process.arch}`;
  mkdirSync(folder, { recursive: true });
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder];
  execFileSync('npm', [...args, `${name}@${major}`], { cwd: folder, stdio: 'pipe' });
  const found = join(folder, 'node_modules', name);
  const { version } = JSON.parse(readFileSync(join(found, 'package.json'), 'utf8'));
  return { major, version, folder: found };
}
