/**
 * A host of its own on an Ethernet: its own hardware address, its own IP addresses, beside the
 * host's kernel and not instead of it.
 *
 * What carries the frames is a carrier's business: a packet socket on an interface, a TAP device,
 * or the user. Here is what turns packets into frames: neighbours found by ARP, the addresses
 * claimed before they are used, the gateway.
 */
import type { Link, LinkHost, LinkRoute } from '../../../types/link';
import { NetworkError } from '../../support/network-error';
import { ETHERNET_HEADER_BYTES } from '../../wire/ethernet';
import type { IpAddress } from '../../wire/ip-address';
import { MacAddress, macText } from '../../wire/mac-address';
import type { LinkCounters } from '../link-counters';
import { PacketLink } from '../packet-link';
import type { AddressClaim } from './address-claim';
import { AddressPlan } from './address-plan';
import { chooseCarrier } from './choose-carrier';
import { EthernetCounters } from './ethernet-counters';
import {
  checkEthernetOptions,
  type EthernetLinkOptions,
  type EthernetSetup,
} from './ethernet-options';
import { ownAddresses } from './own-addresses';
import { Station } from './station';

/** One line of `neighbours()`, as `ip neigh` would print it. */
export interface NeighbourSummary {
  address: string;
  /** '' while nobody has answered. */
  mac: string;
  state: string;
}

export class EthernetLink implements Link {
  readonly name: string;
  readonly takesTrains = true;
  readonly sharesHost = false;
  readonly counters = new EthernetCounters();
  readonly #setup: EthernetSetup;
  #plan: AddressPlan;
  readonly #carrier: ReturnType<typeof chooseCarrier>;
  #mac: MacAddress | null;
  #host: LinkHost | null = null;
  #station: Station | null = null;
  #failure: NetworkError | null = null;
  /** Has `reserve` found no room since the last `writable`? */
  #starved = false;
  /** Where the packet begins that was reserved last. */
  #place = 0;
  #awaiting: Array<(error: NetworkError | null) => void> = [];

  /** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
  constructor(options: EthernetLinkOptions) {
    this.#setup = checkEthernetOptions(options);
    this.#plan = new AddressPlan(this.#setup.addresses, this.#setup.gateways);
    this.#carrier = chooseCarrier(this.#setup, () => this.#mac!);
    this.#mac = this.#setup.mac;
    this.name = this.#setup.name;
  }

  /** Of IP, in bytes: the carrier's, unless a smaller one was chosen. */
  get mtu(): number {
    const { mtu } = this.#setup;
    const { mtu: frameBytes, maxSegmentBytes } = this.#carrier;
    const most = Math.min(frameBytes, maxSegmentBytes) - ETHERNET_HEADER_BYTES;
    return mtu === null ? most : Math.min(mtu, most);
  }

  /** Where the carrier's kernel cuts up what is too long, as long as it takes. */
  get maxSegmentBytes(): number {
    const { mtu, maxSegmentBytes } = this.#carrier;
    return maxSegmentBytes > mtu ? maxSegmentBytes - ETHERNET_HEADER_BYTES : this.mtu;
  }

  /** What has been carried, in frames, and what the carrier has dropped. */
  get frames(): LinkCounters {
    return this.#carrier.counters;
  }

  /** What a user carries may end where he does. */
  get endsWithProcess(): boolean {
    return !(this.#carrier instanceof PacketLink);
  }

  get needsChecksum(): boolean {
    return this.#carrier.needsChecksum;
  }

  /** Our hardware address; '' before `open` where none was chosen. */
  get mac(): string {
    return this.#mac?.text ?? '';
  }

  /**
   * Begins to claim the addresses; until they are ours (`whenReady`) nothing is sent.
   * @throws NetworkError what the carrier says: EPERM, EACCES, ENODEV, EBUSY, ENETDOWN, …
   */
  open(host: LinkHost): void {
    this.#host = host;
    this.#failure = null;
    this.#mac ??= MacAddress.generate((target) => host.random(target));
    const { addresses, gateways } = this.#setup;
    this.#plan = new AddressPlan(ownAddresses(addresses, this.#mac, this.name), gateways);
    const station = new Station({
      mac: this.#mac,
      plan: this.#plan,
      terms: this.#setup.terms,
      neighbours: this.#setup.neighbours,
      carrier: this.#carrier,
      host,
      counters: this.counters,
      handleReady: () => this.#handleReady(),
      handleLost: (claim, high, low) => this.#handleLost(claim, high, low),
    });
    this.#station = station;
    try {
      this.#carrier.open(this.#hostForCarrier(host, station));
    } catch (error) {
      this.close();
      throw error;
    }
    station.open();
  }

  close(): void {
    this.#host = null;
    this.#starved = false;
    this.#station?.close();
    this.#station = null;
    this.#carrier.close();
    this.#failure ??= new NetworkError('ENETDOWN', `link ${this.name} is closed`);
    this.#settle(this.#failure);
  }

  /**
   * Resolves when all addresses have turned out to be free and may be used; rejects with EADDRINUSE
   * where somebody else has one, and with what else goes wrong before that. Until then the process
   * is kept alive.
   */
  whenReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#station?.isReady === true) resolve();
      else if (this.#failure !== null) reject(this.#failure);
      else this.#awaiting.push((error) => (error === null ? resolve() : reject(error)));
      this.#station?.holdProcess(this.#awaiting.length > 0);
    });
  }

  /** Our own, as text; with IPv6 a link-local one among them, once the link is open. */
  get addresses(): string[] {
    return this.#plan.addresses.map(({ text }) => text);
  }

  /** What is known of others on the network. */
  neighbours(): NeighbourSummary[] {
    const all = this.#station?.neighbours() ?? [];
    return all.map((one) => ({ address: one.addressText, mac: one.macText, state: one.state }));
  }

  isLocal(address: IpAddress): boolean {
    return this.#plan.isLocal(address);
  }

  /** @throws NetworkError EADDRINUSE, ENETDOWN, … once the link has failed */
  route(destination: IpAddress): LinkRoute | null {
    if (this.#failure !== null) throw this.#failure;
    const source = this.#plan.source(destination);
    return source === null ? null : { source, mtu: this.mtu };
  }

  reserve(length: number): number {
    const station = this.#station;
    if (station === null || this.#failure !== null || length > this.maxSegmentBytes) {
      return -1;
    }
    const offset = station.reserve(length);
    if (offset < 0) this.#starved = true;
    else this.#place = offset;
    return offset;
  }

  commit(length: number, pieceBytes = 0): void {
    this.#station?.send(this.#place, length, pieceBytes);
  }

  flush(): void {
    this.#station?.flush();
  }

  receiveNow(): void {
    this.#carrier.receiveNow?.();
  }

  /**
   * Takes a frame from the user who carries them; see PacketLink.
   * @throws TypeError ERR_INVALID_ARG_TYPE; NetworkError ENOTSUP where somebody else carries them
   */
  receive(frame: Uint8Array): boolean {
    return this.#userCarrier().receive(frame);
  }

  /** The user's `send` said false; now it may be called again. */
  drained(): void {
    this.#userCarrier().drained();
  }

  ref(): void {
    this.#carrier.ref();
  }

  unref(): void {
    this.#carrier.unref();
  }

  #userCarrier(): PacketLink {
    if (this.#carrier instanceof PacketLink) return this.#carrier;
    throw new NetworkError('ENOTSUP', `the frames of ${this.name} are not carried by the user`);
  }

  #hostForCarrier(host: LinkHost, station: Station): LinkHost {
    return {
      receive: (offset, length, note) => station.receive(offset, length, note),
      receivedBatch: () => {
        // The stack first: what it answers goes out together with our own answers.
        host.receivedBatch();
        station.endBatch();
      },
      writable: () => this.#tellRoom(),
      failed: (error) => this.#fail(error),
      defer: (fn) => host.defer(fn),
      clock: host.clock,
      random: (target) => host.random(target),
    };
  }

  #handleReady(): void {
    this.#settle(null);
    // Whoever waits for room may be in the middle of something: `open`, to begin with.
    this.#host?.defer(() => this.#tellRoom());
  }

  #handleLost({ address }: AddressClaim, macHigh: number, macLow: number): void {
    const other = macText(macHigh, macLow);
    const detail = `${address.text} is in use by ${other} on the network of ${this.name}`;
    this.#fail(new NetworkError('EADDRINUSE', `${detail}; choose an address that is free`));
  }

  #fail(error: Error): void {
    const failure =
      error instanceof NetworkError ? error : new NetworkError('ENETDOWN', error.message);
    this.#failure = failure;
    this.#station?.close();
    this.#settle(failure);
    const host = this.#host;
    host?.defer(() => host.failed(failure));
  }

  #tellRoom(): void {
    if (!this.#starved || this.#station?.isReady !== true) return;
    this.#starved = false;
    this.#host?.writable();
  }

  #settle(error: NetworkError | null): void {
    this.#station?.holdProcess(false);
    for (const tell of this.#awaiting.splice(0)) tell(error);
  }
}

/**
 * A link for a stack that lives on an Ethernet at its own addresses: `new EthernetLink(options)`.
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export function createEthernetLink(options: EthernetLinkOptions): EthernetLink {
  return new EthernetLink(options);
}
