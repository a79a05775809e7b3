/**
 * Two network namespaces joined by a veth pair, with one congestion control in both, so that the
 * host's own settings do not count: `near`, where the benchmark runs, and `far`, where its peer is.
 */
import { execFileSync } from 'node:child_process';

export class TwoNamespaces {
  readonly near = `usernet-bench-${process.pid}-near`;
  readonly far = `usernet-bench-${process.pid}-far`;
  /** Address of the far end of the pair. */
  readonly farAddress = '10.78.0.2';
  readonly #nearAddress = '10.78.0.1';

  /** @throws Error where `ip` or the privilege is missing */
  constructor(congestionControl: string) {
    process.once('exit', this.remove);
    for (const name of [this.near, this.far]) {
      run('ip', 'netns', 'add', name);
      run('ip', '-n', name, 'link', 'set', 'lo', 'up');
      const setting = `net.ipv4.tcp_congestion_control=${congestionControl}`;
      run('ip', 'netns', 'exec', name, 'sysctl', '-qw', setting);
    }
    const pair = ['veth0', 'type', 'veth', 'peer', 'name', 'veth0', 'netns', this.far];
    run('ip', '-n', this.near, 'link', 'add', ...pair);
    for (const [name, address] of [
      [this.near, this.#nearAddress],
      [this.far, this.farAddress],
    ]) {
      run('ip', '-n', name, 'address', 'add', `${address}/30`, 'dev', 'veth0');
      run('ip', '-n', name, 'link', 'set', 'veth0', 'up');
    }
  }

  readonly remove = (): void => {
    process.off('exit', this.remove);
    for (const name of [this.near, this.far]) {
      try {
        execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
      } catch {
        // It is gone, or never was.
      }
    }
  };
}

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
