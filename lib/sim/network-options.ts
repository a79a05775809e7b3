/** How a simulated network is described. */
import type { StackLimits } from '../../types/stack';
import type { TcpConfig } from '../../types/tcp';
import type { CaptureFile } from '../link/capture-file';
import type { Impairments } from '../link/path/impairments';
import type { VirtualClock } from './virtual-clock';

export interface HostOptions {
  /** One address, or one of each family; 10.0.0.1 for the first host, and so on, unless given. */
  address?: string | readonly string[];
  tcp?: Partial<TcpConfig>;
  limits?: Partial<StackLimits>;
  /** As in `StackOptions`: for tests that choose their sequence numbers. */
  initialSequence?: () => number;
  /** As in `StackOptions`: what this host sends and receives, in virtual time since 1970. */
  capture?: string | CaptureFile;
}

/** A change of a link at a time; it lasts until another one. */
export interface LinkChange extends Partial<Omit<Impairments, 'queue'>> {
  atMs: number;
}

/** Impairments named here hold for both directions, `there` and `back` for one. */
export interface LinkOptions extends Partial<Impairments> {
  /** Bytes; 1500 unless given. */
  mtu?: number;
  there?: Partial<Impairments>;
  back?: Partial<Impairments>;
  /** Times, from and to, in ms, between which nothing gets through either way. */
  outages?: ReadonlyArray<readonly [number, number]>;
  /** What becomes different, when: both directions, or one. */
  changes?: readonly LinkChange[];
  changesThere?: readonly LinkChange[];
  changesBack?: readonly LinkChange[];
}

export interface NetworkLinkOptions<Name extends string> extends LinkOptions {
  between: readonly [Name, Name];
}

/** Nodes with the links between them, from left to right: `['a', {…}, 'r', {…}, 'b']`. */
export type PathDescription<Name extends string> = ReadonlyArray<Name | LinkOptions>;

/** From a time on, packets at a router that are for a host go to another neighbour. */
export interface RouteChange<Host extends string, Node extends string> {
  atMs: number;
  router: Node;
  to: Host;
  via: Host | Node;
}

export interface NetworkOptions<Host extends string, Node extends string = never> {
  seed: number;
  hosts: Record<Host, HostOptions>;
  /** Names of nodes that hand packets on. */
  routers?: readonly Node[];
  /** The network from left to right; a node may stand in several paths. */
  paths?: ReadonlyArray<PathDescription<Host | Node>>;
  /** The same link by link; those of `paths` come first. */
  links?: ReadonlyArray<NetworkLinkOptions<Host | Node>>;
  routeChanges?: ReadonlyArray<RouteChange<Host, Node>>;
  clock?: VirtualClock;
}

/**
 * The links of paths, one by one.
 * @throws RangeError where nodes and links do not alternate
 */
export function linksOf<Name extends string>(
  paths: ReadonlyArray<PathDescription<Name>>,
): Array<NetworkLinkOptions<Name>> {
  return paths.flatMap((path) => {
    const links: Array<NetworkLinkOptions<Name>> = [];
    path.forEach((part, i) => {
      if ((typeof part === 'string') !== (i % 2 === 0) || path.length % 2 === 0) {
        throw new RangeError(`a path is a node, a link, a node, …: not so at its part ${i}`);
      }
      if (typeof part !== 'string') {
        links.push({ ...part, between: [path[i - 1] as Name, path[i + 1] as Name] });
      }
    });
    return links;
  });
}
