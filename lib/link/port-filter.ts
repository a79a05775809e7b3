/**
 * What a raw socket lets through: packets for ports that are ours. The kernel drops the others
 * before they are queued, so that other programs' traffic never wakes the process.
 *
 * The filter is a set of ports as bits, 32 to a word; it is searched for the word like a binary
 * tree, then for the bit. Up to MAX_WORDS different words it is exact. Beyond, one bit stands for
 * 64 ports, which always fits: what comes through then for ports of others is dropped by
 * HostPorts, as it is with every packet for an address that is not ours.
 *
 * A port that is claimed is let through at once, which costs 6 to 35 µs for each socket (measured:
 * 5 µs for the call and a tenth for an instruction). Where connections come and go by the thousand
 * that is too much: after MAX_WIDENINGS everything is let through, until `narrow`, some time later.
 * A released port is let through until then, too.
 */

import { IPV6_HEADER_BYTES } from '../wire/ipv6';
import {
  ADD_X,
  AND,
  BpfProgram,
  DROP,
  JA,
  JEQ,
  JGE,
  JSET,
  KEEP,
  LD_IMM,
  LD_MEM,
  LDB_ABS,
  LDB_IND,
  LDH_ABS,
  LDH_IND,
  LDX_MSH,
  LSH,
  RET,
  RSH,
  RSH_X,
  ST,
  TAX,
  TXA,
} from './bpf-program';
import type { Libc } from './libc';

const PORTS = 65_536;
const WORD_BITS = 5;
/** Jumps are eight bits wide: as many words as that reaches over. */
export const MAX_WORDS = 48;
/** How often the filter is changed for one more port before it lets all of them through. */
export const MAX_WIDENINGS = 16;
/** Ports to a bit, as a shift count, where there are more words. */
const COARSE_SHIFT = 6;

/**
 * The first instructions: leave the port in the accumulator.
 * @returns jumps that are to fail to the end, where the packet is dropped
 */
export type PortLoader = (program: BpfProgram) => number[];

const TCP = 6;
const PROTOCOL_AT = 9;
const NEXT_HEADER_AT = 6;
const ICMP_HEADER_BYTES = 8;
const DESTINATION_PORT = 2;

/** TCP over IPv4, with the IP header: the destination port. */
export const loadTcpPort: PortLoader = (program) => {
  program.add(LDX_MSH, 0);
  program.add(LDH_IND, DESTINATION_PORT);
  return [];
};

/** An ICMP error, with the IP header: the source port of the TCP segment that it quotes. */
export const loadQuotedPort: PortLoader = (program) => {
  program.add(LDX_MSH, 0);
  program.add(LDB_IND, ICMP_HEADER_BYTES + PROTOCOL_AT);
  const isTcp = program.add(JEQ, TCP);
  program.add(LDB_IND, ICMP_HEADER_BYTES);
  program.add(AND, 0x0f);
  program.add(LSH, 2);
  program.add(ADD_X);
  program.add(TAX);
  program.add(LDH_IND, ICMP_HEADER_BYTES);
  return [isTcp];
};

/** TCP over IPv6, which a raw socket gets without the IP header: the destination port. */
export const loadTcpPort6: PortLoader = (program) => {
  program.add(LDH_ABS, DESTINATION_PORT);
  return [];
};

/** An ICMPv6 error, without the IP header: the source port of the TCP segment that it quotes. */
export const loadQuotedPort6: PortLoader = (program) => {
  program.add(LDB_ABS, ICMP_HEADER_BYTES + NEXT_HEADER_AT);
  const isTcp = program.add(JEQ, TCP);
  program.add(LDH_ABS, ICMP_HEADER_BYTES + IPV6_HEADER_BYTES);
  return [isTcp];
};

/** A socket that has the filter. */
interface Target {
  load: PortLoader;
  put: (program: BpfProgram) => void;
}

export class PortFilter {
  readonly #libc: Libc;
  readonly #targets = new Map<unknown, Target>();
  /** A bit for each port: ours, and let through. */
  readonly #own = new Uint32Array(PORTS >> WORD_BITS);
  readonly #open = new Uint32Array(PORTS >> WORD_BITS);
  #isCoarse = false;
  #isWide = false;
  #widenings = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Puts the filter in front of a socket, too. @throws NetworkError ENOBUFS */
  attach(fd: number, load: PortLoader): void {
    this.attachBy((program) => program.attach(this.#libc, fd), load, fd);
  }

  /**
   * The same for a socket that only its owner gets at.
   * @param put puts each program in front of it
   * @param name for `detach`
   */
  attachBy(put: (program: BpfProgram) => void, load: PortLoader, name: unknown): void {
    const target = { load, put };
    put(this.#compile(target));
    this.#targets.set(name, target);
  }

  /** The socket is about to be closed. */
  detach(name: unknown): void {
    this.#targets.delete(name);
  }

  /** Lets a port through from now on. @throws NetworkError ENOBUFS */
  add(port: number): void {
    const [word, bit] = [port >> WORD_BITS, 1 << (port & 31)];
    const isOpen = this.lets(port);
    this.#own[word] |= bit;
    this.#open[word] |= bit;
    if (isOpen) return;
    this.#isWide = ++this.#widenings > MAX_WIDENINGS;
    try {
      this.#update();
    } catch (error) {
      this.#own[word] &= ~bit;
      this.#open[word] &= ~bit;
      throw error;
    }
  }

  /** Does everything get through, so that `narrow` should be called soon? */
  get isWide(): boolean {
    return this.#isWide;
  }

  /** A port is no longer ours; `narrow` will see to it. */
  remove(port: number): void {
    this.#own[port >> WORD_BITS] &= ~(1 << (port & 31));
  }

  /** Lets through what is ours and nothing else. */
  narrow(): void {
    this.#widenings = 0;
    if (!this.#isWide && this.#open.every((word, i) => word === this.#own[i])) return;
    this.#isWide = false;
    this.#open.set(this.#own);
    this.#update();
  }

  /** Does the filter let packets for this port through? */
  lets(port: number): boolean {
    if (this.#isWide) return true;
    if (!this.#isCoarse) return (this.#open[port >> WORD_BITS] & (1 << (port & 31))) !== 0;
    const first = (port >> COARSE_SHIFT) << (COARSE_SHIFT - WORD_BITS);
    return (this.#open[first] | this.#open[first + 1]) !== 0;
  }

  #update(): void {
    let words = 0;
    for (const word of this.#open) if (word !== 0) words++;
    this.#isCoarse = words > MAX_WORDS;
    for (const target of this.#targets.values()) target.put(this.#compile(target));
  }

  #compile({ load }: Target): BpfProgram {
    const program = new BpfProgram(32);
    if (this.#isWide) {
      program.add(RET, KEEP);
      return program;
    }
    const failing = load(program);
    const words = this.#isCoarse ? this.#coarseWords() : this.#exactWords();
    const shift = this.#isCoarse ? COARSE_SHIFT : 0;
    const jumping: number[] = [];
    if (words.length > 0) {
      program.add(TAX);
      program.add(RSH, shift + WORD_BITS);
      writeSearch(program, words, failing, jumping);
      writeBitTest(program, shift, jumping);
    }
    const end = program.add(RET, DROP);
    for (const place of failing) program.failTo(place, end);
    return program;
  }

  #exactWords(): Word[] {
    const words: Word[] = [];
    this.#open.forEach((bits, index) => {
      if (bits !== 0) words.push({ index, bits });
    });
    return words;
  }

  #coarseWords(): Word[] {
    const words: Word[] = [];
    for (let port = 0; port < PORTS; port += 1 << COARSE_SHIFT) {
      const bit = port >> COARSE_SHIFT;
      if ((bit & 31) === 0) words.push({ index: bit >> WORD_BITS, bits: 0 });
      if (this.lets(port)) words[bit >> WORD_BITS].bits |= 1 << (bit & 31);
    }
    return words.filter(({ bits }) => bits !== 0);
  }
}

interface Word {
  index: number;
  bits: number;
}

/**
 * Looks for the word whose index is in the accumulator.
 * @param words ascending
 * @param failing takes the jumps of a search that finds none
 * @param jumping takes the jumps of one that has the word's bits in the accumulator
 */
function writeSearch(
  program: BpfProgram,
  words: readonly Word[],
  failing: number[],
  jumping: number[],
): void {
  if (words.length === 1) {
    failing.push(program.add(JEQ, words[0].index));
    program.add(LD_IMM, words[0].bits);
    jumping.push(program.add(JA));
    return;
  }
  const middle = words.length >> 1;
  const node = program.add(JGE, words[middle].index);
  writeSearch(program, words.slice(0, middle), failing, jumping);
  program.holdTo(node, program.size);
  writeSearch(program, words.slice(middle), failing, jumping);
}

/** Keeps the packet if the bit is set. The port is in X, the word in the accumulator. */
function writeBitTest(program: BpfProgram, shift: number, jumping: readonly number[]): void {
  for (const place of jumping) program.jumpTo(place, program.size);
  program.add(ST, 0);
  program.add(TXA);
  program.add(RSH, shift);
  program.add(AND, 31);
  program.add(TAX);
  program.add(LD_MEM, 0);
  program.add(RSH_X);
  program.add(JSET, 1, 0, 1);
  program.add(RET, KEEP);
}
