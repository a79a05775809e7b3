/**
 * A packet as tests write it: packetdrill's line (`lib/wire/packet-text`), with what only tests need.
 *
 *     S. 0:0(0) ack 1 win 65535 <mss 1460,...>     these options, and others may be there
 *     . 1:1(0) ack 1 <...>                         any options
 *     P. 1:101(100) ack 1 win 257 <badsum>         with a wrong TCP checksum
 *     . 1:1(0) ack 1 win 257 <hex 1e03ff>          with these bytes as its options
 *
 * In an expectation `win` and options that are not named are not looked at. TS val and ecr of the stack
 * under test count in milliseconds of virtual time.
 */

import {
  formatSegment,
  parseSegmentText,
  type SegmentTextFields,
} from '../../lib/wire/packet-text';
import { ACK, Segment, URG } from '../../lib/wire/segment';

export interface PacketLine {
  /** The line for `parseSegmentText`. */
  text: string;
  badChecksum: boolean;
  rawOptions: Buffer | null;
  /** Options beyond those named do not matter. */
  moreOptions: boolean;
  fields: SegmentTextFields;
  /** Sequence numbers behind the segment and of its ACK, relative: how far the exchange goes. */
  end: number;
  ack: number;
}

/** What the numbers of a line count from. */
export interface NotationBases {
  seqBase: number;
  ackBase: number;
  /** TSval of the stack under test at virtual time 0. */
  tsBase: number;
}

/** @throws SyntaxError */
export function parsePacketLine(line: string): PacketLine {
  let text = line.trim().replaceAll('…', '...');
  const badChecksum = text.endsWith('<badsum>');
  if (badChecksum) text = text.slice(0, -'<badsum>'.length).trim();
  const raw = /<hex ([0-9a-f\s]*)>$/.exec(text);
  if (raw !== null) text = text.slice(0, raw.index).trim();
  const moreOptions = /[^<],\s*\.\.\.>$/.test(text);
  if (moreOptions) text = text.replace(/,\s*\.\.\.>$/, '>');
  const segment = new Segment();
  const fields = parseSegmentText(text, segment);
  const rawOptions = raw === null ? null : Buffer.from(raw[1].replace(/\s/g, ''), 'hex');
  if (rawOptions !== null && rawOptions.length > 40) throw new SyntaxError('over 40 option bytes');
  const end = segment.seq + segment.length;
  return { text, badChecksum, rawOptions, moreOptions, fields, end, ack: segment.ack };
}

/** The segment that a line describes, in absolute numbers. */
export function segmentOf(line: PacketLine, bases: NotationBases): Segment {
  const segment = new Segment();
  parseSegmentText(line.text, segment, bases);
  return segment;
}

/** The same for a line that the test sends: what it echoes is the stack's own clock. */
export function injectedSegment(line: PacketLine, bases: NotationBases): Segment {
  const segment = segmentOf(line, bases);
  if (segment.hasTimestamps && (segment.flags & ACK) !== 0) {
    segment.tsecr = (segment.tsecr + bases.tsBase) | 0;
  }
  return segment;
}

/** The text form of what was sent, in the numbers of the script. */
export function describeSegment(segment: Segment, bases: NotationBases): string {
  const own = Object.assign(new Segment(), segment) as Segment;
  own.sackEdges.set(segment.sackEdges);
  own.tsval = (segment.tsval - bases.tsBase) | 0;
  return formatSegment(own, bases);
}

/** @returns what of `got` is not as `line` says; '' when all is well */
export function findDifference(line: PacketLine, bases: NotationBases, got: Segment): string {
  const want = segmentOf(line, bases);
  if (want.hasTimestamps) want.tsval = (want.tsval + bases.tsBase) | 0;
  if (got.flags !== want.flags) return 'flags';
  if (got.seq !== want.seq) return 'sequence number';
  if (got.textLength !== want.textLength) return 'length';
  if ((want.flags & ACK) !== 0 && got.ack !== want.ack) return 'acknowledgment';
  if (line.fields.window && got.window !== want.window) return 'window';
  if ((want.flags & URG) !== 0 && got.urgentPointer !== want.urgentPointer) return 'urgent pointer';
  if (!line.fields.options || line.fields.anyOptions) return '';
  return findOptionDifference(want, got, line.moreOptions);
}

function findOptionDifference(want: Segment, got: Segment, more: boolean): string {
  const differs = (wantIt: boolean, equal: boolean): boolean => (wantIt || !more) && !equal;
  if (differs(want.mss >= 0, got.mss === want.mss)) return 'MSS';
  if (differs(want.windowScale >= 0, got.windowScale === want.windowScale)) return 'window scale';
  if (differs(want.sackPermitted, got.sackPermitted === want.sackPermitted)) return 'sackOK';
  if (differs(want.hasTimestamps, sameTimestamps(want, got))) return 'timestamps';
  if (differs(want.sackCount > 0, sameSack(want, got))) return 'SACK blocks';
  return '';
}

function sameTimestamps(want: Segment, got: Segment): boolean {
  if (want.hasTimestamps !== got.hasTimestamps) return false;
  return !want.hasTimestamps || (want.tsval === got.tsval && want.tsecr === got.tsecr);
}

function sameSack(want: Segment, got: Segment): boolean {
  if (want.sackCount !== got.sackCount) return false;
  for (let i = 0; i < 2 * want.sackCount; i++) {
    if (want.sackEdges[i] !== got.sackEdges[i]) return false;
  }
  return true;
}
