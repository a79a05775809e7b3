/**
 * What a script knows of one connection: both initial sequence numbers, its timestamps' offset, and the
 * user of the stack's end.
 */
import { RST, type Segment, SYN } from '../../lib/wire/segment';
import type { NotationBases } from './packet-notation';
import { findForeignByte, patternBytes } from './pattern';
import { StreamUser } from './stream-user';

/** Seeds of the two streams: what our user sends, and what the peer does. */
const LOCAL_STREAM = 0x10ca1;
const PEER_STREAM = 0x9ee12;

export class Flow {
  readonly peerPort: number;
  readonly user = new StreamUser(LOCAL_STREAM, PEER_STREAM);
  /** Handed out by the listener and not yet taken by an `accept` line. */
  isWaiting = false;
  /** Initial sequence number of the peer that the script plays. */
  readonly #peerIss: number;
  /** The stack's: 0, so that numbers are absolute, until it has sent a SYN. */
  #localIss = 0;
  #tsBase = 0;
  #knowsTimestamps = false;
  readonly #startMs: number;

  constructor(peerPort: number, peerIss: number, startMs: number) {
    this.peerPort = peerPort;
    this.#peerIss = peerIss;
    this.#startMs = startMs;
  }

  /** What numbers of segments from the stack count from. */
  get outbound(): NotationBases {
    return { seqBase: this.#localIss, ackBase: this.#peerIss, tsBase: this.#tsBase };
  }

  get inbound(): NotationBases {
    return { seqBase: this.#peerIss, ackBase: this.#localIss, tsBase: this.#tsBase };
  }

  /** Learns from what the stack sends: its initial sequence number, its timestamps' offset. */
  learn(segment: Segment, at: number): void {
    if ((segment.flags & (SYN | RST)) === SYN) this.#localIss = segment.seq;
    if (segment.hasTimestamps && !this.#knowsTimestamps) {
      this.#knowsTimestamps = true;
      this.#tsBase = (segment.tsval - Math.floor(at - this.#startMs)) | 0;
    }
  }

  /** @returns what is wrong with the text of a segment from the stack, '' when nothing is */
  checkText(segment: Segment, text: Uint8Array): string {
    const foreign = findForeignByte(text, textPosition(segment, this.#localIss), LOCAL_STREAM);
    return foreign === -1 ? '' : `byte ${foreign} of the text`;
  }

  /** The text of a segment from the peer. */
  peerText(segment: Segment): Buffer {
    return patternBytes(textPosition(segment, this.#peerIss), segment.textLength, PEER_STREAM);
  }
}

/** Where in its stream the text of a segment begins: the first byte comes behind the SYN. */
export function textPosition(segment: Segment, iss: number): number {
  return ((segment.seq - iss) | 0) - ((segment.flags & SYN) === 0 ? 1 : 0);
}
