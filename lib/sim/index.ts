/**
 * `usernet/sim`: networks in one process, in virtual time, from one seed.
 *
 * Hosts with the whole of usernet, routers, links with everything that goes wrong on them, flows,
 * cross traffic, and what records them; docs/lab.md shows how it is used.
 */
export type { BurstLossOptions } from '../link/path/burst-loss';
export type { ImpairedPath, PacketFate, PathObserver } from '../link/path/impaired-path';
export type { Impairments, QueueName } from '../link/path/impairments';
export type { PathCounters } from '../link/path/path-counters';
export { SeededRandom } from '../support/random';
export { BulkFlow, type BulkFlowOptions } from './bulk-flow';
export { CrossTraffic, type CrossTrafficOptions } from './cross-traffic';
export { type SimulatedHost, type SimulatedNetwork, simulate } from './network';
export type {
  HostOptions,
  LinkChange,
  LinkOptions,
  NetworkLinkOptions,
  NetworkOptions,
  PathDescription,
  RouteChange,
} from './network-options';
export { play, useVirtualTimers } from './play';
export { Recorder, type Series } from './recorder';
export type { Router, RouterCounters } from './router';
export { SimulatedLink } from './simulated-link';
export { VirtualClock } from './virtual-clock';
