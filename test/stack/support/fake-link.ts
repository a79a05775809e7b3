/** A link that keeps what is sent, and delivers what a test hands it. */

import { packetMemory } from '../../../lib/support/memory';
import { NetworkError } from '../../../lib/support/network-error';
import { CHECKSUM_COMPLETE, type ChecksumNote } from '../../../lib/wire/checksum-note';
import { IpAddress } from '../../../lib/wire/ip-address';
import type { Link, LinkHost, LinkRoute, PortClaim } from '../../../types/link';

export interface FakeLinkOptions {
  address?: string;
  sharesHost?: boolean;
  mtu?: number;
  takesTrains?: boolean;
}

export class FakeLink implements Link {
  readonly name = 'fake';
  readonly mtu: number;
  readonly maxSegmentBytes: number;
  readonly needsChecksum = true;
  readonly takesTrains: boolean;
  readonly sharesHost: boolean;
  readonly address: IpAddress;
  readonly sent: Uint8Array[] = [];
  /** How many packets fit before `reserve` says -1. */
  room = Number.POSITIVE_INFINITY;
  flushes = 0;
  /** Claims that stand, as `address:port`. */
  readonly claims: string[] = [];
  referenced = true;
  isOpen = false;
  host: LinkHost | null = null;
  #place = 0;
  #nextPort = 40_000;

  constructor(options: FakeLinkOptions = {}) {
    this.address = IpAddress.parse(options.address ?? '10.0.0.1')!;
    this.sharesHost = options.sharesHost ?? false;
    this.mtu = options.mtu ?? 1500;
    this.takesTrains = options.takesTrains ?? false;
    this.maxSegmentBytes = this.mtu;
    // As on a kernel: only where it makes sense.
    if (!this.sharesHost) (this as { claimPort?: unknown }).claimPort = undefined;
  }

  open(host: LinkHost): void {
    this.host = host;
    this.isOpen = true;
    this.#place = packetMemory.allocate(65_536);
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    packetMemory.release(this.#place, 65_536);
  }

  isLocal(address: IpAddress): boolean {
    return address.equals(this.address) || (this.sharesHost && address.isLoopback);
  }

  route(destination: IpAddress): LinkRoute | null {
    if (destination.isMapped !== this.address.isMapped) return null;
    return { source: destination.isLoopback ? destination : this.address, mtu: this.mtu };
  }

  claimPort(address: IpAddress, port: number): PortClaim {
    const taken = port === 0 ? this.#nextPort++ : port;
    const name = `${address.text}:${taken}`;
    const clash = this.claims.some((claim) => {
      const [other, otherPort] = claim.split(/:(?=\d+$)/);
      const any = address.isUnspecified || IpAddress.parse(other)!.isUnspecified;
      return Number(otherPort) === taken && (any || other === address.text);
    });
    if (clash) throw new NetworkError('EADDRINUSE', name);
    this.claims.push(name);
    return { port: taken, release: () => this.claims.splice(this.claims.indexOf(name), 1) };
  }

  reserve(length: number): number {
    return length <= this.mtu && this.room > 0 ? this.#place : -1;
  }

  commit(length: number): void {
    this.room--;
    this.sent.push(packetMemory.bytes.slice(this.#place, this.#place + length));
  }

  flush(): void {
    this.flushes++;
  }

  /** Waits to be read, as in a kernel's queue. */
  readonly unread: Uint8Array[] = [];

  receiveNow(): void {
    if (this.unread.length > 0) this.deliver(this.unread.splice(0));
  }

  ref(): void {
    this.referenced = true;
  }

  unref(): void {
    this.referenced = false;
  }

  /** One batch of packets from outside. */
  deliver(packets: readonly Uint8Array[], note: ChecksumNote = CHECKSUM_COMPLETE): void {
    for (const packet of packets) {
      const offset = packetMemory.allocate(packet.length || 1);
      packetMemory.bytes.set(packet, offset);
      this.host!.receive(offset, packet.length, note);
      packetMemory.release(offset, packet.length || 1);
    }
    this.host!.receivedBatch();
  }

  /** What was sent since the last call. */
  take(): Uint8Array[] {
    return this.sent.splice(0);
  }
}
