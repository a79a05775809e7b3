/**
 * A link around a link: what passes is also written to a pcapng file, with the direction, and with
 * the reason where the stack dropped it.
 */
import type { Clock } from '../../types/clock';
import type { Link, LinkHost, LinkRoute, LinkZones } from '../../types/link';
import { CHECKSUM_COMPLETE, type ChecksumNote } from '../wire/checksum-note';
import { completeChecksum } from '../wire/complete-checksum';
import type { IpAddress } from '../wire/ip-address';
import { PCAP_INBOUND, PCAP_OUTBOUND } from '../wire/pcapng';
import { CaptureFile } from './capture-file';
import type { LinkCounters } from './link-counters';

export interface CaptureLinkOptions {
  /** A path, or a file that several links share and whoever made it closes. */
  file: string | CaptureFile;
  /** Name of the interface in the file; the link's own unless given. */
  name?: string;
  /** Leaves out what is sent: for a link on which all of it comes back. */
  inboundOnly?: boolean;
}

/**
 * A link that does what `link` does, and writes each packet to a file that Wireshark reads.
 * @throws NetworkError EACCES, ENOENT, … where the file cannot be made
 */
export function createCaptureLink(link: Link, options: CaptureLinkOptions): Link {
  return new CaptureLink(link, options);
}

export class CaptureLink implements Link {
  readonly claimPort?: Link['claimPort'];
  readonly zones?: LinkZones;
  readonly #link: Link;
  readonly #options: CaptureLinkOptions;
  readonly #file: CaptureFile;
  #clock: Clock | null = null;
  #originNs = 0n;
  /** The number of the interface in the file, which begins with its first packet; -1: none yet. */
  #interface = -1;
  #reserved = -1;

  constructor(link: Link, options: CaptureLinkOptions) {
    this.#link = link;
    this.#options = options;
    const { file } = options;
    this.#file = typeof file === 'string' ? new CaptureFile(file) : file;
    this.zones = link.zones;
    if (link.claimPort !== undefined) {
      this.claimPort = (address, port, ipv6Only) => link.claimPort!(address, port, ipv6Only);
    }
  }

  get name(): string {
    return this.#link.name;
  }

  get mtu(): number {
    return this.#link.mtu;
  }

  get takesTrains(): boolean {
    return this.#link.takesTrains === true;
  }

  get maxSegmentBytes(): number {
    return this.#link.maxSegmentBytes;
  }

  get needsChecksum(): boolean {
    return this.#link.needsChecksum;
  }

  get sharesHost(): boolean {
    return this.#link.sharesHost;
  }

  get endsWithProcess(): boolean {
    return this.#link.endsWithProcess === true;
  }

  open(host: LinkHost): void {
    const { clock } = host;
    this.#clock = clock;
    this.#originNs = BigInt(Math.round((clock.originMs ?? 0) * 1e3)) * 1000n;
    const inner: LinkHost = {
      receive: (offset, length, note) => void this.#receive(host, offset, length, note),
      receiveExplained: (offset, length, note) => this.#receive(host, offset, length, note),
      receivedBatch: () => host.receivedBatch(),
      writable: () => host.writable(),
      sendFailed: (offset, length, code) => host.sendFailed?.(offset, length, code),
      failed: (error) => host.failed(error),
      defer: (fn) => host.defer(fn),
      clock,
      random: (target) => host.random(target),
    };
    try {
      this.#link.open(inner);
    } catch (error) {
      this.#closeFile();
      throw error;
    }
  }

  close(): void {
    this.#link.close();
    this.#finish();
    this.#closeFile();
  }

  isLocal(address: IpAddress): boolean {
    return this.#link.isLocal(address);
  }

  route(destination: IpAddress): LinkRoute | null {
    return this.#link.route(destination);
  }

  reserve(length: number): number {
    this.#reserved = this.#link.reserve(length);
    return this.#reserved;
  }

  commit(length: number, pieceBytes?: number): void {
    if (!this.#options.inboundOnly) {
      this.#capture(this.#reserved, length, PCAP_OUTBOUND, this.#link.needsChecksum);
    }
    this.#link.commit(length, pieceBytes);
  }

  flush(): void {
    this.#link.flush();
  }

  receiveNow(): void {
    this.#link.receiveNow?.();
  }

  ref(): void {
    this.#link.ref();
  }

  unref(): void {
    this.#link.unref();
  }

  /** The packet first, for what the stack answers on the spot comes after it; then what it said. */
  #receive(host: LinkHost, offset: number, length: number, note: ChecksumNote): string | null {
    const isComplete = note === CHECKSUM_COMPLETE;
    const mark = this.#capture(offset, length, PCAP_INBOUND, isComplete);
    if (host.receiveExplained === undefined) {
      host.receive(offset, length, note);
      return null;
    }
    const reason = host.receiveExplained(offset, length, note);
    if (reason !== null) this.#file.comment(mark, reason);
    return reason;
  }

  /** @param isComplete its checksum is what its sender meant it to be, right or wrong */
  #capture(offset: number, length: number, direction: number, isComplete: boolean): number {
    const file = this.#file;
    const { name } = this.#options;
    if (this.#interface < 0) this.#interface = file.addInterface(name ?? this.#link.name);
    const mark = file.writePacket(this.#interface, this.#timeNs(), offset, length, direction);
    if (mark >= 0 && !isComplete) completeChecksum(file.offsetOf(mark), length);
    return mark;
  }

  #closeFile(): void {
    if (typeof this.#options.file === 'string') this.#file.close();
  }

  /** What the link itself has counted, for the file's end. */
  #finish(): void {
    const { counters } = this.#link as { counters?: LinkCounters };
    if (this.#interface < 0 || counters === undefined) return;
    const { receivedPackets, droppedOverflow } = counters;
    this.#file.writeStatistics(this.#interface, this.#timeNs(), receivedPackets, droppedOverflow);
    this.#interface = -1;
  }

  #timeNs(): bigint {
    return this.#originNs + BigInt(Math.round(this.#clock!.now() * 1e6));
  }
}
