/**
 * A network in one process: hosts, each with a stack of its own, joined by simulated links.
 *
 *     const { clock, hosts } = simulate({
 *       seed: 7,
 *       hosts: { alice: { address: '10.0.0.1' }, bob: { address: '10.0.0.2' } },
 *       links: [{ between: ['alice', 'bob'], delayMs: 20, loss: 0.05 }],
 *     });
 *
 * One clock turns everything and one seed decides everything: same seed, same packets, same
 * microseconds. A link joins exactly two hosts, and a host reaches those it is joined to.
 */
import type { StackLimits, StackOptions } from '../../types/stack';
import type { TcpConfig } from '../../types/tcp';
import { Stack } from '../stack/stack';
import { SeededRandom } from '../support/random';
import { IpAddress } from '../wire/ip-address';
import type { Impairments } from './impairments';
import { SimulatedLink } from './simulated-link';
import { VirtualClock } from './virtual-clock';

export interface HostOptions {
  /** One address, or one of each family. */
  address: string | readonly string[];
  tcp?: Partial<TcpConfig>;
  limits?: Partial<StackLimits>;
  /** As in `StackOptions`: for tests that choose their sequence numbers. */
  initialSequence?: () => number;
}

/** Impairments named here hold for both directions, `there` and `back` for one. */
export interface NetworkLinkOptions<Name extends string> extends Partial<Impairments> {
  between: readonly [Name, Name];
  /** Bytes; 1500 unless given. */
  mtu?: number;
  there?: Partial<Impairments>;
  back?: Partial<Impairments>;
}

export interface NetworkOptions<Name extends string> {
  seed: number;
  hosts: Record<Name, HostOptions>;
  links: ReadonlyArray<NetworkLinkOptions<Name>>;
  clock?: VirtualClock;
}

export interface SimulatedHost {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
  readonly stack: Stack;
  /** The host's ends of its links, in the order of `NetworkOptions.links`. */
  readonly links: readonly SimulatedLink[];
}

export interface SimulatedNetwork<Name extends string> {
  readonly clock: VirtualClock;
  readonly hosts: Readonly<Record<Name, SimulatedHost>>;
  /** For each link both its ends; each end's `outgoing` is one direction. */
  readonly links: ReadonlyArray<readonly [SimulatedLink, SimulatedLink]>;
  /** Closes every stack. What is on its way is dropped. */
  close(): void;
}

/** @throws RangeError for names, addresses and impairments that make no sense */
export function simulate<Name extends string>(
  options: NetworkOptions<Name>,
): SimulatedNetwork<Name> {
  const clock = options.clock ?? new VirtualClock();
  const seeds = new SeededRandom(options.seed);
  const names = Object.keys(options.hosts) as Name[];
  const addresses = addressesOf(options.hosts);
  const ends = new Map<Name, SimulatedLink[]>(names.map((name) => [name, []]));
  const links = options.links.map((link) => {
    const pair = join(link, addresses, clock, seeds.next32());
    ends.get(link.between[0])!.push(pair[0]);
    ends.get(link.between[1])!.push(pair[1]);
    return pair;
  });
  const hosts = {} as Record<Name, SimulatedHost>;
  for (const name of names) {
    const links = ends.get(name)!;
    const stack = new Stack(stackOptions(options.hosts[name], links, clock, seeds.next32()));
    hosts[name] = { name, addresses: addresses.get(name)!, stack, links };
  }
  const close = (): void => {
    for (const name of names) hosts[name].stack.close();
  };
  return { clock, hosts, links, close };
}

function stackOptions(
  host: HostOptions,
  links: SimulatedLink[],
  clock: VirtualClock,
  seed: number,
): StackOptions {
  const random = new SeededRandom(seed);
  const { tcp, limits, initialSequence } = host;
  return { links, clock, random: (target) => random.fill(target), tcp, limits, initialSequence };
}

function join<Name extends string>(
  link: NetworkLinkOptions<Name>,
  addresses: ReadonlyMap<string, IpAddress[]>,
  clock: VirtualClock,
  seed: number,
): [SimulatedLink, SimulatedLink] {
  const { between, mtu, there, back, ...both } = link;
  const [first, second] = between.map((name, i) => {
    const own = addresses.get(name);
    if (own === undefined) throw new RangeError(`no host is called ${name}`);
    return { name: `${name}-${between[1 - i]}`, addresses: own };
  });
  return SimulatedLink.pair({
    clock,
    seed,
    mtu,
    ends: [first, second],
    there: { ...both, ...there },
    back: { ...both, ...back },
  });
}

function addressesOf(hosts: Record<string, HostOptions>): Map<string, IpAddress[]> {
  const all = new Map<string, IpAddress[]>();
  for (const [name, { address }] of Object.entries(hosts)) {
    const texts = typeof address === 'string' ? [address] : address;
    const parsed = texts.map((text) => {
      const one = IpAddress.parse(text);
      if (one === null) throw new RangeError(`${name} has an address that is none: ${text}`);
      return one;
    });
    all.set(name, parsed);
  }
  return all;
}
