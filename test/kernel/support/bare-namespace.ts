/** A network namespace of a test's own with nothing in it but its loopback. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { ip } from './namespace';

let made = 0;
const standing = new Set<BareNamespace>();
// Also when the test has failed half-way.
process.once('exit', () => {
  for (const space of standing) space.remove();
});

export class BareNamespace {
  readonly name = `usernet-bare-${process.pid}-${++made}`;

  constructor() {
    if (made === 1) sweep();
    standing.add(this);
    ip('netns', 'add', this.name);
    ip('-n', this.name, 'link', 'set', 'lo', 'up');
  }

  /** `ip` with its arguments, in the namespace. */
  ip(...args: string[]): void {
    ip('-n', this.name, ...args);
  }

  /** Runs a program in the namespace. @returns what it prints */
  run(...command: string[]): string {
    const args = ['netns', 'exec', this.name, ...command];
    return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Takes it down again, with the devices in it. */
  readonly remove = (): void => {
    standing.delete(this);
    try {
      execFileSync('ip', ['netns', 'del', this.name], { stdio: 'ignore' });
    } catch {
      // It is gone, or never was.
    }
  };
}

/** What tests have left that were killed: their process is no more. */
function sweep(): void {
  for (const name of existsSync('/run/netns') ? readdirSync('/run/netns') : []) {
    const pid = /^usernet-bare-(\d+)-\d+$/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    try {
      execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
    } catch {
      // Another test has swept it meanwhile.
    }
  }
}
