/**
 * A router between two hosts, in virtual time: each of its links carries packets up to a size that
 * can change while a transfer runs. What does not fit and may not be cut comes back as an ICMP
 * error.
 */
import type { VirtualClock } from '../../lib/sim/virtual-clock';
import { Stack } from '../../lib/stack/stack';
import { SeededRandom } from '../../lib/support/random';
import { IpAddress } from '../../lib/wire/ip-address';
import type { TcpConfig } from '../../types/tcp';
import { buildIcmpError } from './icmp-packet';
import { type SentPacket, TestLink } from './test-link';

const ROUTER = IpAddress.parse('10.0.99.1')!;
const ADDRESSES = [IpAddress.parse('10.0.1.1')!, IpAddress.parse('10.0.2.1')!] as const;

export interface RouterOptions {
  clock: VirtualClock;
  delayMs: number;
  seed: number;
  tcp?: Partial<TcpConfig>;
}

/** One end of the path. */
export interface RoutedHost {
  readonly address: IpAddress;
  readonly stack: Stack;
}

export class Router {
  readonly hosts: readonly [RoutedHost, RoutedHost];
  /** Largest packet that the link to each host carries. */
  readonly mtus: [number, number] = [1500, 1500];
  /** Says the errors' next-hop MTU (RFC 1191), or leaves it out, or says nothing at all. */
  speaks: 'mtu' | 'vaguely' | 'not at all' = 'mtu';
  /** Packets that did not fit, and ones that were cut (and put together again) on their way. */
  refused = 0;
  cut = 0;
  carried = 0;
  readonly #options: RouterOptions;
  readonly #links: readonly [TestLink, TestLink];

  constructor(options: RouterOptions) {
    this.#options = options;
    const link = (from: 0 | 1) =>
      new TestLink({
        clock: options.clock,
        address: ADDRESSES[from],
        onSend: (packet) => this.#forward(from, packet),
      });
    this.#links = [link(0), link(1)];
    this.hosts = [this.#host(0), this.#host(1)];
  }

  close(): void {
    for (const { stack } of this.hosts) stack.close();
  }

  #host(side: 0 | 1): RoutedHost {
    const { clock, seed, tcp } = this.#options;
    const random = new SeededRandom(seed + side);
    const stack = new Stack({
      links: [this.#links[side]],
      clock,
      random: (target) => random.fill(target),
      tcp,
    });
    return { address: ADDRESSES[side], stack };
  }

  #forward(from: 0 | 1, { bytes }: SentPacket): void {
    const mtu = this.mtus[1 - from];
    if (bytes.length <= mtu) {
      this.carried++;
      this.#deliver((1 - from) as 0 | 1, bytes);
      return;
    }
    if ((bytes[6] & 0x40) === 0) {
      this.cut++;
      this.#deliver((1 - from) as 0 | 1, bytes);
      return;
    }
    this.refused++;
    if (this.speaks === 'not at all') return;
    const told = this.speaks === 'mtu' ? mtu : 0;
    this.#deliver(
      from,
      buildIcmpError({ source: ROUTER, type: 3, code: 4, mtu: told, cause: bytes }),
    );
  }

  #deliver(to: 0 | 1, bytes: Buffer): void {
    const { clock, delayMs } = this.#options;
    clock.schedule(clock.now() + delayMs, () => {
      this.#links[to].receive(bytes);
      this.#links[to].endBatch();
    });
  }
}
