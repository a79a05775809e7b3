/**
 * A pcapng file that any number of links write their packets to, for Wireshark and tshark
 * (draft-ietf-opsawg-pcapng).
 *
 * Blocks gather in one buffer of fixed size and go to the file in whole: once a turn of the event
 * loop, when the buffer is full, and when the process ends. So a process that is killed loses no
 * more than the packets of its last turn. A file that cannot be written to any longer is given up
 * with a warning; the program goes on.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { packetMemory } from '../support/memory';
import { NetworkError } from '../support/network-error';
import {
  BLOCK_OVERHEAD_BYTES,
  insertComment,
  LINKTYPE_RAW,
  MAX_TEXT_BYTES,
  PACKET_AT,
  writeInterfaceBlock,
  writePacketBlock,
  writeSectionBlock,
  writeStatisticsBlock,
} from '../wire/pcapng';

/** Of what is captured and not yet written, in bytes; more than the longest packet. */
export const CAPTURE_BUFFER_BYTES = 512 * 1024;
/** What is kept of a packet, in bytes: all of any there is. */
export const CAPTURE_SNAP_BYTES = 128 * 1024;

/** The reader of a pipe must never hold up the program (0: where there is no such flag). */
const FLAGS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NONBLOCK ?? 0);

export class CaptureFile {
  static readonly #open = new Set<CaptureFile>();

  readonly path: string;
  /** Packets that there was no room for: the reader of a pipe was too slow. */
  dropped = 0;
  #fd: number;
  readonly #buffer: number;
  /** What the buffer holds: whole blocks, of which the first bytes may be written already. */
  #start = 0;
  #end = 0;
  #interfaces = 0;
  readonly #names = new Set<string>();
  #scheduled = false;
  /** Is the process ending, so that nothing may wait any longer? */
  #hurries = false;

  /**
   * Makes the file anew.
   * @throws NetworkError ENOENT, EMFILE, EPERM, else EACCES; the message has the system's reason
   */
  constructor(path: string) {
    this.path = path;
    try {
      this.#fd = openSync(path, FLAGS);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const remedy = 'name a file in a folder that exists and may be written to';
      const known = code === 'ENOENT' || code === 'EMFILE' || code === 'EPERM' ? code : 'EACCES';
      throw new NetworkError(known, `the capture cannot be written: ${message}; ${remedy}`);
    }
    this.#buffer = packetMemory.allocate(CAPTURE_BUFFER_BYTES);
    this.#end = writeSectionBlock(this.#buffer, 'usernet');
    if (CaptureFile.#open.size === 0) process.on('exit', CaptureFile.#flushAll);
    CaptureFile.#open.add(this);
    this.#flushSoon();
  }

  /** @returns the number by which its packets name it; -1 once the file is given up */
  addInterface(name: string, linkType = LINKTYPE_RAW): number {
    if (!this.#makeRoom(MAX_TEXT_BYTES)) return -1;
    const unique = this.#uniqueName(name);
    const at = this.#buffer + this.#end;
    this.#end += writeInterfaceBlock(at, unique, linkType, CAPTURE_SNAP_BYTES);
    this.#flushSoon();
    return this.#interfaces++;
  }

  /**
   * @param timeNs nanoseconds since 1970
   * @param direction PCAP_INBOUND or PCAP_OUTBOUND
   * @returns a mark by which it may still be changed in this turn; -1: it was not kept
   */
  writePacket(
    interfaceId: number,
    timeNs: bigint,
    offset: number,
    length: number,
    direction: number,
  ): number {
    const kept = Math.min(length, CAPTURE_SNAP_BYTES);
    if (interfaceId < 0 || !this.#makeRoom(kept)) return -1;
    const mark = this.#end;
    const at = this.#buffer + mark;
    this.#end += writePacketBlock(at, interfaceId, timeNs, offset, length, kept, direction);
    this.#flushSoon();
    return this.#holds(mark) ? mark : -1;
  }

  /** Where in packet memory the bytes kept of a packet are for the moment. */
  offsetOf(mark: number): number {
    return this.#buffer + mark + PACKET_AT;
  }

  /**
   * Says something about a packet; other packets may have followed it.
   * @returns false when it has been written in the meantime, or there is no room
   */
  comment(mark: number, text: string): boolean {
    const room = CAPTURE_BUFFER_BYTES - this.#end;
    if (!this.#holds(mark) || room < MAX_TEXT_BYTES + BLOCK_OVERHEAD_BYTES) return false;
    this.#end += insertComment(this.#buffer + mark, this.#buffer + this.#end, text);
    return true;
  }

  writeStatistics(interfaceId: number, timeNs: bigint, received: number, dropped: number): void {
    if (interfaceId < 0 || !this.#makeRoom(0)) return;
    const at = this.#buffer + this.#end;
    this.#end += writeStatisticsBlock(at, interfaceId, timeNs, received, dropped);
    this.#flushSoon();
  }

  /** Writes what is waiting. */
  readonly flush = (): void => {
    this.#scheduled = false;
    while (this.#fd >= 0 && this.#start < this.#end) {
      const bytes = packetMemory.bytes;
      try {
        const from = this.#buffer + this.#start;
        this.#start += writeSync(this.#fd, bytes, from, this.#end - this.#start);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') break;
        this.#giveUp(error as Error);
      }
    }
    if (this.#start < this.#end) return;
    this.#start = this.#end = 0;
  };

  /** Writes what is waiting and closes the file. Calling it again does nothing. */
  close(): void {
    if (this.#fd < 0) return;
    this.flush();
    this.#release();
  }

  /** @returns false when there is none, or no file any more */
  #makeRoom(bytes: number): boolean {
    if (this.#fd < 0) return false;
    const need = bytes + BLOCK_OVERHEAD_BYTES;
    if (this.#end + need > CAPTURE_BUFFER_BYTES) this.flush();
    if (this.#fd >= 0 && this.#end + need <= CAPTURE_BUFFER_BYTES) return true;
    this.dropped++;
    return false;
  }

  #holds(mark: number): boolean {
    return mark >= this.#start && mark < this.#end;
  }

  #flushSoon(): void {
    if (this.#hurries) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.flush);
    }
  }

  #uniqueName(name: string): string {
    let unique = name;
    for (let i = 2; this.#names.has(unique); i++) unique = `${name} ${i}`;
    this.#names.add(unique);
    return unique;
  }

  #giveUp(error: Error): void {
    process.emitWarning(`the capture in ${this.path} ends here: ${error.message}`);
    this.#release();
  }

  #release(): void {
    closeSync(this.#fd);
    this.#fd = -1;
    this.#start = this.#end = 0;
    packetMemory.release(this.#buffer, CAPTURE_BUFFER_BYTES);
    CaptureFile.#open.delete(this);
    if (CaptureFile.#open.size === 0) process.off('exit', CaptureFile.#flushAll);
  }

  /** What others still do as the process ends is written at once. */
  static readonly #flushAll = (): void => {
    for (const file of CaptureFile.#open) {
      file.#hurries = true;
      file.flush();
    }
  };
}
