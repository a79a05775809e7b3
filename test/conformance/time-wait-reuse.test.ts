/** Which SYN may end a TIME-WAIT early: RFC 6191, RFC 9293 §3.6.1. */
import t from 'tap';
import { parseSegmentText } from '../../lib/wire/packet-text';
import { Segment } from '../../lib/wire/segment';
import type { TcpState } from '../../types/tcp';
import { Bench } from '../tcp/bench';

const ISS = 0x7fff_ff00;
/** The peer's last timestamp; his clock is about to wrap. */
const RECENT = 0xffff_fff0;
const PEER_BYTES = 100;
/** Behind the peer's FIN. */
const NEXT = PEER_BYTES + 2;

/** [SYN of the peer, may it, name] */
type Case = readonly [string, boolean, string];

const BY_SEQUENCE: readonly Case[] = [
  [`S ${NEXT + 1}:${NEXT + 1}(0) win 1000 <mss 1000>`, true, 'beyond all that was used'],
  [`S ${NEXT}:${NEXT}(0) win 1000 <mss 1000>`, false, 'at RCV.NXT'],
  ['S 0:0(0) win 1000 <mss 1000>', false, 'the first SYN once more'],
  [`SEW ${NEXT + 1}:${NEXT + 1}(0) win 1000 <mss 1000>`, true, 'one that asks for ECN'],
  [`S. ${NEXT + 1}:${NEXT + 1}(0) ack 1 win 1000 <mss 1000>`, false, 'a SYN-ACK'],
  [`SR ${NEXT + 1}:${NEXT + 1}(0) win 0`, false, 'a reset'],
  [`F. ${NEXT + 1}:${NEXT + 1}(0) ack 1 win 1000`, false, 'a FIN'],
  [`. ${NEXT + 1}:${NEXT + 1}(0) ack 1 win 1000`, false, 'an ACK'],
];

const BY_TIMESTAMP: readonly Case[] = [
  [`S 0:0(0) win 1000 ${stamp(RECENT + 1)}`, true, 'later'],
  [`S 0:0(0) win 1000 ${stamp(5)}`, true, 'later, across the wrap'],
  [`S ${NEXT + 9}:${NEXT + 9}(0) win 1000 ${stamp(RECENT)}`, true, 'the same, number beyond'],
  [`S 0:0(0) win 1000 ${stamp(RECENT)}`, false, 'the same, old number'],
  [`S ${NEXT + 9}:${NEXT + 9}(0) win 1000 ${stamp(RECENT - 1)}`, false, 'earlier, number beyond'],
  [`S ${NEXT + 9}:${NEXT + 9}(0) win 1000 <mss 9>`, true, 'none, number beyond'],
  ['S 0:0(0) win 1000 <mss 9>', false, 'none, old number'],
];

t.test('[MAY-2] without timestamps the sequence number says which SYN is new', async (t) => {
  for (const [line, may, name] of BY_SEQUENCE) t.equal(mayReopen(false, line), may, name);
  const withTimestamp = `S 0:0(0) win 1000 ${stamp(RECENT + 1)}`;
  t.equal(mayReopen(false, withTimestamp), false, 'a timestamp has nothing to be compared with');
});

t.test('[SHLD-4] [MAY-2] with timestamps theirs does', async (t) => {
  for (const [line, may, name] of BY_TIMESTAMP) t.equal(mayReopen(true, line), may, name);
});

t.test('[MAY-2] only TIME-WAIT can be ended so', async (t) => {
  const syn = BY_SEQUENCE[0][0];
  const states: TcpState[] = [];
  const b = new Bench({ iss: ISS, irs: ISS }).establish();
  const look = (): void => {
    states.push(b.state);
    t.equal(b.connection.mayReopen(segmentOf(b, syn)), b.state === 'TIME-WAIT', b.state);
  };
  look();
  b.shutdown().sent();
  look();
  b.inject('. 1:1(0) ack 2 win 1000');
  look();
  b.inject(`F. 1:${PEER_BYTES + 1}(${PEER_BYTES}) ack 2 win 1000`).sent();
  look();
  b.advance(60_000);
  look();
  t.same(states, ['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT', 'CLOSED']);
  b.connection.dispose();
});

/** @returns whether the SYN may take the place of a connection in TIME-WAIT */
function mayReopen(timestamps: boolean, line: string): boolean {
  const b = new Bench({ iss: ISS, irs: ISS, config: { timestamps } });
  const options = timestamps ? `mss 1000,TS val ${RECENT - 9} ecr 0` : 'mss 1000';
  b.establish({ options });
  b.shutdown().sent();
  const ts = timestamps ? stamp(RECENT) : '';
  b.inject(`F. 1:${PEER_BYTES + 1}(${PEER_BYTES}) ack 2 win 1000 ${ts}`.trim()).sent();
  b.receive();
  const answer = b.connection.mayReopen(segmentOf(b, line));
  b.connection.dispose();
  return answer;
}

function segmentOf(b: Bench, line: string): Segment {
  const segment = new Segment();
  parseSegmentText(line, segment, { seqBase: b.irs, ackBase: b.iss });
  return segment;
}

function stamp(value: number): string {
  return `<TS val ${value >>> 0} ecr 0>`;
}
