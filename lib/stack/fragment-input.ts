/**
 * Fragments in: kept until the packet is whole, given up in time, counted by nstat's names.
 */
import type { Clock, ClockTimer } from '../../types/clock';
import type { StackLimits } from '../../types/stack';
import { ICMP_TIME_EXCEEDED } from '../ip/icmp-message';
import { FRAGMENT_COMPLETES, FRAGMENT_HELD, Reassembly } from '../ip/reassembly';
import { packetMemory } from '../support/memory';
import { ICMPV6_TIME_EXCEEDED } from '../wire/icmpv6';
import type { IpHeader } from '../wire/ip-header';
import type { Attachment } from './attachment';
import type { Counters } from './counters';
import type { IcmpOutput } from './icmp-output';
import type { Turn } from './turn';

/** Code of "time exceeded": while waiting for fragments, in both families. */
const REASSEMBLY_EXCEEDED = 1;

export interface FragmentInputParts {
  counters: Counters;
  clock: Clock;
  turn: Turn;
  icmp: IcmpOutput;
  limits: StackLimits;
}

export class FragmentInput {
  /** The place of the packet that the last fragment has completed; -1: none is held. */
  offset = -1;
  length = 0;
  readonly #parts: FragmentInputParts;
  readonly #reassembly: Reassembly<Attachment>;
  readonly #names = new Map<Attachment, string>();
  /** Made with the first fragment. */
  #timer: ClockTimer | null = null;
  #isClosed = false;

  constructor(parts: FragmentInputParts) {
    this.#parts = parts;
    const { fragmentBytes, fragmentPackets, fragmentPacketsPerSource } = parts.limits;
    this.#reassembly = new Reassembly({
      bytes: fragmentBytes,
      packets: fragmentPackets,
      packetsPerSource: fragmentPacketsPerSource,
    });
  }

  /** Bytes held for packets that are not whole. */
  get heldBytes(): number {
    return this.#reassembly.bytes;
  }

  /**
   * Takes a fragment whose addresses have been checked. What becomes of it is counted, unless it
   * completes its packet, whose own fate then is the fragment's.
   * @returns whether a whole packet now lies at `offset`, until `release`
   */
  receive(attachment: Attachment, header: IpHeader, now: number): boolean {
    const { counters } = this.#parts;
    const reassembly = this.#reassembly;
    const outcome = reassembly.receive(header, attachment, this.#nameOf(attachment), now);
    this.#count();
    this.#arm();
    if (outcome === FRAGMENT_COMPLETES) return this.#place();
    if (outcome === FRAGMENT_HELD) counters.ipFragments++;
    else counters.ipFragmentsRefused++;
    return false;
  }

  release(): void {
    packetMemory.release(this.offset, this.length);
    this.offset = -1;
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#reassembly.clear();
  }

  #place(): boolean {
    const whole = this.#reassembly.whole!;
    this.#reassembly.whole = null;
    try {
      this.offset = packetMemory.allocate(whole.length);
    } catch {
      this.#parts.counters.ipFragmentsRefused++; // packet memory is used up
      return false;
    }
    this.length = whole.length;
    whole.write(this.offset);
    return true;
  }

  readonly #expire = (): void => {
    if (this.#isClosed) return;
    const { turn, icmp } = this.#parts;
    const now = turn.beginBatch();
    const reassembly = this.#reassembly;
    for (let one = reassembly.pollExpired(now); one !== null; one = reassembly.pollExpired(now)) {
      const { packet, owner } = one;
      if (packet.quote === null) continue; // RFC 1122 §3.3.2: not without the first fragment
      const type = packet.header.family === 6 ? ICMPV6_TIME_EXCEEDED : ICMP_TIME_EXCEEDED;
      const error = { type, code: REASSEMBLY_EXCEEDED, second: 0, quote: packet.quote };
      icmp.report(owner, packet.header, error, now);
    }
    this.#count();
    this.#arm();
    turn.endBatch();
  };

  #arm(): void {
    const { deadline } = this.#reassembly;
    if (this.#timer === null) {
      if (deadline === Number.POSITIVE_INFINITY) return;
      this.#timer = this.#parts.clock.schedule(deadline, this.#expire);
      this.#timer.unref();
    } else {
      this.#timer.reschedule(deadline);
    }
  }

  #count(): void {
    const { counters } = this.#parts;
    const { ipv4, ipv6 } = this.#reassembly;
    counters.ipReasmReqds = ipv4.reqds;
    counters.ipReasmOKs = ipv4.oks;
    counters.ipReasmFails = ipv4.fails;
    counters.ipReasmTimeout = ipv4.timeouts;
    counters.ip6ReasmReqds = ipv6.reqds;
    counters.ip6ReasmOKs = ipv6.oks;
    counters.ip6ReasmFails = ipv6.fails;
    counters.ip6ReasmTimeout = ipv6.timeouts;
  }

  /** Two links may have one name. */
  #nameOf(attachment: Attachment): string {
    let name = this.#names.get(attachment);
    if (name === undefined) {
      name = String(this.#names.size);
      this.#names.set(attachment, name);
    }
    return name;
  }
}
