/**
 * Why a reset was sent, by what a capture saw before it: where a segment comes twice, the second may
 * find its connection gone, and then a reset is the right answer (RFC 9293 §3.10.7.1).
 */

/** A TCP segment as captures see it. */
export interface SeenSegment {
  /** Address and port: `127.0.0.1:4000`. */
  from: string;
  to: string;
  isFin: boolean;
  isReset: boolean;
  /** Sequence numbers of its first byte, and of the first that its sender waits for; -1: no ACK. */
  seq: number;
  ack: number;
  /** Of its text, in bytes. */
  length: number;
}

const WRAP = 2 ** 32;

/** What one side of a connection has sent. */
interface Side {
  /** End of the furthest segment; -1: there was none. */
  end: number;
  hasEnded: boolean;
  /** Segments that held something sent before, and how many resets each may still explain: one. */
  copies: { ack: number; isFin: boolean; left: number }[];
}

/**
 * @param segments in the order of the wire; of each connection at least SYN, FIN and RST
 * @returns for each reset the reason in words, or null: nothing in the capture explains it
 */
export function explainResets(segments: readonly SeenSegment[]): Map<SeenSegment, string | null> {
  const sides = new Map<string, Side>();
  const reasons = new Map<SeenSegment, string | null>();
  for (const segment of segments) {
    if (segment.isReset) {
      const own = sideOf(sides, segment.from, segment.to);
      reasons.set(segment, explain(segment, own, sideOf(sides, segment.to, segment.from)));
    } else if (segment.isFin || segment.length > 0) {
      note(sideOf(sides, segment.from, segment.to), segment);
    }
  }
  return reasons;
}

/**
 * Either the copy finds its receiver gone, who answers where the copy's acknowledgment points; or the
 * receiver acknowledges the copy, too, and that finds the sender gone, who answers where this
 * acknowledgment points: at the end of all that was sent.
 */
function explain(reset: SeenSegment, own: Side, other: Side): string | null {
  const answered = other.copies.find(({ ack, left }) => left > 0 && ack === reset.seq);
  if (answered !== undefined) {
    answered.left--;
    return `the connection is gone that this repeated ${nameOf(answered)} was for`;
  }
  if (!own.hasEnded || own.end !== reset.seq) return null;
  const repeated = own.copies.find(({ left }) => left > 0);
  if (repeated === undefined) return null;
  repeated.left--;
  return `the second acknowledgment of a repeated ${nameOf(repeated)} finds the connection gone`;
}

function note(side: Side, { seq, length, isFin, ack }: SeenSegment): void {
  const end = (seq + length + (isFin ? 1 : 0)) % WRAP;
  if (side.end >= 0 && isBefore(seq, side.end)) side.copies.push({ ack, isFin, left: 1 });
  if (side.end < 0 || isBefore(side.end, end)) side.end = end;
  side.hasEnded ||= isFin;
}

function isBefore(one: number, other: number): boolean {
  return ((one - other) | 0) < 0;
}

function nameOf({ isFin }: { isFin: boolean }): string {
  return isFin ? 'FIN' : 'text';
}

function sideOf(sides: Map<string, Side>, from: string, to: string): Side {
  const way = `${from} > ${to}`;
  const side = sides.get(way) ?? { end: -1, hasEnded: false, copies: [] };
  sides.set(way, side);
  return side;
}
