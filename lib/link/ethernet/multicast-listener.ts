/**
 * Says which IPv6 groups a station listens to (multicast listener discovery, RFC 3810; RFC 2710 to
 * those who ask in the old way): the solicited-node groups of its addresses. A switch that snoops
 * would keep questions for its hardware address from it otherwise.
 *
 * Pure bookkeeping but for the packets: time comes in, as with an AddressClaim.
 */
import { packetMemory } from '../../support/memory';
import { addressSum } from '../../wire/checksum';
import { ETHERTYPE_IPV6 } from '../../wire/ethernet';
import { isIcmpv6Intact, writeIcmpv6Checksum } from '../../wire/icmpv6';
import { IP_OK, IpHeader, PROTOCOL_ICMPV6 } from '../../wire/ip-header';
import { IPV6_HEADER_BYTES, readIpv6, writeIpv6 } from '../../wire/ipv6';
import {
  CHANGE_TO_EXCLUDE,
  type Group,
  IS_EXCLUDE,
  LISTENER_QUERY,
  ListenerQuery,
  listenerReportBytes,
  ROUTER_ALERT_BYTES,
  readListenerQuery,
  writeListenerReport,
} from '../../wire/listener-message';
import type { AddressClaim } from './address-claim';
import type { EthernetCounters } from './ethernet-counters';
import type { FrameOutput } from './frame-output';

/** How often a report is sent that nobody asks for, and how far apart (RFC 3810 §9.1, §9.11). */
const ROBUSTNESS = 2;
const UNSOLICITED_INTERVAL_MS = 1_000;
/** So that a report fits into any packet. */
const MOST_RECORDS = 50;

const NEXT_HEADER_AT = 6;
const HOP_BY_HOP = 0;
const LINK_SCOPE = 0xff020000 | 0;
const SOLICITED_NODE = 0xff000000;
/** ff02::16, every router that understands MLDv2. */
const ALL_ROUTERS: Group = [LINK_SCOPE, 0, 0, 0x16];
const MULTICAST_MAC = 0x3333;

export interface ListenerParts {
  claims: readonly AddressClaim[];
  output: FrameOutput;
  counters: EthernetCounters;
  /** @returns a random number from 0 to 1 */
  fraction: () => number;
}

/** Does the IPv6 packet at `offset`, behind its router alert, ask who listens? */
export function isListenerQuery(offset: number, length: number): boolean {
  if (length <= IPV6_HEADER_BYTES + ROUTER_ALERT_BYTES) return false;
  const { bytes } = packetMemory;
  const next = offset + IPV6_HEADER_BYTES;
  if (bytes[offset + NEXT_HEADER_AT] !== HOP_BY_HOP || bytes[next] !== PROTOCOL_ICMPV6)
    return false;
  return bytes[next + 1] === 0 && bytes[next + ROUTER_ALERT_BYTES] === LISTENER_QUERY;
}

export class MulticastListener {
  /** When `handleTimeout` must be called, ms; Infinity: never. */
  deadline = Infinity;
  readonly #parts: ListenerParts;
  readonly #packet = new IpHeader();
  readonly #query = new ListenerQuery();
  readonly #header = new IpHeader();
  /** Reports that are still to be sent because of what has changed. */
  #changes = 0;
  /** When somebody is to be answered who has asked, ms, and does he know MLDv2? */
  #answerAt = Infinity;
  #answersOld = false;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
    this.#header.family = 6;
    this.#header.protocol = HOP_BY_HOP;
    this.#header.ttl = 1;
  }

  /** The groups are others than before, or the address that speaks for us is. */
  handleChange(now: number): void {
    this.#changes = ROBUSTNESS;
    this.#arm(now);
  }

  handleTimeout(now: number): void {
    if (this.#answerAt <= now) {
      this.#answerAt = Infinity;
      this.#report(IS_EXCLUDE, this.#answersOld);
    }
    if (this.#changes > 0 && this.#changeAt <= now) {
      this.#changes--;
      this.#report(CHANGE_TO_EXCLUDE, false);
      this.#arm(now + UNSOLICITED_INTERVAL_MS * this.#parts.fraction());
    } else this.#arm(this.#changeAt);
  }

  /** A query has come, or something that looks like one. */
  receive(offset: number, length: number, now: number): void {
    const { counters, fraction } = this.#parts;
    const query = this.#query;
    if (!this.#read(offset, length)) {
      counters.resolutionBad++;
      return;
    }
    counters.listenerQueries++;
    if (!this.#isAbout(query)) return;
    const at = now + query.delayMs * fraction();
    // One answer for all who ask meanwhile, as early as the most impatient of them will have it.
    if (at < this.#answerAt) this.#answerAt = at;
    this.#answersOld = query.isOld;
    this.#arm(this.#changeAt);
  }

  #changeAt = Infinity;

  #arm(changeAt: number): void {
    this.#changeAt = this.#changes > 0 ? changeAt : Infinity;
    this.deadline = Math.min(this.#changeAt, this.#answerAt);
  }

  /** RFC 3810 §6.2: from a link-local address, and no further than one hop. */
  #read(offset: number, length: number): boolean {
    const packet = this.#packet;
    if (readIpv6(offset, length, packet) !== IP_OK || packet.protocol !== PROTOCOL_ICMPV6) {
      return false;
    }
    const { payloadOffset, payloadLength } = packet;
    if (packet.ttl !== 1 || packet.source0 >>> 22 !== 0x3fa) return false;
    if (!isIcmpv6Intact(payloadOffset, payloadLength, sumOf(packet))) return false;
    return readListenerQuery(payloadOffset, payloadLength, this.#query);
  }

  #isAbout({ group0, group1, group2, group3 }: ListenerQuery): boolean {
    if ((group0 | group1 | group2 | group3) === 0) return true;
    return this.#groups().some(
      ([w0, w1, w2, w3]) => w0 === group0 && w1 === group1 && w2 === group2 && w3 === group3,
    );
  }

  /** Of the addresses that are ours, or will be if nobody has them. */
  #groups(): Group[] {
    const ours = this.#parts.claims.filter((one) => !one.address.isMapped && one.state !== 'LOST');
    const last = new Set(ours.map(({ address }) => address.w3 | SOLICITED_NODE | 0));
    return [...last].map((w3) => [LINK_SCOPE, 0, 1, w3]);
  }

  #report(kind: typeof IS_EXCLUDE | typeof CHANGE_TO_EXCLUDE, isOld: boolean): void {
    const groups = this.#groups();
    const each = isOld ? 1 : MOST_RECORDS;
    for (let i = 0; i < groups.length; i += each) {
      const some = groups.slice(i, i + each);
      this.#send(kind, some, isOld, isOld ? some[0] : ALL_ROUTERS);
    }
  }

  #send(
    kind: typeof IS_EXCLUDE | typeof CHANGE_TO_EXCLUDE,
    groups: readonly Group[],
    isOld: boolean,
    to: Group,
  ): void {
    const { output, counters } = this.#parts;
    const bytes = listenerReportBytes(groups.length, isOld);
    const offset = output.reserve(IPV6_HEADER_BYTES + bytes);
    if (offset < 0) {
      counters.resolutionLost++;
      return;
    }
    const header = this.#header;
    this.#setAddresses(to);
    writeIpv6(offset, header, bytes);
    const payload = offset + IPV6_HEADER_BYTES;
    writeListenerReport(payload, kind, groups, isOld);
    const message = payload + ROUTER_ALERT_BYTES;
    writeIcmpv6Checksum(message, bytes - ROUTER_ALERT_BYTES, sumOf(header));
    output.commit(MULTICAST_MAC, to[3], ETHERTYPE_IPV6, IPV6_HEADER_BYTES + bytes, 0);
    counters.listenerReports++;
  }

  /** From the link-local address, and from nobody's until that is ours (RFC 3590). */
  #setAddresses(to: Group): void {
    const header = this.#header;
    const own = this.#parts.claims.find((one) => one.address.isLinkLocal && one.state === 'HELD');
    header.source0 = own?.address.w0 ?? 0;
    header.source1 = own?.address.w1 ?? 0;
    header.source2 = own?.address.w2 ?? 0;
    header.source3 = own?.address.w3 ?? 0;
    [header.destination0, header.destination1, header.destination2, header.destination3] = to;
  }
}

function sumOf(header: IpHeader): number {
  const { source0, source1, source2, source3 } = header;
  const { destination0, destination1, destination2, destination3 } = header;
  const destination = [destination0, destination1, destination2, destination3] as const;
  return addressSum(source0, source1, source2, source3, ...destination);
}
