/**
 * Sees what passes a network device: every TCP segment with SYN, FIN or RST, and nothing else,
 * so that a capture of gigabytes is a few kilobytes and misses nothing; or every segment there is.
 */
import { IpAddress } from '../../../lib/wire/ip-address';
import { explainResets, type SeenSegment } from '../../support/explain-resets';
import { PacketSocket } from './packet-socket';

const QUEUE_BYTES = 32 * 1024 * 1024;
/** For those that see everything. */
const LONG_QUEUE_BYTES = 256 * 1024 * 1024;

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;
const TCP = 6;

export interface CapturedSegment extends SeenSegment {
  isSyn: boolean;
}

export class Capture {
  readonly #socket: PacketSocket;
  readonly #segments: CapturedSegment[] = [];

  /**
   * @param address only what comes from or goes to it is kept
   * @param device where to look; on lo each segment is seen once, elsewhere both directions are;
   *   '': on all devices of the namespace
   * @param namespace where the device is; '': ours
   * @param everything segments without SYN, FIN and RST, too
   */
  constructor(address: string, device = 'lo', namespace = '', everything = false) {
    const flags = everything ? 0xff : FIN | SYN | RST;
    const queueBytes = everything ? LONG_QUEUE_BYTES : QUEUE_BYTES;
    this.#socket = new PacketSocket(address, device, { flags, queueBytes, namespace });
  }

  /** Everything seen so far. */
  read(): readonly CapturedSegment[] {
    this.#socket.read((packet) => this.#note(packet));
    return this.#segments;
  }

  /** The resets seen so far, as text: `127.0.0.1:4000 > 127.0.0.1:80`. */
  resets(): string[] {
    return this.read()
      .filter(({ isReset }) => isReset)
      .map(({ from, to }) => `${from} > ${to}`);
  }

  /** Those of them that nothing explains which the capture has seen. */
  strangeResets(): string[] {
    const strange = [...explainResets(this.read())].filter(([, reason]) => reason === null);
    return strange.map(([{ from, to }]) => `${from} > ${to}`);
  }

  /** Handshakes that were begun. */
  countSyns(): number {
    return this.read().filter(({ isSyn }) => isSyn).length;
  }

  /** Segments that found the queue full: what the capture says is true only while this is 0. */
  countMissed(): number {
    return this.#socket.countMissed();
  }

  close(): void {
    this.#socket.close();
  }

  #note(packet: Buffer): void {
    const segment = readCaptured(packet);
    if (segment !== null) this.#segments.push(segment);
  }
}

/** @returns null for what is no TCP segment */
export function readCaptured(packet: Buffer): CapturedSegment | null {
  const isV6 = packet[0] >>> 4 === 6;
  const tcp = isV6 ? 40 : (packet[0] & 0x0f) * 4;
  if (packet[isV6 ? 6 : 9] !== TCP || packet.length < tcp + 20) return null;
  const [from, to, bytesEach] = isV6 ? [8, 24, 16] : [12, 16, 4];
  const source = textOf(packet.subarray(from, from + bytesEach));
  const destination = textOf(packet.subarray(to, to + bytesEach));
  const flags = packet[tcp + 13];
  return {
    from: `${source}:${packet.readUInt16BE(tcp)}`,
    to: `${destination}:${packet.readUInt16BE(tcp + 2)}`,
    isSyn: (flags & SYN) !== 0,
    isFin: (flags & FIN) !== 0,
    isReset: (flags & RST) !== 0,
    seq: packet.readUInt32BE(tcp + 4),
    ack: (flags & ACK) === 0 ? -1 : packet.readUInt32BE(tcp + 8),
    length: packet.length - tcp - (packet[tcp + 12] >>> 4) * 4,
  };
}

function textOf(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const word = (index: number) => bytes.readInt32BE(4 * index);
  return IpAddress.fromIpv6(word(0), word(1), word(2), word(3)).text;
}
