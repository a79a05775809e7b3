/**
 * Two namespaces in a row: a router that is joined to us, and behind it a far host with a kernel of
 * its own. What the router's links carry, and where it knows the way, changes at a test's word.
 */
import { execFileSync } from 'node:child_process';
import { address6In, addressIn, choosePrefix, ip, NETWORKS } from './namespace';

export class RoutedPath {
  readonly #router = `usernet-router-${process.pid}`;
  /** Name of the namespace of the far host. */
  readonly far = `usernet-far-${process.pid}`;
  /** Our device, and the router's devices towards us and towards the far host. */
  readonly device = `ur${process.pid}a`;
  readonly #nearSide = `ur${process.pid}b`;
  readonly #farSide = `ur${process.pid}c`;
  readonly #farDevice = `ur${process.pid}d`;
  readonly #farNetwork = choosePrefix(NETWORKS / 2);
  readonly address: string;
  readonly routerAddress: string;
  readonly farAddress: string;
  /** The same in IPv6. */
  readonly address6 = address6In(1, 1);
  readonly #routerAddress6 = address6In(2, 1);
  readonly #routerFarAddress6 = address6In(2, 2);
  readonly farAddress6 = address6In(1, 2);
  /** An address that the router has no route to. */
  readonly nobody6 = address6In(1, 3);
  /** An address behind the router that nobody has. */
  readonly nobody: string;
  readonly #routerFarAddress = addressIn(this.#farNetwork, 2);

  constructor() {
    const near = choosePrefix(NETWORKS / 4);
    this.address = addressIn(near, 1);
    this.routerAddress = addressIn(near, 2);
    this.farAddress = addressIn(this.#farNetwork, 1);
    this.nobody = addressIn(choosePrefix(NETWORKS / 2 + 1), 1);
    process.once('exit', this.remove); // also when the test has failed half-way
    try {
      this.#create();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /**
   * From now on the router passes on no packet towards the far host, or towards us, that is longer.
   */
  narrow(towards: 'far' | 'us', mtu: number): void {
    const device = towards === 'far' ? this.#farSide : this.#nearSide;
    ip('-n', this.#router, 'link', 'set', device, 'mtu', String(mtu));
  }

  /**
   * As it was at first: wide, and no kernel remembers that it was ever otherwise, for routes that
   * are made anew know nothing.
   */
  widen(): void {
    for (const towards of ['far', 'us'] as const) this.narrow(towards, 1500);
    for (const action of ['del', 'add']) {
      ip('-n', this.far, 'route', action, 'default', 'via', this.#routerFarAddress);
      for (const target of [`${addressIn(this.#farNetwork, 0)}/30`, `${this.nobody}/32`]) {
        ip('route', action, target, 'via', this.routerAddress, 'dev', this.device);
      }
    }
  }

  /**
   * How the router treats packets for the address that nobody has (ip-route(8)), or for the far
   * host.
   */
  route(kind: 'unreachable' | 'prohibit' | 'throw' | 'none', address = this.nobody): void {
    if (kind === 'none') ip('-n', this.#router, 'route', 'del', `${address}/32`);
    else ip('-n', this.#router, 'route', 'replace', kind, `${address}/32`);
  }

  /** Runs a program at the far host. @returns what it prints */
  run(...command: string[]): string {
    const args = ['netns', 'exec', this.far, ...command];
    return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Takes everything down again. The pairs, and our route, go with the namespaces. */
  readonly remove = (): void => {
    process.off('exit', this.remove);
    for (const args of [
      ['netns', 'del', this.#router],
      ['netns', 'del', this.far],
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
    const router = this.#router;
    ip('netns', 'add', router);
    ip('netns', 'add', this.far);
    this.#join(this.device, [], this.#nearSide, router);
    this.#join(this.#farDevice, ['-n', this.far], this.#farSide, router);
    ip('address', 'add', `${this.address}/30`, 'dev', this.device);
    ip('-n', router, 'address', 'add', `${this.routerAddress}/30`, 'dev', this.#nearSide);
    ip('-n', router, 'address', 'add', `${this.#routerFarAddress}/30`, 'dev', this.#farSide);
    ip('-n', this.far, 'address', 'add', `${this.farAddress}/30`, 'dev', this.#farDevice);
    ip('-n', this.far, 'link', 'set', 'lo', 'up');
    ip('-n', this.far, 'link', 'set', this.#farDevice, 'up');
    ip('-n', router, 'link', 'set', this.#nearSide, 'up');
    ip('-n', router, 'link', 'set', this.#farSide, 'up');
    ip('link', 'set', this.device, 'up');
    ip('-n', this.far, 'route', 'add', 'default', 'via', this.#routerFarAddress);
    for (const target of [`${addressIn(this.#farNetwork, 0)}/30`, `${this.nobody}/32`]) {
      ip('route', 'add', target, 'via', this.routerAddress, 'dev', this.device);
    }
    this.#createIpv6();
    const settings = [
      'net.ipv4.ip_forward=1',
      'net.ipv4.icmp_ratelimit=0',
      'net.ipv6.conf.all.forwarding=1',
      'net.ipv6.icmp.ratelimit=0',
    ];
    for (const setting of settings) {
      execFileSync('ip', ['netns', 'exec', router, 'sysctl', '-qw', setting]);
    }
  }

  #createIpv6(): void {
    const router = ['-n', this.#router];
    const far = ['-n', this.far];
    for (const [where, own, device] of [
      [[], this.address6, this.device],
      [router, this.#routerAddress6, this.#nearSide],
      [router, this.#routerFarAddress6, this.#farSide],
      // A router asks for its neighbours from link-local addresses.
      [router, 'fe80::1', this.#nearSide],
      [router, 'fe80::1', this.#farSide],
      [far, this.farAddress6, this.#farDevice],
    ] as const) {
      ip(...where, '-6', 'address', 'add', `${own}/64`, 'dev', device, 'nodad');
    }
    for (const target of [this.farAddress6, this.nobody6]) {
      ip('-6', 'route', 'add', `${target}/128`, 'via', this.#routerAddress6, 'dev', this.device);
    }
    ip(...far, '-6', 'route', 'add', 'default', 'via', this.#routerFarAddress6);
  }

  #join(device: string, where: string[], peerDevice: string, router: string): void {
    const peer = ['peer', 'name', peerDevice, 'netns', router];
    ip(...where, 'link', 'add', device, 'type', 'veth', ...peer);
    // No router solicitations: what is on this network is the test's alone.
    ip(...where, 'link', 'set', device, 'addrgenmode', 'none');
    ip('-n', router, 'link', 'set', peerDevice, 'addrgenmode', 'none');
  }
}
