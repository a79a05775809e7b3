/**
 * A network namespace of a test's own, joined to ours by a veth pair: a kernel of its own as far as
 * TCP is concerned, over a network of 1,500 bytes. Nothing but the test is on that network.
 */
import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { IpAddress } from '../../../lib/wire/ip-address';

/** Where a network of four addresses is looked for that nobody here uses: 10.77.0.0/16. */
export const NETWORKS = 16_384;

export class Namespace {
  readonly name = `usernet-test-${process.pid}`;
  /** Names of our end of the veth pair, and of the namespace's. */
  readonly device = `un${process.pid}a`;
  readonly peerDevice = `un${process.pid}b`;
  /** Our address and the namespace's. */
  readonly address: string;
  readonly peerAddress: string;

  /** The same in IPv6: of a network of this process's own, and of the link. */
  readonly address6 = address6In(1);
  readonly peerAddress6 = address6In(2);
  readonly linkLocal = 'fe80::1';
  readonly peerLinkLocal = 'fe80::2';

  constructor() {
    const prefix = choosePrefix();
    this.address = addressIn(prefix, 1);
    this.peerAddress = addressIn(prefix, 2);
    process.once('exit', this.remove); // also when the test has failed half-way
    try {
      this.#create();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** What the namespace's kernel has counted (`/proc/net/snmp`, the lines of Tcp), by name. */
  countersOfTcp(): Record<string, number> {
    const text = this.run('cat', '/proc/net/snmp');
    const [names, values] = text
      .split('\n')
      .filter((line) => line.startsWith('Tcp:'))
      .map((line) => line.split(' ').slice(1));
    return Object.fromEntries(names.map((name, i) => [name, Number(values[i])]));
  }

  /** Runs a program in the namespace. @returns what it prints */
  run(...command: string[]): string {
    const args = ['netns', 'exec', this.name, ...command];
    return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Takes everything down again. The pair goes with the namespace. */
  readonly remove = (): void => {
    process.off('exit', this.remove);
    for (const args of [
      ['netns', 'del', this.name],
      ['link', 'del', this.device],
    ]) {
      try {
        execFileSync('ip', args, { stdio: 'ignore' });
      } catch {
        // It is gone, or never was.
      }
    }
  };

  #create(): void {
    const { name, device, peerDevice, address, peerAddress } = this;
    ip('netns', 'add', name);
    ip('link', 'add', device, 'type', 'veth', 'peer', 'name', peerDevice, 'netns', name);
    // No router solicitations: what is on this network is the test's alone.
    ip('link', 'set', device, 'addrgenmode', 'none');
    ip('-n', name, 'link', 'set', peerDevice, 'addrgenmode', 'none');
    ip('address', 'add', `${address}/30`, 'dev', device);
    ip('-n', name, 'address', 'add', `${peerAddress}/30`, 'dev', peerDevice);
    for (const own of [this.address6, this.linkLocal]) {
      ip('-6', 'address', 'add', `${own}/64`, 'dev', device, 'nodad');
    }
    for (const own of [this.peerAddress6, this.peerLinkLocal]) {
      ip('-n', name, '-6', 'address', 'add', `${own}/64`, 'dev', peerDevice, 'nodad');
    }
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'link', 'set', peerDevice, 'up');
    ip('link', 'set', device, 'up');
  }
}

export function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/**
 * @param from where to begin looking, beside the process's own number
 * @returns the number of a network in which no address is ours, nor routed anywhere
 */
export function choosePrefix(from = 0): number {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const taken = new Set(own.map(({ address }) => address));
  const routes = execFileSync('ip', ['-4', 'route', 'show', 'table', 'all'], { encoding: 'utf8' });
  for (let i = 0; i < NETWORKS; i++) {
    const prefix = (process.pid + from + i) % NETWORKS;
    const addresses = [0, 1, 2, 3].map((host) => addressIn(prefix, host));
    if (!addresses.some((one) => taken.has(one) || routes.includes(one))) return prefix;
  }
  throw new Error('no free network in 10.77.0.0/16');
}

/** In a network of unique local addresses (RFC 4193) that is named after the process. */
export function address6In(host: number, network = 0): string {
  const pid = process.pid >>> 0;
  const [high, low] = [pid >>> 16, pid & 0xffff].map((half) => half.toString(16));
  return IpAddress.parse(`fd77:${high}:${low}:${network}::${host}`)!.text;
}

export function addressIn(prefix: number, host: number): string {
  return `10.77.${prefix >> 6}.${((prefix & 63) << 2) + host}`;
}
