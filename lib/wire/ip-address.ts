/**
 * An IP address of either family, as four numbers and as text.
 *
 * Four int32 words hold every address: an IPv6 address fills them, an IPv4 address stands in the
 * last one behind ::ffff:0:0 (RFC 4291 §2.5.5.2). Demultiplexing and comparing therefore know one
 * shape only. Text is canonical: dotted for IPv4, RFC 5952 for IPv6.
 */

const MAPPED_PREFIX = 0xffff;
/** What `net.isIPv6` allows behind the percent sign (RFC 4007 §11). */
const ZONE = /^[0-9a-zA-Z.:-]+$/;
const IPV4_PART = /^(?:0|[1-9][0-9]{0,2})$/;
const IPV6_GROUP = /^[0-9a-fA-F]{1,4}$/;

/** Lately used addresses of IPv4, and as IPv6 spells them, each at a place that its number says. */
const RECENT = 256;
const recent: Array<IpAddress | null> = new Array(RECENT).fill(null);
const recentMapped: Array<IpAddress | null> = new Array(RECENT).fill(null);
/** A program that opens many connections mostly names one peer again and again. */
let lastText = '';
let lastParsed: IpAddress | null = null;

export class IpAddress {
  /** The address in network order, int32 each. */
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly family: 4 | 6;
  /** Scope id of a link-local IPv6 address ('eth0' in fe80::1%eth0); '' otherwise. */
  readonly zone: string;
  #text = '';

  private constructor(family: 4 | 6, w0: number, w1: number, w2: number, w3: number, zone: string) {
    this.w0 = w0 | 0;
    this.w1 = w1 | 0;
    this.w2 = w2 | 0;
    this.w3 = w3 | 0;
    this.family = family;
    this.zone = zone;
  }

  /**
   * Reads an address as strictly as `net.isIP`: four decimal parts without leading zeros, or IPv6
   * with `::`, a dotted end and a `%zone`.
   * @returns null for anything else. `::ffff:1.2.3.4` stays of family 6, with the words of 1.2.3.4.
   */
  static parse(text: string): IpAddress | null {
    return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  }

  /** Family 4 when the words are IPv4's (::ffff:0:0/96), 6 otherwise. */
  static fromWords(w0: number, w1: number, w2: number, w3: number): IpAddress {
    const mapped = w0 === 0 && w1 === 0 && w2 === MAPPED_PREFIX;
    return mapped ? IpAddress.fromIpv4(w3) : new IpAddress(6, w0, w1, w2, w3, '');
  }

  /** Connections between few hosts share a few addresses, and their text. */
  static fromIpv4(word: number): IpAddress {
    return IpAddress.#recall(recent, 4, word);
  }

  static #recall(from: Array<IpAddress | null>, family: 4 | 6, word: number): IpAddress {
    const place = (word ^ (word >>> 8)) & (RECENT - 1);
    const known = from[place];
    if (known !== null && known.w3 === (word | 0)) return known;
    const address = new IpAddress(family, 0, 0, MAPPED_PREFIX, word, '');
    from[place] = address;
    return address;
  }

  /** Family 6 even where the words are IPv4's: what a dual-stack socket calls an IPv4 peer. */
  static fromIpv6(w0: number, w1: number, w2: number, w3: number, zone = ''): IpAddress {
    return new IpAddress(6, w0, w1, w2, w3, zone);
  }

  /**
   * A link-local address with its zone's number in the second word, where the wire has zeros: so
   * that four words alone tell equal addresses in two zones apart. (The KAME stack did the same.)
   * @param index 0 takes it away again
   */
  scoped(index: number, zone: string): IpAddress {
    return new IpAddress(6, this.w0, index, this.w2, this.w3, zone);
  }

  /** The same, spelled as IPv6: ::ffff:a.b.c.d. */
  mapped(): IpAddress {
    if (this.isMapped && this.zone === '') return IpAddress.#recall(recentMapped, 6, this.w3);
    return new IpAddress(6, this.w0, this.w1, this.w2, this.w3, this.zone);
  }

  get text(): string {
    if (this.#text === '') this.#text = this.family === 4 ? formatIpv4(this.w3) : formatIpv6(this);
    return this.#text;
  }

  /** Do the words stand for an IPv4 address, whichever way it is written? */
  get isMapped(): boolean {
    return this.w0 === 0 && this.w1 === 0 && this.w2 === MAPPED_PREFIX;
  }

  get isUnspecified(): boolean {
    return this.w3 === 0 && this.w0 === 0 && this.w1 === 0 && (this.w2 === 0 || this.isMapped);
  }

  /** 127.0.0.0/8 (RFC 1122 §3.2.1.3) or ::1. */
  get isLoopback(): boolean {
    if (this.isMapped) return this.w3 >>> 24 === 127;
    return this.w0 === 0 && this.w1 === 0 && this.w2 === 0 && this.w3 === 1;
  }

  /** 224.0.0.0/4 (RFC 1112 §4) or ff00::/8. */
  get isMulticast(): boolean {
    return this.isMapped ? this.w3 >>> 28 === 0xe : this.w0 >>> 24 === 0xff;
  }

  /** 255.255.255.255; a subnet's own broadcast address is for its link to know. */
  get isBroadcast(): boolean {
    return this.isMapped && this.w3 === -1;
  }

  /** fe80::/10: means something only together with its zone. */
  get isLinkLocal(): boolean {
    return this.w0 >>> 22 === 0x3fa;
  }

  /** The same place: family is a matter of spelling, the zone is not. */
  equals(other: IpAddress): boolean {
    return this.sameWords(other.w0, other.w1, other.w2, other.w3) && this.zone === other.zone;
  }

  sameWords(w0: number, w1: number, w2: number, w3: number): boolean {
    return this.w3 === w3 && this.w2 === w2 && this.w1 === w1 && this.w0 === w0;
  }

  toString(): string {
    return this.text;
  }
}

export const IPV4_ANY = IpAddress.fromIpv4(0);
export const IPV6_ANY = IpAddress.fromWords(0, 0, 0, 0);
export const IPV4_LOOPBACK = IpAddress.fromIpv4(0x7f000001);
export const IPV6_LOOPBACK = IpAddress.fromWords(0, 0, 0, 1);

function parseIpv4(text: string): IpAddress | null {
  if (text === lastText) return lastParsed;
  const word = ipv4Word(text);
  if (word === null) return null;
  lastText = text;
  lastParsed = IpAddress.fromIpv4(word);
  return lastParsed;
}

function ipv4Word(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let word = 0;
  for (const part of parts) {
    const value = Number(part);
    if (!IPV4_PART.test(part) || value > 255) return null;
    word = (word << 8) | value;
  }
  return word;
}

function parseIpv6(text: string): IpAddress | null {
  const percent = text.indexOf('%');
  const zone = percent < 0 ? '' : text.slice(percent + 1);
  if (percent >= 0 && !ZONE.test(zone)) return null;
  const groups = ipv6Groups(percent < 0 ? text : text.slice(0, percent));
  if (groups === null) return null;
  return IpAddress.fromIpv6(
    (groups[0] << 16) | groups[1],
    (groups[2] << 16) | groups[3],
    (groups[4] << 16) | groups[5],
    (groups[6] << 16) | groups[7],
    zone,
  );
}

/** The eight 16-bit groups, with `::` filled in. */
function ipv6Groups(body: string): number[] | null {
  const gap = body.indexOf('::');
  if (gap < 0) {
    const groups = groupsOf(body, true);
    return groups !== null && groups.length === 8 ? groups : null;
  }
  if (body.indexOf('::', gap + 1) >= 0) return null;
  const rest = body.slice(gap + 2);
  const head = gap === 0 ? [] : groupsOf(body.slice(0, gap), false);
  const tail = rest === '' ? [] : groupsOf(rest, true);
  if (head === null || tail === null) return null;
  // `::` stands for one group at least, as in the grammar of RFC 3986 and in net.isIPv6.
  const missing = 8 - head.length - tail.length;
  if (missing < 1) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Groups between single colons; the last may be dotted where it ends the address. */
function groupsOf(text: string, endsAddress: boolean): number[] | null {
  const groups: number[] = [];
  const parts = text.split(':');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (IPV6_GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const word = endsAddress && i === parts.length - 1 ? ipv4Word(part) : null;
    if (word === null) return null;
    groups.push(word >>> 16, word & 0xffff);
  }
  return groups;
}

function formatIpv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
}

/** RFC 5952 §4 and, for mapped addresses, §5. */
function formatIpv6(address: IpAddress): string {
  const zone = address.zone === '' ? '' : `%${address.zone}`;
  if (address.isMapped) return `::ffff:${formatIpv4(address.w3)}${zone}`;
  const groups: string[] = [];
  // In the second word of an address in a zone may stand the zone's number.
  const w1 = address.isLinkLocal && zone !== '' ? 0 : address.w1;
  for (const word of [address.w0, w1, address.w2, address.w3]) {
    groups.push((word >>> 16).toString(16), (word & 0xffff).toString(16));
  }
  const gap = longestZeroRun(groups);
  if (gap.length < 2) return groups.join(':') + zone;
  const head = groups.slice(0, gap.start).join(':');
  const tail = groups.slice(gap.start + gap.length).join(':');
  return `${head}::${tail}${zone}`;
}

/** The longest run of zero groups, the first of several equally long. */
function longestZeroRun(groups: string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
