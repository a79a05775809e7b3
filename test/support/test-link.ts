/**
 * A link whose other end is the test: what the stack sends is kept for the test to look at, and what
 * arrives is what the test says.
 */
import { packetMemory } from '../../lib/support/memory';
import { CHECKSUM_COMPLETE } from '../../lib/wire/checksum-note';
import type { IpAddress } from '../../lib/wire/ip-address';
import type { Clock } from '../../types/clock';
import type { Link, LinkHost, LinkRoute } from '../../types/link';

export interface SentPacket {
  /** When the stack sent it, ms. */
  readonly at: number;
  readonly bytes: Buffer;
}

export interface TestLinkOptions {
  clock: Clock;
  address: IpAddress;
  mtu?: number;
  /** Sees each packet at the moment it is sent; otherwise they queue in `sent`. */
  onSend?: (packet: SentPacket) => void;
}

export class TestLink implements Link {
  readonly name = 'test';
  readonly mtu: number;
  readonly maxSegmentBytes: number;
  readonly needsChecksum = true;
  readonly sharesHost = false;
  /** Packets not yet taken by the test, in order. */
  readonly sent: SentPacket[] = [];
  readonly #options: TestLinkOptions;
  #host: LinkHost | null = null;
  #buffer = 0;

  constructor(options: TestLinkOptions) {
    this.#options = options;
    this.mtu = options.mtu ?? 1500;
    this.maxSegmentBytes = this.mtu;
  }

  open(host: LinkHost): void {
    this.#host = host;
    this.#buffer = packetMemory.allocate(this.mtu);
  }

  close(): void {
    if (this.#host === null) return;
    this.#host = null;
    packetMemory.release(this.#buffer, this.mtu);
  }

  /** Every other address is at the other end. */
  isLocal(address: IpAddress): boolean {
    return address.equals(this.#options.address);
  }

  route(destination: IpAddress): LinkRoute | null {
    if (destination.family !== this.#options.address.family) return null;
    return { source: this.#options.address, mtu: this.mtu };
  }

  reserve(length: number): number {
    return this.#host === null || length > this.mtu ? -1 : this.#buffer;
  }

  commit(length: number): void {
    const place = packetMemory.bytes.subarray(this.#buffer, this.#buffer + length);
    const packet = { at: this.#options.clock.now(), bytes: Buffer.from(place) };
    if (this.#options.onSend === undefined) this.sent.push(packet);
    else this.#options.onSend(packet);
  }

  flush(): void {}

  /** A packet arrives. What the stack answers it answers at `endBatch`. */
  receive(packet: Uint8Array): void {
    const offset = packetMemory.allocate(packet.length);
    packetMemory.bytes.set(packet, offset);
    this.#host?.receive(offset, packet.length, CHECKSUM_COMPLETE);
    packetMemory.release(offset, packet.length);
  }

  endBatch(): void {
    this.#host?.receivedBatch();
  }

  ref(): void {}
  unref(): void {}
}
