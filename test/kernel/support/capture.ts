/**
 * Sees what passes a network device: every TCP segment with SYN, FIN or RST, and nothing else,
 * so that a capture of gigabytes is a few kilobytes and misses nothing; or every segment there is.
 */
import { IpAddress } from '../../../lib/wire/ip-address';
import { PacketSocket } from './packet-socket';

const QUEUE_BYTES = 32 * 1024 * 1024;
/** For those that see everything. */
const LONG_QUEUE_BYTES = 256 * 1024 * 1024;

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;

export interface CapturedSegment {
  /** Address and port: `127.0.0.1:4000`. */
  from: string;
  to: string;
  isSyn: boolean;
  isFin: boolean;
  isReset: boolean;
  /** Sequence numbers of its first byte, and of the first that its sender waits for; -1: no ACK. */
  seq: number;
  ack: number;
  /** Of its text. */
  length: number;
}

export class Capture {
  readonly #address: string;
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
    this.#address = address;
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

  /**
   * Those of them that no repeated FIN explains; each explains one. Where the machine is so busy
   * that a FIN is repeated before its acknowledgment is looked at, it is acknowledged twice, and the
   * second one finds its connection gone; or the copy finds our TIME-WAIT over, which tests have
   * made short. Then a reset is the right answer (RFC 9293 §3.10.7.1).
   */
  strangeResets(): string[] {
    const repeated = new Map<string, number>();
    for (const { from, to, isFin } of this.read()) {
      if (isFin) repeated.set(`${from} > ${to}`, (repeated.get(`${from} > ${to}`) ?? -1) + 1);
    }
    const isExplained = (way: string): boolean => {
      const left = repeated.get(way) ?? 0;
      if (left > 0) repeated.set(way, left - 1);
      return left > 0;
    };
    return this.resets().filter((way) => {
      const back = way.split(' > ').reverse().join(' > ');
      return !isExplained(way) && !isExplained(back);
    });
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
    const isV6 = packet[0] >>> 4 === 6;
    const tcp = isV6 ? 40 : (packet[0] & 0x0f) * 4;
    if (packet.length < tcp + 20) return;
    const [from, to, bytesEach] = isV6 ? [8, 24, 16] : [12, 16, 4];
    const source = textOf(packet.subarray(from, from + bytesEach));
    const destination = textOf(packet.subarray(to, to + bytesEach));
    if (source !== this.#address && destination !== this.#address) return;
    const flags = packet[tcp + 13];
    this.#segments.push({
      from: `${source}:${packet.readUInt16BE(tcp)}`,
      to: `${destination}:${packet.readUInt16BE(tcp + 2)}`,
      isSyn: (flags & SYN) !== 0,
      isFin: (flags & FIN) !== 0,
      isReset: (flags & RST) !== 0,
      seq: packet.readUInt32BE(tcp + 4),
      ack: (flags & ACK) === 0 ? -1 : packet.readUInt32BE(tcp + 8),
      length: packet.length - tcp - (packet[tcp + 12] >>> 4) * 4,
    });
  }
}

function textOf(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const word = (index: number) => bytes.readInt32BE(4 * index);
  return IpAddress.fromIpv6(word(0), word(1), word(2), word(3)).text;
}
