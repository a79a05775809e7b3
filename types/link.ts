/**
 * The contract between a link and the stack above it.
 *
 * A link carries whole IP packets. Packets lie in the process's packet memory
 * (`lib/support/memory`); both sides speak of them as offset and length. A link never interprets
 * TCP.
 */
import type { NetworkErrorCode } from '../lib/support/network-error';
import type { ChecksumNote } from '../lib/wire/checksum-note';
import type { IpAddress } from '../lib/wire/ip-address';
import type { Clock } from './clock';

/** What the stack offers a link: handed to `open`, used until `close`. */
export interface LinkHost {
  /**
   * A packet has arrived at packetMemory.bytes[offset, offset + length). The bytes are the stack's
   * only during the call. Never throws, whatever the bytes say.
   * @param textOffset of a packet by `commitInPlace`: where its text is, which is counted in
   *   `length`; absent or 0: behind the headers
   */
  receive(offset: number, length: number, checksum: ChecksumNote, textOffset?: number): void;
  /**
   * Like `receive`, for who shows packets to people.
   * @returns why the stack had no use for the packet, in words; null: it had
   */
  receiveExplained?(offset: number, length: number, checksum: ChecksumNote): string | null;
  /** A batch of `receive` calls is over: now the stack answers. */
  receivedBatch(): void;
  /**
   * Of a packet that was committed: it will never leave, for the reason that `code` says, and its
   * bytes are the stack's only during the call. EMSGSIZE: `route` says what fits.
   */
  sendFailed?(offset: number, length: number, code: NetworkErrorCode): void;
  /** There is room again after `reserve` returned -1. */
  writable(): void;
  /**
   * The link is broken beyond repair (a NetworkError code says how) and will carry nothing more.
   */
  failed(error: Error): void;
  /** Runs `fn` soon, outside the present call: real or virtual time alike. */
  defer(fn: () => void): void;
  /** The stack's time, for a link that waits for something: an answer, the age of what it knows. */
  readonly clock: Clock;
  /** Fills the array with unpredictable bytes; from a seed, where time is virtual. */
  random(target: Uint8Array): void;
}

/** How a link would reach a destination. */
export interface LinkRoute {
  /** Address that packets to the destination should bear as their source. */
  source: IpAddress;
  /** Largest IP packet on the way, as far as known here, in bytes. */
  mtu: number;
}

/** A local port kept from everyone else on the host; see the raw link's port guard. */
export interface PortClaim {
  readonly port: number;
  release(): void;
}

/**
 * The zones of a link that has several (RFC 4007): the interfaces of a host. The stack numbers
 * link-local addresses with them (`IpAddress.scoped`); in packets that go either way the number
 * stands in the second word of such an address, where the wire has zeros.
 */
export interface LinkZones {
  /** @returns 0 for a zone that is not there */
  indexOf(zone: string): number;
  /** @returns '' for one that is not there */
  nameOf(index: number): string;
}

export interface Link {
  readonly name: string;
  /** Largest IP packet this link ever carries, in bytes. */
  readonly mtu: number;
  /** Largest IP packet the stack may hand over: `mtu`, or more where the link itself splits. */
  readonly maxSegmentBytes: number;
  /**
   * The same for packets to `destination` alone, where that is more. IPv4 packets of more than
   * 65,535 bytes are among them: their headers say a total length of 0.
   */
  maxSegmentBytesTo?(destination: IpAddress): number;
  /**
   * May the segments that leave at once be treated as one thing by the sender, in his books and in
   * his measures (lib/tcp/train)? Not where each is to be told from the next by its time.
   */
  readonly takesTrains?: boolean;
  /**
   * Must the TCP checksum of outgoing packets be filled in? False on links that stay in the
   * process.
   */
  readonly needsChecksum: boolean;
  /**
   * Does the host's own kernel answer for this link's addresses too? Then the stack answers (RST,
   * …) only for ports it has claimed.
   */
  readonly sharesHost: boolean;
  /**
   * Is there somebody beyond this process, who should be told when it ends? Then the stack resets
   * its connections at exit, as a kernel would.
   */
  readonly endsWithProcess?: boolean;

  /** How many ports may be claimed before those of finished connections are given back early. */
  readonly claimBudget?: number;

  /** Without it the link is one zone, named as it is and numbered 0. */
  readonly zones?: LinkZones;

  /** @throws NetworkError EACCES, EPERM, ENODEV, … with a message that says the remedy */
  open(host: LinkHost): void;
  /**
   * Everything held (descriptors, memory, timers, claims) is given back. Calling it again does
   * nothing.
   */
  close(): void;

  /**
   * May a socket be bound to this address over this link? (Unspecified addresses are not asked.)
   */
  isLocal(address: IpAddress): boolean;
  /** @returns null when the link cannot reach the destination */
  route(destination: IpAddress): LinkRoute | null;
  /**
   * Claims a local port on the host; port 0 takes a free one. Synchronous. Present where
   * `sharesHost`.
   * @param ipv6Only of `::` that it does not mean every IPv4 address, too
   * @throws NetworkError EADDRINUSE, EADDRNOTAVAIL, EACCES
   */
  claimPort?(address: IpAddress, port: number, ipv6Only?: boolean): PortClaim;

  /**
   * @returns offset in packet memory where up to `length` bytes may be written, or -1: no room now
   */
  reserve(length: number): number;
  /**
   * The packet in the last reserved place is complete: `length` bytes of it. One of more than the
   * path's MTU, on a link that splits, is to be cut into segments of `pieceBytes` of text each;
   * absent or 0: it is not to be cut.
   */
  commit(length: number, pieceBytes?: number): void;
  /**
   * Like `commit`, for a packet of which only `headerBytes` are in the reserved place. Its text is
   * in two other places of packet memory, the second of which may be empty, and is taken from there
   * before this returns. Present where that is cheaper.
   */
  commitText?(
    headerBytes: number,
    textOffset: number,
    textLength: number,
    moreOffset: number,
    moreLength: number,
    pieceBytes: number,
  ): void;
  /**
   * Like `commit`, for a packet of which only `headerBytes` are in the reserved place, over a link
   * that stays in the process: its text stays where it is until the packet has been received.
   * Called only while `mayLeaveText` says so.
   */
  commitInPlace?(headerBytes: number, textOffset: number, textLength: number): void;
  /** May `commitInPlace` be called now? Present where that is. */
  readonly mayLeaveText?: boolean;
  /** A batch of commits is over: send what is queued, with as few system calls as possible. */
  flush(): void;

  /**
   * Takes in what has arrived and was not read yet, at once. Called before timeouts are believed:
   * where the process was held up, the answer may have been waiting for longer than its timer.
   */
  receiveNow?(): void;

  /**
   * While referenced the link's descriptors may keep the process alive; unreferenced they must not.
   */
  ref(): void;
  unref(): void;
}
