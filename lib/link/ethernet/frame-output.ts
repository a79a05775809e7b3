/** Frames out: payloads written in place, their Ethernet header before them, onto the carrier. */
import type { FrameCarrier } from '../../../types/frame-carrier';
import { packetMemory } from '../../support/memory';
import { ETHERNET_HEADER_BYTES, ETHERNET_MIN_BYTES, writeEthernet } from '../../wire/ethernet';
import type { MacAddress } from '../../wire/mac-address';

export class FrameOutput {
  readonly #carrier: FrameCarrier;
  readonly #mac: MacAddress;
  /** Shorter frames are padded. */
  readonly #minBytes: number;
  /** Where the frame begins that was reserved last. */
  #place = 0;
  #pending = false;

  constructor(carrier: FrameCarrier, mac: MacAddress) {
    this.#carrier = carrier;
    this.#mac = mac;
    // Who completes checksums pads frames, too: a kernel, or the card behind it.
    this.#minBytes = carrier.needsChecksum ? ETHERNET_MIN_BYTES : 0;
  }

  /**
   * @param length of the payload. A place that was reserved, and not committed, is forgotten.
   * @returns offset of the payload; -1: no room
   */
  reserve(length: number): number {
    const bytes = Math.max(ETHERNET_HEADER_BYTES + length, this.#minBytes);
    const offset = this.#carrier.reserve(bytes);
    if (offset < 0) return -1;
    this.#place = offset;
    return offset + ETHERNET_HEADER_BYTES;
  }

  /**
   * @param length of the payload in the place that was reserved last
   * @param pieceBytes as for Link.commit
   */
  commit(macHigh: number, macLow: number, type: number, length: number, pieceBytes: number): void {
    const offset = this.#place;
    const { high, low } = this.#mac;
    writeEthernet(offset, macHigh, macLow, high, low, type);
    let bytes = ETHERNET_HEADER_BYTES + length;
    if (bytes < this.#minBytes) {
      packetMemory.bytes.fill(0, offset + bytes, offset + this.#minBytes);
      bytes = this.#minBytes;
    }
    this.#carrier.commit(bytes, pieceBytes);
    this.#pending = true;
  }

  /** Sends what was committed since the last time. */
  flush(): void {
    if (!this.#pending) return;
    this.#pending = false;
    this.#carrier.flush();
  }
}
