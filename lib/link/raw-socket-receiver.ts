/**
 * The receiving half of the raw-socket link.
 *
 * The package reads one packet per turn of the event loop and hands out a view of a buffer that it
 * uses again. We copy that packet, then read on through the package's native half, where it is to
 * be found, straight into packet memory; and the stack answers once a turn.
 */
import type { Socket } from 'raw-socket';
import type { LinkHost } from '../../types/link';
import { packetMemory } from '../support/memory';
import { CHECKSUM_MAYBE_PARTIAL } from '../wire/checksum-note';
import type { HostPorts } from './host-ports';
import type { LinkCounters } from './link-counters';
import { BATCH_BYTES, BATCH_PACKETS, RECEIVE_BUFFER_BYTES } from './raw-receiver';
import { isTemporary } from './raw-socket-opener';

export class RawSocketReceiver {
  readonly #socket: Socket;
  readonly #ports: HostPorts;
  readonly #counters: LinkCounters;
  readonly #host: LinkHost;
  readonly #buffer: number;
  /** A view of the buffer; stale, and made anew, when packet memory has grown. */
  #view: Uint8Array = new Uint8Array(0);
  #open = true;
  #reading = false;
  #batchPackets = 0;
  #batchBytes = 0;

  constructor(socket: Socket, ports: HostPorts, counters: LinkCounters, host: LinkHost) {
    this.#socket = socket;
    this.#ports = ports;
    this.#counters = counters;
    this.#host = host;
    this.#buffer = packetMemory.allocate(RECEIVE_BUFFER_BYTES);
  }

  /** @param first the packet that the package has read; null: look whether there is any */
  handleReadable(first: Uint8Array | null): void {
    const delivered = this.#counters.receivedPackets;
    this.#batchPackets = this.#batchBytes = 0;
    this.#reading = true;
    if (first !== null) this.#copy(first);
    while (this.#batchPackets < BATCH_PACKETS && this.#batchBytes < BATCH_BYTES && this.#open) {
      if (!this.#readOne()) break;
    }
    this.#reading = false;
    if (!this.#open) this.#releaseBuffer();
    else if (this.#counters.receivedPackets !== delivered) this.#host.receivedBatch();
  }

  /** Also from inside `host.receive`: the packet there stays whole until that returns. */
  dispose(): void {
    if (!this.#open) return;
    this.#open = false;
    if (!this.#reading) this.#releaseBuffer();
  }

  #copy(packet: Uint8Array): void {
    packetMemory.bytes.set(packet, this.#buffer);
    this.#handlePacket(packet.length);
  }

  #readOne(): boolean {
    const wrap = this.#socket.wrap;
    if (typeof wrap?.recv !== 'function') return false;
    const bytes = packetMemory.bytes;
    if (this.#view.buffer !== bytes.buffer) {
      this.#view = bytes.subarray(this.#buffer, this.#buffer + RECEIVE_BUFFER_BYTES);
    }
    try {
      wrap.recv(this.#view, this.#handleRead);
      return true;
    } catch (error) {
      if (!isTemporary(error as Error)) this.#socket.emit('error', error);
      return false;
    }
  }

  readonly #handleRead = (_buffer: Uint8Array, length: number): void => {
    this.#handlePacket(length);
  };

  #handlePacket(length: number): void {
    this.#batchPackets++;
    this.#batchBytes += length;
    if (!this.#ports.accepts(this.#buffer, length)) return;
    this.#counters.receivedPackets++;
    this.#counters.receivedBytes += length;
    this.#host.receive(this.#buffer, length, CHECKSUM_MAYBE_PARTIAL);
  }

  #releaseBuffer(): void {
    packetMemory.release(this.#buffer, RECEIVE_BUFFER_BYTES);
  }
}
