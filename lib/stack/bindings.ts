/**
 * Local ends that are bound and do not listen or connect yet: `bind` without `listen` (POSIX), as
 * `net.BoundSocket` wants it. Each is taken over by one listener or one connection, or released.
 */
import type { StackBinding } from '../../types/stack';
import type { IpAddress } from '../wire/ip-address';
import { type Bound, ListenerTable } from './listener-table';
import type { HeldPort } from './ports';

export class Binding implements StackBinding {
  readonly address: IpAddress;
  readonly ipv6Only: boolean;
  readonly reusePort: boolean;
  readonly port: number;
  readonly #bindings: Bindings;
  #heldPorts: readonly HeldPort[];

  constructor(bindings: Bindings, bound: Bound, port: number, heldPorts: readonly HeldPort[]) {
    this.#bindings = bindings;
    this.address = bound.address;
    this.ipv6Only = bound.ipv6Only;
    this.reusePort = bound.reusePort ?? false;
    this.port = port;
    this.#heldPorts = heldPorts;
  }

  /** @returns the host's ports that it held: the caller's to release. The place is free for him. */
  take(): readonly HeldPort[] {
    const heldPorts = this.#heldPorts;
    this.#heldPorts = [];
    this.#bindings.table.remove(this);
    return heldPorts;
  }

  release(): void {
    for (const held of this.take()) held.release();
  }
}

export class Bindings {
  readonly table = new ListenerTable<Binding>();

  add(bound: Bound, port: number, heldPorts: readonly HeldPort[]): Binding {
    const binding = new Binding(this, bound, port, heldPorts);
    this.table.add(binding);
    return binding;
  }

  releaseAll(): void {
    for (const binding of this.table.list()) binding.release();
  }
}
