/**
 * A segment as one line of text, in packetdrill's notation, both ways:
 *
 *     S 0:0(0) win 65535 <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>
 *     P. 1:1461(1460) ack 1 win 257
 *     R 1:1(0)
 *
 * Flags, first and last sequence number and length of the text, acknowledgment, the window field as
 * it stands in the header, urgent pointer, options. Numbers are relative to the initial sequence
 * numbers that are handed in.
 */
import { ACK, CWR, ECE, FIN, MAX_SACK_BLOCKS, PSH, RST, type Segment, SYN, URG } from './segment';

/** What relative numbers count from: int32. Absent: 0, absolute numbers. */
export interface SequenceBases {
  /** The sender's initial sequence number. */
  seqBase?: number;
  /** The receiver's: what acknowledgments and SACK edges count from. */
  ackBase?: number;
}

/** What a line said, so that an expectation can leave the rest open. */
export interface SegmentTextFields {
  ack: boolean;
  window: boolean;
  urgentPointer: boolean;
  /** There was a `<…>` part, though perhaps an empty one. */
  options: boolean;
  /** It was `<...>`: any options will do. */
  anyOptions: boolean;
}

/** In the order in which they are written. The dot, ACK, is read anywhere. */
const FLAG_LETTERS: readonly (readonly [string, number])[] = [
  ['S', SYN],
  ['F', FIN],
  ['R', RST],
  ['P', PSH],
  ['.', ACK],
  ['U', URG],
  ['E', ECE],
  ['W', CWR],
];
const NO_FLAGS = '-';

const LINE = new RegExp(
  [
    /^([SFRP.UEW]+|-)/, // flags
    / (-?\d+):(-?\d+)\((\d+)\)/, // first:last(length)
    /(?: ack (-?\d+))?(?: win (\d+))?(?: urg (\d+))?/,
    /(?: <(.*)>)?$/, // options
  ]
    .map((part) => part.source)
    .join(''),
);

/** @returns the line, without direction, time or addresses */
export function formatSegment(seg: Segment, bases: SequenceBases = {}): string {
  const ackBase = bases.ackBase ?? 0;
  const start = (seg.seq - (bases.seqBase ?? 0)) >>> 0;
  const length = seg.textLength + seg.moreLength;
  const parts = [formatFlags(seg.flags), `${start}:${(start + length) >>> 0}(${length})`];
  if ((seg.flags & ACK) !== 0) parts.push(`ack ${(seg.ack - ackBase) >>> 0}`);
  // A reset's window means nothing and is zero nearly always.
  if ((seg.flags & RST) === 0 || seg.window !== 0) parts.push(`win ${seg.window}`);
  if ((seg.flags & URG) !== 0 || seg.urgentPointer !== 0) parts.push(`urg ${seg.urgentPointer}`);
  const options = formatOptions(seg, ackBase);
  if (options !== '') parts.push(`<${options}>`);
  return parts.join(' ');
}

/**
 * Reads a line into `into`, which is cleared first; ports stay. What the line does not say is 0 or
 * absent. The text has a length but no place: `textOffset` becomes 0.
 * @throws SyntaxError when the line is not of this form, or its numbers contradict each other
 */
export function parseSegmentText(
  text: string,
  into: Segment,
  bases: SequenceBases = {},
): SegmentTextFields {
  const match = LINE.exec(text.trim().replace(/\s+/g, ' '));
  if (match === null) throw new SyntaxError(`not a segment: ${text}`);
  const [, flags, start, end, length, ack, window, urgentPointer, options] = match;
  if ((Number(end) - Number(start) - Number(length)) % 2 ** 32 !== 0) {
    throw new SyntaxError(`${start}:${end} is not ${length} bytes long: ${text}`);
  }
  const ackBase = bases.ackBase ?? 0;
  into.clear();
  into.flags = parseFlags(flags, text);
  into.seq = (Number(start) + (bases.seqBase ?? 0)) | 0;
  into.ack = ack === undefined ? 0 : (Number(ack) + ackBase) | 0;
  into.window = field16(window, text);
  into.urgentPointer = field16(urgentPointer, text);
  into.textLength = Number(length);
  const anyOptions = options === '...';
  if (options !== undefined && !anyOptions) parseOptions(options, into, ackBase);
  return {
    ack: ack !== undefined,
    window: window !== undefined,
    urgentPointer: urgentPointer !== undefined,
    options: options !== undefined,
    anyOptions,
  };
}

function formatFlags(flags: number): string {
  let text = '';
  for (const [letter, flag] of FLAG_LETTERS) if ((flags & flag) !== 0) text += letter;
  return text === '' ? NO_FLAGS : text;
}

function parseFlags(text: string, line: string): number {
  let flags = 0;
  for (const [letter, flag] of FLAG_LETTERS) if (text.includes(letter)) flags |= flag;
  if (text !== NO_FLAGS && new Set(text).size !== text.length) {
    throw new SyntaxError(`a flag stands twice: ${line}`);
  }
  return flags;
}

function field16(text: string | undefined, line: string): number {
  const value = Number(text ?? 0);
  if (value > 0xffff) throw new SyntaxError(`${text} does not fit 16 bits: ${line}`);
  return value;
}

/** The options with the NOPs between them, as `writeOptions` lays them out. */
function formatOptions(seg: Segment, ackBase: number): string {
  const options: string[] = [];
  if (seg.mss >= 0) options.push(`mss ${seg.mss}`);
  if (seg.sackPermitted) options.push(...(seg.hasTimestamps ? [] : ['nop', 'nop']), 'sackOK');
  if (seg.hasTimestamps) {
    if (!seg.sackPermitted) options.push('nop', 'nop');
    options.push(`TS val ${seg.tsval >>> 0} ecr ${seg.tsecr >>> 0}`);
  }
  if (seg.windowScale >= 0) options.push('nop', `wscale ${seg.windowScale}`);
  if (seg.sackCount > 0) {
    const blocks: string[] = [];
    for (let i = 0; i < seg.sackCount; i++) {
      const left = (seg.sackEdges[2 * i] - ackBase) >>> 0;
      const right = (seg.sackEdges[2 * i + 1] - ackBase) >>> 0;
      blocks.push(`${left}:${right}`);
    }
    options.push('nop', 'nop', `sack ${blocks.join(' ')}`);
  }
  return options.join(',');
}

function parseOptions(text: string, into: Segment, ackBase: number): void {
  for (const option of text.split(',')) {
    const trimmed = option.trim();
    if (trimmed !== '') parseOption(trimmed, into, ackBase);
  }
}

function parseOption(option: string, into: Segment, ackBase: number): void {
  const words = option.split(' ');
  switch (words[0]) {
    case 'nop':
    case 'eol':
      return; // where they stand is for the writer to choose
    case 'mss':
      into.mss = optionNumber(words[1], 0xffff, option);
      return;
    case 'wscale':
      into.windowScale = optionNumber(words[1], 0xff, option);
      return;
    case 'sackOK':
      into.sackPermitted = true;
      return;
    case 'TS':
      if (words[1] !== 'val' || words[3] !== 'ecr') break;
      into.hasTimestamps = true;
      into.tsval = optionNumber(words[2], 0xffffffff, option) | 0;
      into.tsecr = optionNumber(words[4], 0xffffffff, option) | 0;
      return;
    case 'sack':
      parseSack(words.slice(1), into, ackBase, option);
      return;
  }
  throw new SyntaxError(`not an option: ${option}`);
}

function parseSack(blocks: string[], into: Segment, ackBase: number, option: string): void {
  if (blocks.length < 1 || blocks.length > MAX_SACK_BLOCKS) {
    throw new SyntaxError(`1 to ${MAX_SACK_BLOCKS} blocks: ${option}`);
  }
  for (let i = 0; i < blocks.length; i++) {
    const edges = blocks[i].split(':');
    if (edges.length !== 2) throw new SyntaxError(`not an option: ${option}`);
    into.sackEdges[2 * i] = optionNumber(edges[0], 0xffffffff, option) + ackBase;
    into.sackEdges[2 * i + 1] = optionNumber(edges[1], 0xffffffff, option) + ackBase;
  }
  into.sackCount = blocks.length;
}

function optionNumber(text: string | undefined, most: number, option: string): number {
  if (text === undefined || !/^\d+$/.test(text) || Number(text) > most) {
    throw new SyntaxError(`not an option: ${option}`);
  }
  return Number(text);
}
