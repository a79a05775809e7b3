/**
 * The sending half of the raw-socket link.
 *
 * The package's public `send` moves one packet per turn of the event loop, and none while packets
 * arrive, because readable wins over writable there. Its native half sends at once, so that is used
 * where it is to be found; otherwise packets go through the public way, one at a time and in order.
 */
import type { Socket, SocketWrap } from 'raw-socket';
import { packetMemory } from '../support/memory';
import type { NetworkErrorCode } from '../support/network-error';
import { IpAddress } from '../wire/ip-address';
import type { HostTransmitter } from './host-link';
import type { LinkCounters } from './link-counters';
import { PacketRing } from './packet-ring';
import { isTemporary, socketError } from './raw-socket-opener';

/** Most bytes and packets queued. */
const QUEUE_BYTES = 256 * 1024;
const QUEUE_PACKETS = 64;
/** From here on a packet is sent when it is committed, so that its bytes are still in the cache. */
const LARGE_BYTES = 16 * 1024;
/** Most destinations whose text is remembered. */
const REMEMBERED_ADDRESSES = 256;

const IPV4_DESTINATION = 16;

/** Who hears how sending goes. */
export interface RawSocketTransmitterEvents {
  /** There is room again after `reserve` found none. */
  handleRoom(): void;
  /** The packet will never leave. Its bytes may be looked at during the call. */
  handleRefused(offset: number, length: number, code: NetworkErrorCode): void;
}

export class RawSocketTransmitter implements HostTransmitter {
  readonly #socket: Socket;
  readonly #send: SocketWrap['send'] | null;
  readonly #counters: LinkCounters;
  readonly #events: RawSocketTransmitterEvents;
  readonly #ring = new PacketRing(QUEUE_BYTES, QUEUE_PACKETS);
  readonly #texts = new Map<number, string>();
  /** Has the kernel no room, or is a packet on the public way? */
  #blocked = false;
  #starved = false;
  #open = true;

  constructor(socket: Socket, counters: LinkCounters, events: RawSocketTransmitterEvents) {
    this.#socket = socket;
    this.#counters = counters;
    this.#events = events;
    const wrap = socket.wrap;
    const native = typeof wrap?.send === 'function' && typeof wrap.on === 'function';
    this.#send = native ? wrap.send!.bind(wrap) : null;
    if (native) wrap.on!('sendReady', () => this.handleWritable());
  }

  reserve(length: number): number {
    const offset = this.#ring.reserve(length);
    if (offset < 0) this.#starved = true;
    return offset;
  }

  commit(length: number): void {
    this.#ring.commit(length);
    if (length >= LARGE_BYTES || this.#ring.count === QUEUE_PACKETS) this.flush();
  }

  flush(): void {
    while (this.#ring.count > 0 && !this.#blocked) {
      if (this.#send === null) this.#sendPublicly();
      else this.#sendNatively(this.#send);
    }
  }

  /** The kernel may have room again. */
  handleWritable(): void {
    if (!this.#blocked || !this.#open || this.#send === null) return;
    this.#blocked = false;
    this.#continue();
  }

  dispose(): void {
    this.#open = false;
    this.#ring.dispose();
  }

  #continue(): void {
    this.flush();
    if (!this.#starved || !this.#ring.hasRoom(LARGE_BYTES)) return;
    this.#starved = false;
    this.#events.handleRoom();
  }

  #sendNatively(send: SocketWrap['send']): void {
    const offset = this.#ring.offsetAt(0);
    const length = this.#ring.lengthAt(0);
    try {
      send(packetMemory.bytes, offset, length, this.#destination(offset), ignoreBytes);
      this.#finish(length);
    } catch (error) {
      if (!isTemporary(error as Error)) this.#refuse(error as Error);
      else {
        this.#blocked = true;
        this.#socket.resumeSend();
      }
    }
  }

  /** The package keeps the array until it is sent: a copy, for packet memory may grow meanwhile. */
  #sendPublicly(): void {
    const offset = this.#ring.offsetAt(0);
    const length = this.#ring.lengthAt(0);
    const copy = packetMemory.bytes.slice(offset, offset + length);
    this.#blocked = true;
    this.#socket.send(copy, 0, length, this.#destination(offset), (error) => {
      if (!this.#open) return;
      this.#blocked = false;
      if (error === null) this.#finish(length);
      else if (!isTemporary(error)) this.#refuse(error);
      this.#continue();
    });
  }

  #finish(length: number): void {
    this.#counters.sentPackets++;
    this.#counters.sentBytes += length;
    this.#ring.shift(1);
  }

  #refuse(error: Error): void {
    const { code } = socketError(error);
    this.#counters.countRefusal(code);
    this.#events.handleRefused(this.#ring.offsetAt(0), this.#ring.lengthAt(0), code);
    this.#ring.shift(1);
  }

  #destination(offset: number): string {
    const word = packetMemory.view.getInt32(offset + IPV4_DESTINATION);
    let text = this.#texts.get(word);
    if (text === undefined) {
      if (this.#texts.size === REMEMBERED_ADDRESSES) this.#texts.clear();
      text = IpAddress.fromIpv4(word).text;
      this.#texts.set(word, text);
    }
    return text;
  }
}

function ignoreBytes(): void {}
