/**
 * What the links over the host's own kernel have in common: the host's addresses and routes,
 * guarded ports, and a socket whose two halves a subclass brings.
 */
import type { Link, LinkHost, LinkRoute, LinkZones, PortClaim } from '../../types/link';
import { NetworkError } from '../support/network-error';
import type { IpAddress } from '../wire/ip-address';
import { IPV4_MAX_BYTES } from '../wire/ipv4';
import { descriptorLimit } from './descriptor-limit';
import { HostPorts } from './host-ports';
import { HostRoutes } from './host-routes';
import { ICMP, ICMPV6, IcmpReceiver } from './icmp-receiver';
import { type Libc, loadLibc } from './libc';
import { LinkCounters } from './link-counters';
import { libcWithin } from './network-namespace';

/** The sending half: `reserve`, `commit` and `flush` as in Link. */
export interface HostTransmitter {
  reserve(length: number): number;
  commit(length: number): void;
  flush(): void;
}

export abstract class HostLink implements Link {
  /** Also what keeps the descriptors' handles from being collected. */
  static readonly #open = new Set<HostLink>();

  abstract readonly name: string;
  /** The longest there is; what a destination takes is for `route` to say. */
  readonly mtu = IPV4_MAX_BYTES;
  readonly maxSegmentBytes = IPV4_MAX_BYTES;
  readonly takesTrains = true;
  readonly needsChecksum = true;
  readonly sharesHost = true;
  readonly counters = new LinkCounters();

  /** Half of the descriptors that the process may have: the others are the program's. */
  readonly claimBudget = Math.floor(descriptorLimit() / 2);

  protected host: LinkHost | null = null;
  #ports: HostPorts | null = null;
  #routes: HostRoutes | null = null;
  #transmitter: HostTransmitter | null = null;
  /** One for each family that the link carries. */
  #errors: IcmpReceiver[] = [];

  /** The host's interfaces. */
  readonly zones: LinkZones = {
    indexOf: (zone) => this.#routes?.zones.indexOf(zone) ?? 0,
    nameOf: (index) => this.#routes?.zones.nameOf(index) ?? '',
  };

  /**
   * Opens the socket and starts receiving. A link that carries IPv6, too, says so to `ports`.
   * @returns its sending half
   */
  protected abstract openSocket(libc: Libc, host: LinkHost, ports: HostPorts): HostTransmitter;
  /** Nothing that arrives may reach JavaScript any longer; sending still works. */
  protected abstract stopReceiving(): void;
  /** Closes whatever `openSocket` has opened, even if it did not get to its end. */
  protected abstract closeSocket(): void;
  abstract ref(): void;
  abstract unref(): void;

  /** @throws NetworkError EPERM, EACCES (no CAP_NET_RAW), ENOTSUP (not Linux, no koffi), EMFILE */
  open(host: LinkHost): void {
    const libc = this.#loadLibc();
    this.host = host;
    if (HostLink.#open.size === 0) process.on('exit', HostLink.#stopAll);
    HostLink.#open.add(this);
    this.#ports = new HostPorts(libc, this.counters, host);
    try {
      this.#transmitter = this.openSocket(libc, host, this.#ports);
      const hasIpv6 = this.#ports.ipv6 === 'carried';
      this.#routes = new HostRoutes(libc, hasIpv6);
      for (const family of hasIpv6 ? [ICMP, ICMPV6] : [ICMP]) {
        this.#errors.push(new IcmpReceiver(family, libc, this.#ports, this.counters, host));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Network namespace whose addresses the link has; '': that of the process. */
  protected get namespace(): string {
    return '';
  }

  #loadLibc(): Libc {
    const libc = loadLibc();
    const { namespace } = this;
    return namespace === '' ? libc : libcWithin(libc, namespace);
  }

  close(): void {
    if (this.host === null) return;
    this.host = null;
    this.closeSocket();
    for (const errors of this.#errors) errors.close();
    this.#ports?.releaseAll();
    this.#routes?.close();
    HostLink.#open.delete(this);
    if (HostLink.#open.size === 0) process.off('exit', HostLink.#stopAll);
    this.#transmitter = this.#ports = this.#routes = null;
    this.#errors = [];
  }

  isLocal(address: IpAddress): boolean {
    return this.#routes?.isLocal(address) ?? false;
  }

  route(destination: IpAddress): LinkRoute | null {
    return this.#routes?.routeTo(destination) ?? null;
  }

  claimPort(address: IpAddress, port: number, ipv6Only = false): PortClaim {
    if (this.#ports === null) throw new NetworkError('ENETDOWN', `link ${this.name} is not open`);
    return this.#ports.claim(address, port, ipv6Only);
  }

  reserve(length: number): number {
    if (this.#transmitter === null || length > IPV4_MAX_BYTES) return -1;
    return this.#transmitter.reserve(length);
  }

  commit(length: number): void {
    this.#transmitter?.commit(length);
  }

  flush(): void {
    this.#transmitter?.flush();
  }

  /**
   * A native callback that finds no JavaScript left to call, as Node takes the process down, aborts
   * it. What listens to the same event after us may still want to send.
   */
  static readonly #stopAll = (): void => {
    for (const link of HostLink.#open) {
      link.stopReceiving();
      for (const errors of link.#errors) errors.close();
    }
  };
}
