/**
 * A network in one process: hosts, each with a stack of its own, and routers, joined by links with
 * all that goes wrong on them.
 *
 *     const { clock, hosts } = simulate({
 *       seed: 7,
 *       hosts: { alice: {}, bob: {} },
 *       routers: ['west', 'east'],
 *       paths: [
 *         ['alice', { delayMs: 1 }, 'west', { rate: 1e8, delayMs: 20 }, 'east', {}, 'bob'],
 *       ],
 *     });
 *
 * One clock turns everything and one seed decides everything: same seed, same packets, same
 * microseconds.
 */
import type { StackOptions } from '../../types/stack';
import type { ImpairedPath } from '../link/path/impaired-path';
import { Stack } from '../stack/stack';
import { SeededRandom } from '../support/random';
import { renewSlabs } from '../support/slab';
import { IpAddress } from '../wire/ip-address';
import {
  type HostOptions,
  type LinkChange,
  linksOf,
  type NetworkLinkOptions,
  type NetworkOptions,
} from './network-options';
import { Router, RouterPort } from './router';
import { SimulatedLink } from './simulated-link';
import { findRoutes } from './topology';
import { VirtualClock } from './virtual-clock';
import { joinEnds, type WireEnd } from './wire-end';

export interface SimulatedHost {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
  readonly stack: Stack;
  /** The host's ends of its links, in the order of `paths` and `links`. */
  readonly links: readonly SimulatedLink[];
}

export interface SimulatedNetwork<Host extends string = string, Node extends string = string> {
  readonly clock: VirtualClock;
  readonly hosts: Readonly<Record<Host, SimulatedHost>>;
  readonly routers: Readonly<Record<Node, Router>>;
  /** For each link both its ends; each end's `outgoing` is one direction. */
  readonly links: ReadonlyArray<readonly [WireEnd, WireEnd]>;
  /**
   * The direction from one node to its neighbour.
   * @throws RangeError where they are not joined
   */
  path(from: Host | Node, to: Host | Node): ImpairedPath;
  /** Runs `fn` when the clock shows `ms`. */
  at(ms: number, fn: () => void): void;
  /**
   * Packets for a host leave a router towards another neighbour from now on.
   * @throws RangeError where they are not joined
   */
  reroute(router: Node, to: Host, via: Host | Node): void;
  /** Closes every stack. What is on its way is dropped. */
  close(): void;
}

/** @throws RangeError for names, addresses and impairments that make no sense */
export function simulate<Host extends string, Node extends string = never>(
  options: NetworkOptions<Host, Node>,
): SimulatedNetwork<Host, Node> {
  renewSlabs(); // their ends decide in which pieces a user is handed his text
  return new NetworkBuilder(options).build();
}

class NetworkBuilder<Host extends string, Node extends string> {
  readonly #options: NetworkOptions<Host, Node>;
  readonly #links: ReadonlyArray<NetworkLinkOptions<Host | Node>>;
  readonly #clock: VirtualClock;
  readonly #seeds: SeededRandom;
  readonly #names: Host[];
  readonly #addresses: Map<string, IpAddress[]>;
  readonly #routers: Record<Node, Router>;
  readonly #ends: Array<readonly [WireEnd, WireEnd]> = [];
  readonly #hosts = {} as Record<Host, SimulatedHost>;

  constructor(options: NetworkOptions<Host, Node>) {
    this.#options = options;
    this.#links = [...linksOf(options.paths ?? []), ...(options.links ?? [])];
    this.#clock = options.clock ?? new VirtualClock();
    this.#seeds = new SeededRandom(options.seed);
    this.#names = Object.keys(options.hosts) as Host[];
    this.#addresses = addressesOf(options.hosts);
    this.#routers = makeRouters(options.routers ?? []);
  }

  build(): SimulatedNetwork<Host, Node> {
    const edges = this.#links.map(({ between }) => ({ nodes: between }));
    const routes = findRoutes(edges, this.#names, (node) => Object.hasOwn(this.#routers, node));
    this.#links.forEach((link, index) => {
      const end = (side: 0 | 1) =>
        this.#makeEnd(link, side, (node, host) => {
          return routes.next(node, host) === index;
        });
      const ends = [end(0), end(1)] as const;
      joinEnds(ends[0], ends[1], this.#wireOptions(link));
      this.#ends.push(ends);
    });
    for (const router of Object.keys(this.#routers) as Node[]) {
      for (const host of this.#names) {
        const index = routes.next(router, host);
        if (index !== -1) this.#setRoute(router, host, index);
      }
    }
    for (const name of this.#names) this.#hosts[name] = this.#makeHost(name);
    this.#scheduleChanges();
    return this.#network();
  }

  #network(): SimulatedNetwork<Host, Node> {
    return {
      clock: this.#clock,
      hosts: this.#hosts,
      routers: this.#routers,
      links: this.#ends,
      path: (from, to) => this.#endOf(from, to).outgoing,
      at: (ms, fn) => void this.#clock.schedule(ms, fn),
      reroute: (router, to, via) => this.#reroute(router, to, via),
      close: () => {
        for (const name of this.#names) this.#hosts[name].stack.close();
        for (const router of Object.values<Router>(this.#routers)) router.close();
      },
    };
  }

  #makeEnd(
    { between, mtu = 1500 }: NetworkLinkOptions<Host | Node>,
    side: 0 | 1,
    leads: (node: string, host: string) => boolean,
  ): WireEnd {
    const node = between[side];
    const name = `${node}-${between[1 - side]}`;
    if (Object.hasOwn(this.#routers, node))
      return new RouterPort(this.#routers[node as Node], name, mtu);
    const addresses = this.#addresses.get(node);
    if (addresses === undefined) throw new RangeError(`no host is called ${node}`);
    const reaches = (destination: IpAddress): boolean =>
      this.#names.some((host) => {
        const own = this.#addresses.get(host)!;
        return own.some((one) => one.equals(destination)) && leads(node, host);
      });
    return new SimulatedLink({ name, addresses }, reaches, mtu);
  }

  #wireOptions(link: NetworkLinkOptions<Host | Node>) {
    const { between, mtu, there, back, outages, changes, changesThere, changesBack, ...both } =
      link;
    return {
      clock: this.#clock,
      seed: this.#seeds.next32(),
      there: { ...both, ...there },
      back: { ...both, ...back },
    };
  }

  #makeHost(name: Host): SimulatedHost {
    const links = this.#ends.flat().filter((end, i): end is SimulatedLink => {
      return this.#links[i >> 1].between[i & 1] === name && end instanceof SimulatedLink;
    });
    const host = this.#options.hosts[name];
    const stack = new Stack(stackOptions(host, links, this.#clock, this.#seeds.next32()));
    return { name, addresses: this.#addresses.get(name)!, stack, links };
  }

  #endOf(from: string, to: string): WireEnd {
    for (let i = 0; i < this.#links.length; i++) {
      const side = this.#links[i].between.indexOf(from as Host | Node);
      if (side !== -1 && this.#links[i].between[1 - side] === to) return this.#ends[i][side];
    }
    throw new RangeError(`${from} and ${to} are not joined`);
  }

  #setRoute(router: Node, host: Host, index: number): void {
    const side = this.#links[index].between.indexOf(router);
    const port = this.#ends[index][side] as RouterPort;
    for (const address of this.#addresses.get(host)!) this.#routers[router].route(address, port);
  }

  #reroute(router: Node, to: Host, via: Host | Node): void {
    const port = this.#endOf(router, via);
    if (!(port instanceof RouterPort)) throw new RangeError(`${router} is no router`);
    const addresses = this.#addresses.get(to);
    if (addresses === undefined) throw new RangeError(`no host is called ${to}`);
    for (const address of addresses) port.router.route(address, port);
  }

  #scheduleChanges(): void {
    this.#links.forEach((link, index) => {
      const [{ outgoing: there, incoming: back }] = this.#ends[index];
      const { changes = [], changesThere = [], changesBack = [], outages = [] } = link;
      for (const change of [...changes, ...changesThere]) this.#scheduleChange(there, change);
      for (const change of [...changes, ...changesBack]) this.#scheduleChange(back, change);
      for (const [from, to] of outages) {
        for (const path of [there, back]) {
          this.#scheduleChange(path, { atMs: from, down: true });
          this.#scheduleChange(path, { atMs: to, down: false });
        }
      }
    });
    for (const { atMs, router, to, via } of this.#options.routeChanges ?? []) {
      this.#endOf(router, via);
      this.#clock.schedule(atMs, () => this.#reroute(router, to, via));
    }
  }

  #scheduleChange(path: ImpairedPath, { atMs, ...change }: LinkChange): void {
    this.#clock.schedule(atMs, () => path.impair(change));
  }
}

function makeRouters<Node extends string>(names: readonly Node[]): Record<Node, Router> {
  const routers = {} as Record<Node, Router>;
  names.forEach((name, i) => {
    const addresses = [`10.255.${i >> 8}.${(i & 255) + 1}`, `fd00:255::${(i + 1).toString(16)}`];
    routers[name] = new Router(
      name,
      addresses.map((text) => IpAddress.parse(text)!),
    );
  });
  return routers;
}

function stackOptions(
  host: HostOptions,
  links: SimulatedLink[],
  clock: VirtualClock,
  seed: number,
): StackOptions {
  const random = new SeededRandom(seed);
  const { address: _, ...options } = host;
  return { ...options, links, clock, random: (target) => random.fill(target) };
}

function addressesOf(hosts: Record<string, HostOptions>): Map<string, IpAddress[]> {
  const all = new Map<string, IpAddress[]>();
  Object.entries(hosts).forEach(([name, { address }], i) => {
    const given = address ?? `10.0.${(i + 1) >> 8}.${(i + 1) & 255}`;
    const texts = typeof given === 'string' ? [given] : given;
    const parsed = texts.map((text) => {
      const one = IpAddress.parse(text);
      if (one === null) throw new RangeError(`${name} has an address that is none: ${text}`);
      return one;
    });
    all.set(name, parsed);
  });
  return all;
}
