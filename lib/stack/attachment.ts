/**
 * A link as it is attached to a stack: the stack's side of `LinkHost`, and who waits for room on
 * it.
 */
import type { Clock } from '../../types/clock';
import type { Link, LinkHost } from '../../types/link';
import type { NetworkErrorCode } from '../support/network-error';
import type { ChecksumNote } from '../wire/checksum-note';
import type { IpAddress } from '../wire/ip-address';
import { IPV4_MAX_BYTES } from '../wire/ipv4';
import type { Endpoint } from './endpoint';
import { Fifo } from './fifo';

/** What an attachment hands on to its stack. */
export interface AttachmentOwner {
  receive(
    attachment: Attachment,
    offset: number,
    length: number,
    note: ChecksumNote,
    textOffset?: number,
  ): void;
  receiveExplained(
    attachment: Attachment,
    offset: number,
    length: number,
    note: ChecksumNote,
  ): string | null;
  sendFailed(attachment: Attachment, offset: number, length: number, code: NetworkErrorCode): void;
  receivedBatch(): void;
  /** There is room again for whoever waits. */
  resume(): void;
  failed(attachment: Attachment, error: Error): void;
  defer(fn: () => void): void;
  readonly clock: Clock;
  random(target: Uint8Array): void;
}

export class Attachment implements LinkHost {
  readonly link: Link;
  /** Do its packets never leave the stack? */
  readonly inside: boolean;
  readonly clock: Clock;
  /** Has something been reserved, and perhaps committed, since the last flush? */
  needsFlush = false;
  /** Has nobody been turned away since the link last said that there is room? */
  #hasRoom = true;
  readonly #owner: AttachmentOwner;
  readonly #waiting = new Fifo<Endpoint>();

  constructor(link: Link, inside: boolean, owner: AttachmentOwner) {
    this.link = link;
    this.inside = inside;
    this.clock = owner.clock;
    this.#owner = owner;
  }

  /** Largest packet that the link cuts into segments itself, in bytes; 0: it cuts nothing. */
  splitBytesTo(destination: IpAddress): number {
    const { link } = this;
    const most = link.maxSegmentBytesTo?.(destination) ?? link.maxSegmentBytes;
    return most > link.mtu ? most : 0;
  }

  /** Does text leave in trains: several segments at once, that the engine cuts up? */
  sendsTrainsTo(destination: IpAddress): boolean {
    return this.link.takesTrains === true && this.splitBytesTo(destination) === 0;
  }

  /** How large a packet would be that has all the text that may be sent at once; 0: as it is. */
  burstBytesTo(destination: IpAddress): number {
    return this.sendsTrainsTo(destination) ? IPV4_MAX_BYTES : this.splitBytesTo(destination);
  }

  /** Do others wait, so that nobody should take all the room? */
  get isCrowded(): boolean {
    return this.#waiting.size > 0;
  }

  /** Do others than this one wait? */
  isCrowdedBesides(endpoint: Endpoint): boolean {
    return this.#waiting.size > (endpoint.isWaiting ? 1 : 0);
  }

  /** Is there somebody who waits, and room for him as far as is known? */
  get mayResume(): boolean {
    return this.#hasRoom && this.#waiting.size > 0;
  }

  /** The endpoint goes on when it is its turn again. */
  await(endpoint: Endpoint): void {
    if (endpoint.isWaiting) return;
    endpoint.isWaiting = true;
    this.#waiting.push(endpoint);
  }

  /** `link.reserve` said -1: nobody goes on before there is room. */
  noteFull(): void {
    this.#hasRoom = false;
  }

  /** Whoever has waited longest, no longer among those who wait; `mayResume` must hold. */
  shiftWaiting(): Endpoint {
    const endpoint = this.#waiting.shift()!;
    endpoint.isWaiting = false;
    return endpoint;
  }

  receive(offset: number, length: number, note: ChecksumNote, textOffset = 0): void {
    this.#owner.receive(this, offset, length, note, textOffset);
  }

  receiveExplained(offset: number, length: number, note: ChecksumNote): string | null {
    return this.#owner.receiveExplained(this, offset, length, note);
  }

  sendFailed(offset: number, length: number, code: NetworkErrorCode): void {
    this.#owner.sendFailed(this, offset, length, code);
  }

  receivedBatch(): void {
    this.#owner.receivedBatch();
  }

  writable(): void {
    this.#hasRoom = true;
    if (this.isCrowded) this.#owner.resume();
  }

  failed(error: Error): void {
    this.#owner.failed(this, error);
  }

  defer(fn: () => void): void {
    this.#owner.defer(fn);
  }

  random(target: Uint8Array): void {
    this.#owner.random(target);
  }
}
