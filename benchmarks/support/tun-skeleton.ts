/**
 * The ceiling of sending over a TUN device: what the peer's kernel asks of a sender, and nothing
 * else. A handshake, then text as far as the peer's window goes, in packets as large as the device
 * takes, each behind one header; of what comes back only ACK and window count. Nothing is timed,
 * measured or sent again.
 *
 * It looks like a socket of `net` to who writes: with `keeps` what is written is copied once, to
 * where it could be sent again from; without, the same bytes are sent whatever is written.
 */
import { EventEmitter } from 'node:events';
import type { Server, Socket } from 'node:net';
import type { TunLink } from '../../lib/link/tun-link';
import { packetMemory } from '../../lib/support/memory';
import { IpAddress } from '../../lib/wire/ip-address';
import { IpHeader, PROTOCOL_TCP } from '../../lib/wire/ip-header';
import { IPV4_HEADER_BYTES, readIpv4, writeIpv4 } from '../../lib/wire/ipv4';
import { ACK, RST, Segment, SYN } from '../../lib/wire/segment';
import { readSegment, TCP_HEADER_BYTES, writeSegmentHeader } from '../../lib/wire/tcp-header';
import type { Clock } from '../../types/clock';
import type { LinkHost } from '../../types/link';
import type { NetLike } from './bulk-transfer';

const MSS = 1460;
const RING_BYTES = 1_048_576;
const FIRST_PORT = 20_000;

export class TunSkeleton implements NetLike, LinkHost {
  readonly clock = { now: () => 0 } as unknown as Clock; // a TUN link never asks
  readonly link: TunLink;
  readonly keeps: boolean;
  readonly #address: number;
  readonly #header = new IpHeader();
  #socket: SkeletonSocket | null = null;
  #port = FIRST_PORT;

  /** @param address our own: IPv4 */
  constructor(link: TunLink, address: string, keeps: boolean) {
    this.link = link;
    this.keeps = keeps;
    this.#address = IpAddress.parse(address)!.w3;
    link.open(this);
  }

  connect(port: number, host: string): Socket {
    this.#socket = new SkeletonSocket(this, host, this.#port++, port);
    return this.#socket as unknown as Socket;
  }

  createServer(): Server {
    throw new Error('a skeleton only calls');
  }

  close(): void {
    this.link.close();
  }

  /** Sends `segment` with its text to `remote`. */
  send(remote: number, segment: Segment): void {
    const { link } = this;
    const offset = link.reserve(link.mtu);
    if (offset === -1) throw new Error('the device has no room');
    const tcpBytes = writeSegmentHeader(offset + IPV4_HEADER_BYTES, segment);
    const header = this.#header;
    header.protocol = PROTOCOL_TCP;
    header.ttl = 64;
    header.source3 = this.#address;
    header.destination3 = remote;
    const { textOffset, textLength, moreOffset, moreLength, pieceBytes } = segment;
    writeIpv4(offset, header, tcpBytes + textLength + moreLength);
    const headerBytes = IPV4_HEADER_BYTES + tcpBytes;
    if (textLength === 0) link.commit(headerBytes);
    else link.commitText!(headerBytes, textOffset, textLength, moreOffset, moreLength, pieceBytes);
  }

  receive(offset: number, length: number): void {
    this.#socket?.receive(offset, length);
  }

  receivedBatch(): void {
    this.#socket?.proceed();
  }

  writable(): void {}

  failed(error: Error): void {
    throw error;
  }

  defer(fn: () => void): void {
    setImmediate(fn);
  }

  random(target: Uint8Array): void {
    target.fill(0);
  }
}

class SkeletonSocket extends EventEmitter {
  destroyed = false;
  readonly #skeleton: TunSkeleton;
  readonly #remote: number;
  readonly #packetBytes: number;
  readonly #ring = packetMemory.allocate(RING_BYTES);
  readonly #in = new Segment();
  readonly #header = new IpHeader();
  readonly #out = new Segment();
  #connected = false;
  #shift = 0;
  /** Sequence numbers: ours begin at 0. */
  #una = 0;
  #nxt = 0;
  #written = 1;
  #peerNxt = 0;
  #window = 0;
  #waits = false;

  constructor(skeleton: TunSkeleton, host: string, localPort: number, remotePort: number) {
    super();
    this.#skeleton = skeleton;
    const remote = IpAddress.parse(host)!;
    this.#remote = remote.w3;
    const most = skeleton.link.maxSegmentBytesTo(remote) - IPV4_HEADER_BYTES - TCP_HEADER_BYTES;
    this.#packetBytes = Math.floor(most / MSS) * MSS;
    this.#out.sourcePort = localPort;
    this.#out.destinationPort = remotePort;
    this.#send(SYN, 0);
    this.#nxt = 1;
  }

  /** @returns whether there is room for as much again */
  write(chunk: Uint8Array, taken?: () => void): boolean {
    if (this.#skeleton.keeps) this.#keep(chunk);
    this.#written += chunk.length;
    taken?.();
    this.#sendText();
    this.#waits = this.#written - this.#una + chunk.length > RING_BYTES;
    return !this.#waits;
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#send(RST | ACK, 0);
    packetMemory.release(this.#ring, RING_BYTES);
    process.nextTick(() => this.emit('close'));
  }

  receive(offset: number, length: number): void {
    const header = this.#header;
    const seg = this.#in;
    if (this.destroyed || readIpv4(offset, length, header) !== 0) return;
    readSegment(header.payloadOffset, header.payloadLength, seg);
    if (seg.destinationPort !== this.#out.sourcePort) return;
    if ((seg.flags & RST) !== 0) throw new Error('the peer has reset the connection');
    this.#una += (seg.ack - this.#una) | 0; // beyond 2^32: ours are not wrapped
    if ((seg.flags & SYN) !== 0) {
      this.#peerNxt = (seg.seq + 1) | 0;
      this.#shift = Math.max(0, seg.windowScale);
      this.#window = seg.window;
      this.#connected = true;
      this.#send(ACK, 0);
      this.emit('connect');
    } else {
      this.#window = seg.window * 2 ** this.#shift;
    }
  }

  /** Some ACKs have come. */
  proceed(): void {
    if (!this.#connected || this.destroyed) return;
    this.#sendText();
    if (!this.#waits || this.#written - this.#una > RING_BYTES / 2) return;
    this.#waits = false;
    this.emit('drain');
  }

  #keep(chunk: Uint8Array): void {
    const at = this.#written & (RING_BYTES - 1);
    const first = Math.min(chunk.length, RING_BYTES - at);
    packetMemory.bytes.set(
      first < chunk.length ? chunk.subarray(0, first) : chunk,
      this.#ring + at,
    );
    if (first < chunk.length) packetMemory.bytes.set(chunk.subarray(first), this.#ring);
  }

  /** In whole packets; in smaller ones where the window is. */
  #sendText(): void {
    for (;;) {
      const room = this.#window - (this.#nxt - this.#una);
      const bytes = Math.min(this.#packetBytes, room - (room % MSS), this.#written - this.#nxt);
      const isIdle = this.#nxt === this.#una;
      if (bytes <= 0 || (bytes < this.#packetBytes && !isIdle)) return;
      this.#send(ACK, bytes);
      this.#nxt += bytes;
    }
  }

  #send(flags: number, textBytes: number): void {
    const seg = this.#out;
    seg.clear();
    seg.flags = flags;
    seg.seq = this.#nxt | 0;
    seg.ack = this.#peerNxt;
    seg.window = 0xffff;
    if ((flags & SYN) !== 0) {
      seg.mss = MSS;
      seg.windowScale = 7;
    }
    const at = this.#skeleton.keeps ? this.#nxt & (RING_BYTES - 1) : 0;
    seg.textOffset = this.#ring + at;
    seg.textLength = Math.min(textBytes, RING_BYTES - at);
    seg.moreOffset = this.#ring;
    seg.moreLength = textBytes - seg.textLength;
    seg.pieceBytes = textBytes > MSS ? MSS : 0;
    this.#skeleton.send(this.#remote, seg);
  }
}
