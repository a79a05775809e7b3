/**
 * Congestion controllers by name.
 *
 *     registerCongestionControl('mine', () => new Mine());
 *     new Stack({ tcp: { congestionControl: 'mine' } });
 *     socket.setCongestionControl('mine');
 *
 * How to write one: docs/congestion-control.md.
 */

import { Bbr } from './bbr';
import type { CongestionController } from './controller';
import { Cubic } from './cubic';
import { Reno } from './reno';

/** Called once for each connection that sends anything. */
export type CongestionControlFactory = () => CongestionController;

const factories = new Map<string, CongestionControlFactory>([
  ['cubic', () => new Cubic()],
  ['reno', () => new Reno()],
  ['bbr', () => new Bbr()],
]);

/** Makes a controller known by a name; an older one of that name serves no new connections. */
export function registerCongestionControl(name: string, factory: CongestionControlFactory): void {
  factories.set(name, factory);
}

/** Names that can be chosen. */
export function congestionControlNames(): string[] {
  return [...factories.keys()];
}

export function isCongestionControl(name: string): boolean {
  return factories.has(name);
}

/** @throws RangeError when nobody is registered by that name */
export function createController(name: string): CongestionController {
  const factory = factories.get(name);
  if (factory === undefined) {
    const known = congestionControlNames().join(', ');
    throw new RangeError(`no congestion control is called ${name}; there are: ${known}`);
  }
  return factory();
}
