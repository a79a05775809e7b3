/**
 * What does an ACK cost the sender, with 10,000 segments outstanding and 100 holes among what the
 * peer has reported, against one with no hole?
 *
 * One connection under a window that never changes. Without holes each ACK acknowledges one segment
 * more; with them each repeats the lowest number, reports one segment more in its first block, and
 * two of the older ranges, as a receiver does (RFC 2018 §4). The holes have been repaired once and
 * are on their way again. An ACK is read, checked and processed, and output is asked for.
 */
import { packetMemory } from '../lib/support/memory';
import { DEFAULT_TCP_CONFIG } from '../lib/tcp/config';
import type { CongestionController } from '../lib/tcp/congestion/controller';
import { registerCongestionControl } from '../lib/tcp/congestion/registry';
import { Connection } from '../lib/tcp/connection';
import { ACK, Segment, SYN } from '../lib/wire/segment';
import { readSegment, writeSegment } from '../lib/wire/tcp-header';
import { printHeading, printRow, spreadOf } from './support/report';

const MSS = 1448;
const OUTSTANDING = 10_000;
const HOLES = 100;
/** Segments from one hole to the next: the holes are in the first half of what is outstanding. */
const STRIDE = OUTSTANDING / 2 / HOLES;
const ACKS = 2000;
const SAMPLES = 15;
const BUFFER_BYTES = 16 * 1024 * 1024;

class Fixed implements CongestionController {
  readonly name = 'fixed';
  cwnd = OUTSTANDING * MSS;
  ssthresh = OUTSTANDING * MSS;
  readonly ownsWindow = true;
  initialize(): void {}
  handleAck(): void {}
  handleLoss(): void {}
  handleTimeout(): void {}
  handleMssChange(): void {}
  handleIdle(): void {}
}

registerCongestionControl('fixed', () => new Fixed());

const at = packetMemory.allocate(256);
const outgoing = new Segment();
const incoming = new Segment();
const chunk = new Uint8Array(65_536);
let now = 0;

/** A connection with all that outstanding: sequence numbers begin at 1. */
function prepare(): Connection {
  const config = {
    ...DEFAULT_TCP_CONFIG,
    congestionControl: 'fixed',
    sendBufferBytes: BUFFER_BYTES,
    timestamps: false,
  };
  const connection = new Connection({
    config,
    localPort: 1,
    remotePort: 2,
    mss: MSS,
    timestampOffset: 0,
  });
  connection.open(0, now);
  drain(connection);
  outgoing.clear();
  outgoing.flags = SYN | ACK;
  outgoing.ack = 1;
  outgoing.window = 65_535;
  outgoing.mss = MSS;
  outgoing.windowScale = 10;
  outgoing.sackPermitted = true;
  deliver(connection);
  // The window of a SYN is not scaled.
  acknowledge(connection, 1, []);
  for (let left = (OUTSTANDING + ACKS) * MSS; left > 0; ) {
    const taken = connection.send(chunk, Math.max(0, chunk.length - left), false, now);
    if (taken === 0) break;
    left -= taken;
  }
  now += 100;
  drain(connection);
  return connection;
}

function drain(connection: Connection): void {
  while (connection.pollTransmit(now, outgoing));
}

function deliver(connection: Connection): void {
  const length = writeSegment(at, outgoing);
  if (readSegment(at, length, incoming) !== 0) throw new Error('header');
  connection.handleSegment(incoming, now);
  drain(connection);
}

function acknowledge(connection: Connection, ack: number, edges: readonly number[]): void {
  outgoing.clear();
  outgoing.sourcePort = 2;
  outgoing.destinationPort = 1;
  outgoing.seq = 1;
  outgoing.flags = ACK;
  outgoing.ack = ack;
  outgoing.window = 65_535;
  for (let i = 0; i < edges.length; i++) outgoing.sackEdges[i] = edges[i];
  outgoing.sackCount = edges.length >> 1;
  deliver(connection);
}

/** Where the segment begins that stands `index` after the first. */
function seqOf(index: number): number {
  return 1 + index * MSS;
}

/** Nanoseconds an ACK. */
function runPlain(): number {
  const connection = prepare();
  now += 100;
  const begin = process.hrtime.bigint();
  for (let i = 1; i <= ACKS; i++) acknowledge(connection, seqOf(i), []);
  const elapsed = Number(process.hrtime.bigint() - begin);
  connection.dispose();
  return elapsed / ACKS;
}

function runHoles(): number {
  const connection = prepare();
  now += 100;
  for (let hole = 0; hole < HOLES; hole++) {
    acknowledge(connection, 1, [seqOf(hole * STRIDE + 1), seqOf((hole + 1) * STRIDE)]);
  }
  now += 10;
  const top = HOLES * STRIDE;
  const { rangeCount } = connection.tcb.scoreboard;
  if (rangeCount !== HOLES) throw new Error(`${rangeCount} ranges`);
  const edges = [0, 0, seqOf(1), seqOf(STRIDE), seqOf(STRIDE + 1), seqOf(2 * STRIDE)];
  const begin = process.hrtime.bigint();
  for (let i = 1; i <= ACKS; i++) {
    edges[0] = seqOf(top - STRIDE + 1);
    edges[1] = seqOf(top + i);
    acknowledge(connection, 1, edges);
  }
  const elapsed = Number(process.hrtime.bigint() - begin);
  connection.dispose();
  return elapsed / ACKS;
}

printHeading(
  `ack-cost: an ACK with ${OUTSTANDING} segments outstanding, and ${HOLES} holes or none`,
);
const plain: number[] = [];
const holes: number[] = [];
for (let i = 0; i < SAMPLES + 3; i++) {
  const pair = [runPlain(), runHoles()];
  if (i < 3) continue; // warming up
  plain.push(pair[0]);
  holes.push(pair[1]);
}
printRow('no hole', spreadOf(plain), 'ns an ACK');
printRow(`${HOLES} holes`, spreadOf(holes), 'ns an ACK');
printRow('ratio', spreadOf(holes.map((ns, i) => ns / plain[i])), 'of one to the other (at most 3)');
