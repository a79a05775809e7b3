/**
 * Sees what passes a network device: every TCP segment with SYN, FIN or RST, and nothing else,
 * so that a capture of gigabytes is a few kilobytes and misses nothing (packet(7), SOCK_DGRAM).
 *
 * The kernel queues the segments and `read` takes them out, without an event: on lo and veth a
 * segment is in the queue before its sender's system call returns.
 */
import { readFileSync } from 'node:fs';
import { BpfProgram } from '../../../lib/link/bpf-program';
import { type Libc, loadLibc } from '../../../lib/link/libc';
import { withinNamespace } from '../../../lib/link/network-namespace';
import { IpAddress } from '../../../lib/wire/ip-address';

const AF_PACKET = 17;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const ETH_P_ALL = 0x0003;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
const EAGAIN = 11;

const SOCKADDR_LL_BYTES = 20;
const QUEUE_BYTES = 16 * 1024 * 1024;
/** Two headers with all their options. */
const SNAP_BYTES = 128;

const FIN = 1;
const SYN = 2;
const RST = 4;

/**
 * The filter: [code, jump if true, jump if false, constant] as in <linux/filter.h>, offsets from the IP
 * header. It looks at the address, too, so that what other tests do meanwhile fills no queue here.
 */
function programFor(address: string): (readonly [number, number, number, number])[] {
  if (address.includes(':')) return programFor6(address);
  const word = Buffer.from(address.split('.').map(Number)).readUInt32BE();
  return [
    [0x30, 0, 0, 0], // ldb [0]
    [0x54, 0, 0, 0xf0], // and #0xf0
    [0x15, 0, 12, 0x40], // jeq #0x40: IPv4
    [0x30, 0, 0, 9], // ldb [9]
    [0x15, 0, 10, 6], // jeq #6: TCP
    [0x20, 0, 0, 12], // ld [12]: the source
    [0x15, 2, 0, word], // jeq
    [0x20, 0, 0, 16], // ld [16]: the destination
    [0x15, 0, 6, word], // jeq
    [0x28, 0, 0, 6], // ldh [6]
    [0x45, 4, 0, 0x1fff], // jset #0x1fff: not the first fragment
    [0xb1, 0, 0, 0], // ldxb 4*([0]&0xf)
    [0x50, 0, 0, 13], // ldb [x + 13]
    [0x45, 0, 1, FIN | SYN | RST], // jset
    [0x06, 0, 0, SNAP_BYTES], // ret
    [0x06, 0, 0, 0], // ret #0
  ];
}

/** The same for IPv6, whose packets have no extensions here. */
function programFor6(address: string): (readonly [number, number, number, number])[] {
  const { w0, w1, w2, w3 } = IpAddress.parse(address)!;
  const words = [w0, w1, w2, w3].map((word) => word >>> 0);
  return [
    [0x30, 0, 0, 0], // ldb [0]
    [0x54, 0, 0, 0xf0], // and #0xf0
    [0x15, 0, 21, 0x60], // jeq #0x60: IPv6
    [0x30, 0, 0, 6], // ldb [6]
    [0x15, 0, 19, 6], // jeq #6: TCP
    ...words.flatMap((word, i): [number, number, number, number][] => [
      [0x20, 0, 0, 8 + 4 * i], // ld: the source
      [0x15, i === 3 ? 8 : 0, 6 - 2 * i, word], // jeq
    ]),
    ...words.flatMap((word, i): [number, number, number, number][] => [
      [0x20, 0, 0, 24 + 4 * i], // ld: the destination
      [0x15, 0, 9 - 2 * i, word], // jeq
    ]),
    [0x30, 0, 0, 53], // ldb [53]
    [0x45, 0, 1, FIN | SYN | RST], // jset
    [0x06, 0, 0, SNAP_BYTES], // ret
    [0x06, 0, 0, 0], // ret #0
  ];
}

export interface CapturedSegment {
  /** Address and port: `127.0.0.1:4000`. */
  from: string;
  to: string;
  isSyn: boolean;
  isFin: boolean;
  isReset: boolean;
}

export class Capture {
  readonly #libc: Libc = loadLibc();
  readonly #address: string;
  readonly #buffer = Buffer.alloc(SNAP_BYTES);
  readonly #segments: CapturedSegment[] = [];
  #fd: number;
  #missed = 0;
  /** The protocol of the address. */
  readonly #incoming: number;

  /**
   * @param address only what comes from or goes to it is kept
   * @param device where to look; on lo each segment is seen once, elsewhere both directions are;
   *   '': on all devices of the namespace
   * @param namespace where the device is; '': ours
   */
  constructor(address: string, device = 'lo', namespace = '') {
    this.#address = address;
    this.#incoming = address.includes(':') ? ETH_P_IPV6 : ETH_P_IP;
    this.#fd = withinNamespace(this.#libc, namespace, () =>
      this.#libc.socket(AF_PACKET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0),
    );
    if (this.#fd < 0) throw new Error(`packet socket: errno ${this.#libc.errno()}`);
    const program = new BpfProgram();
    for (const [code, ifTrue, ifFalse, constant] of programFor(address)) {
      program.add(code, constant, ifTrue, ifFalse);
    }
    program.attach(this.#libc, this.#fd);
    const queue = Buffer.alloc(4);
    queue.writeInt32LE(QUEUE_BYTES);
    // Without CAP_NET_ADMIN the queue stays short; `countMissed` says when it was too short.
    this.#libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, queue, queue.length);
    this.#bind(device);
  }

  /** Everything seen so far. */
  read(): readonly CapturedSegment[] {
    const at = this.#libc.addressOf(this.#buffer);
    for (;;) {
      const length = this.#libc.recv(this.#fd, at, SNAP_BYTES, 0);
      if (length < 0) break;
      this.#note(length);
    }
    const errno = this.#libc.errno();
    if (errno !== EAGAIN) throw new Error(`packet socket: errno ${errno}`);
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
    const statistics = Buffer.alloc(8);
    const length = Buffer.from([8, 0, 0, 0]);
    const libc = this.#libc;
    if (libc.getsockopt(this.#fd, SOL_PACKET, PACKET_STATISTICS, statistics, length) < 0) {
      throw new Error(`PACKET_STATISTICS: errno ${libc.errno()}`);
    }
    this.#missed += statistics.readUInt32LE(4); // asking sets it back
    return this.#missed;
  }

  close(): void {
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
  }

  #note(length: number): void {
    const bytes = this.#buffer;
    const isV6 = bytes[0] >>> 4 === 6;
    const tcp = isV6 ? 40 : (bytes[0] & 0x0f) * 4;
    if (length < tcp + 14) return;
    const [from, to, bytesEach] = isV6 ? [8, 24, 16] : [12, 16, 4];
    const source = textOf(bytes.subarray(from, from + bytesEach));
    const destination = textOf(bytes.subarray(to, to + bytesEach));
    if (source !== this.#address && destination !== this.#address) return;
    const flags = bytes[tcp + 13];
    this.#segments.push({
      from: `${source}:${bytes.readUInt16BE(tcp)}`,
      to: `${destination}:${bytes.readUInt16BE(tcp + 2)}`,
      isSyn: (flags & SYN) !== 0,
      isFin: (flags & FIN) !== 0,
      isReset: (flags & RST) !== 0,
    });
  }

  /** Sockets for one protocol hear incoming packets only; on lo that is each packet once. */
  #bind(device: string): void {
    const address = Buffer.alloc(SOCKADDR_LL_BYTES);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeUInt16BE(device === 'lo' ? this.#incoming : ETH_P_ALL, 2);
    const index = device === '' ? 0 : readFileSync(`/sys/class/net/${device}/ifindex`, 'utf8');
    address.writeInt32LE(Number(index), 4);
    if (this.#libc.bind(this.#fd, address, SOCKADDR_LL_BYTES) === 0) return;
    throw new Error(`packet socket on ${device}: errno ${this.#libc.errno()}`);
  }
}

function textOf(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const word = (index: number) => bytes.readInt32BE(4 * index);
  return IpAddress.fromIpv6(word(0), word(1), word(2), word(3)).text;
}
