/**
 * Traffic that does not care what happens to it: UDP packets at a constant rate, all the time or in
 * turns of sending and silence, past both stacks.
 */
import type { ClockTimer } from '../../types/clock';
import { packetMemory } from '../support/memory';
import { SeededRandom } from '../support/random';
import { IpHeader } from '../wire/ip-header';
import { IPV4_HEADER_BYTES, writeIpv4 } from '../wire/ipv4';
import type { SimulatedHost } from './network';
import type { SimulatedLink } from './simulated-link';
import type { VirtualClock } from './virtual-clock';

const PROTOCOL_UDP = 17;
const DEFAULT_PACKET_BYTES = 1200;
/** Discard (RFC 863). */
const DEFAULT_PORT = 9;

export interface CrossTrafficOptions {
  clock: VirtualClock;
  from: SimulatedHost;
  to: SimulatedHost;
  /** Bits a second while it sends, headers included. */
  rate: number;
  /** Bytes of each packet, headers included; 1200 unless given. */
  packetBytes?: number;
  /** Mean times of sending and of silence, ms (exponential); always on unless given. */
  onMs?: number;
  offMs?: number;
  /** When it begins, ms; now unless given. */
  startMs?: number;
  seed?: number;
  /** Of both ends; what tells flows apart. */
  port?: number;
}

export class CrossTraffic {
  sent = 0;
  readonly #options: CrossTrafficOptions;
  readonly #link: SimulatedLink;
  readonly #random: SeededRandom;
  readonly #timer: ClockTimer;
  readonly #header = new IpHeader();
  readonly #bytes: number;
  /** When it falls silent. */
  #onUntil = Infinity;

  /** @throws RangeError where no link of the host leads to the other, or IPv4 is lacking */
  constructor(options: CrossTrafficOptions) {
    const { from, to, clock, startMs = clock.now(), packetBytes, rate } = options;
    const target = to.addresses.find(({ isMapped }) => isMapped);
    const source = from.addresses.find(({ isMapped }) => isMapped);
    const link = target && from.links.find((one) => one.route(target) !== null);
    if (!source || !target || !link) {
      throw new RangeError(`${from.name} cannot reach ${to.name} by IPv4`);
    }
    if (!(rate > 0)) throw new RangeError(`rate is not positive: ${rate}`);
    this.#options = options;
    this.#link = link;
    this.#random = new SeededRandom(options.seed ?? 1);
    if (options.onMs !== undefined) this.#onUntil = startMs + this.#exponential(options.onMs);
    this.#bytes = packetBytes ?? DEFAULT_PACKET_BYTES;
    this.#header.protocol = PROTOCOL_UDP;
    this.#header.source3 = source.w3;
    this.#header.destination3 = target.w3;
    this.#timer = clock.schedule(startMs, () => this.#turn());
  }

  stop(): void {
    this.#timer.cancel();
  }

  /** Sends one packet, or begins a time of silence. */
  #turn(): void {
    const { clock, rate, onMs = Infinity, offMs = 0 } = this.#options;
    const now = clock.now();
    if (now >= this.#onUntil) {
      const begin = now + this.#exponential(offMs);
      this.#onUntil = begin + this.#exponential(onMs);
      this.#timer.reschedule(begin);
      return;
    }
    const offset = this.#link.reserve(this.#bytes);
    if (offset === -1) return; // the host is closed
    this.#write(offset);
    this.#link.commit(this.#bytes);
    this.sent++;
    this.#timer.reschedule(now + (this.#bytes * 8000) / rate);
  }

  #write(offset: number): void {
    const payload = this.#bytes - IPV4_HEADER_BYTES;
    const udp = offset + writeIpv4(offset, this.#header, payload);
    packetMemory.bytes.fill(0, udp, udp + payload);
    const { view } = packetMemory;
    const { port = DEFAULT_PORT } = this.#options;
    view.setUint16(udp, port);
    view.setUint16(udp + 2, port);
    view.setUint16(udp + 4, payload); // no checksum (RFC 768)
  }

  #exponential(meanMs: number): number {
    return -Math.log(1 - this.#random.fraction()) * meanMs;
  }
}
