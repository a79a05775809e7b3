/**
 * Programs of the classic Berkeley packet filter (socket(7), SO_ATTACH_FILTER; McCanne and
 * Jacobson 1993): an array of struct sock_filter { u16 code; u8 jt, jf; u32 k }.
 */
import { systemError } from './errno';
import { type Libc, SO_ATTACH_FILTER, SOL_SOCKET } from './libc';

const INSTRUCTION_BYTES = 8;
/** struct sock_fprog { u16 len; sock_filter *filter }. */
const HEAD_BYTES = 16;
const HEAD_FILTER = 8;

/** Operations, by the names that Linux's documentation of the filter has for them. */
export const LD_ABS = 0x20;
export const LDB_ABS = 0x30;
export const LDB_IND = 0x50;
export const LDH_ABS = 0x28;
export const LDH_IND = 0x48;
export const LDX_MSH = 0xb1;
export const LD_IMM = 0x00;
export const LD_MEM = 0x60;
export const ST = 0x02;
export const ADD_X = 0x0c;
export const AND = 0x54;
export const LSH = 0x64;
export const RSH = 0x74;
export const RSH_X = 0x7c;
export const JA = 0x05;
export const JEQ = 0x15;
export const JGE = 0x35;
export const JSET = 0x45;
export const RET = 0x06;
export const TAX = 0x07;
export const TXA = 0x87;

/** What RET says of a packet: keep all of it, or drop it. */
export const KEEP = 0xffff_ffff;
export const DROP = 0;

export class BpfProgram {
  #bytes: Buffer;
  /** Instructions so far. */
  size = 0;

  /** @param capacity instructions that are expected */
  constructor(capacity = 64) {
    this.#bytes = Buffer.alloc(capacity * INSTRUCTION_BYTES);
  }

  /** @param ifTrue, ifFalse instructions to skip, 255 at most @returns its place */
  add(code: number, k = 0, ifTrue = 0, ifFalse = 0): number {
    const at = this.size * INSTRUCTION_BYTES;
    if (at === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, this.#bytes]);
    this.#bytes.writeUInt16LE(code, at);
    this.#bytes[at + 2] = ifTrue;
    this.#bytes[at + 3] = ifFalse;
    this.#bytes.writeUInt32LE(k >>> 0, at + 4);
    return this.size++;
  }

  /** Lets the jump at `place` go to `target` where it fails … */
  failTo(place: number, target: number): void {
    this.#bytes[place * INSTRUCTION_BYTES + 3] = target - place - 1;
  }

  /** … and where it holds. */
  holdTo(place: number, target: number): void {
    this.#bytes[place * INSTRUCTION_BYTES + 2] = target - place - 1;
  }

  /** Lets the unconditional jump at `place` go to `target`. */
  jumpTo(place: number, target: number): void {
    this.#bytes.writeUInt32LE(target - place - 1, place * INSTRUCTION_BYTES + 4);
  }

  /** The instructions as the kernel reads them. */
  get code(): Buffer {
    return this.#bytes.subarray(0, this.size * INSTRUCTION_BYTES);
  }

  /** What the socket option takes; it holds no longer than the program does. */
  head(libc: Libc): Buffer {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt16LE(this.size, 0);
    head.writeBigUInt64LE(BigInt(libc.addressOf(this.#bytes)), HEAD_FILTER);
    return head;
  }

  /**
   * Puts it in front of a socket, in the place of the one that was there.
   * @throws NetworkError ENOBUFS, EINVAL
   */
  attach(libc: Libc, fd: number): void {
    const head = this.head(libc);
    if (libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, head, HEAD_BYTES) < 0) {
      throw systemError(libc.errno(), 'filter of a socket');
    }
  }
}
