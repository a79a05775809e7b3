/**
 * How many segments a second of CPU time does the engine take through read → checks → ACK → write,
 * without a link?
 *
 * Two connections in one thread, MSS 1,460, checksums written and verified on every segment,
 * timestamps on. The sender's segment is written into a slot of packet memory, read from there,
 * checked and delivered; the answer goes the same way back. In turns with a skeleton that copies,
 * sums and writes headers like that, but has no protocol: the ceiling of any engine.
 */
import { packetMemory } from '../lib/support/memory';
import { DEFAULT_TCP_CONFIG } from '../lib/tcp/config';
import { Connection } from '../lib/tcp/connection';
import { addressSum, pseudoHeaderSum } from '../lib/wire/checksum';
import { ACK, Segment, SYN } from '../lib/wire/segment';
import {
  CHECKSUM_FULL,
  readSegment,
  verifyTcpChecksum,
  writeWholeSegment,
} from '../lib/wire/tcp-header';
import { printHeading, printRatio, printRow, samplesOf, spreadOf } from './support/report';
import { Skeleton } from './support/skeleton';

/** Short and many: what disturbs the machine lasts longer than one. */
const SAMPLES = samplesOf(25);
const SEGMENTS_A_SAMPLE = 100_000;
const MSS = 1460;
/** What timestamps leave of it. */
const TEXT_BYTES = MSS - 12;
/** Of a packet with its headers, less these. */
const MOST_BYTES = 65_535 - 40;
const SLOTS = 64;
const SLOT_BYTES = 2048;
const TCP = 6;

const incoming = new Segment();
const outgoing = new Segment();
const ring = packetMemory.allocate(SLOTS * SLOT_BYTES);
const lengths = new Int32Array(SLOTS);
const addresses = addressSum(0, 0, 0xffff, 0x7f000001, 0, 0, 0xffff, 0x7f000001);
const chunk = new Uint8Array(65_536).fill(0x61);
const target = Buffer.alloc(65_536);
let now = 0;

function connection(localPort: number, remotePort: number): Connection {
  const config = { ...DEFAULT_TCP_CONFIG, sendBufferBytes: 262_144 };
  const trains = { linkText: MOST_BYTES, inTrains: true }; // as a stack asks for it
  return new Connection({ config, localPort, remotePort, mss: MSS, timestampOffset: 7, ...trains });
}

/** Carries up to a batch from one to the other; @returns how many segments. */
function carry(from: Connection, to: Connection): number {
  let count = 0;
  while (count < SLOTS && from.pollTransmit(now, outgoing)) {
    const at = ring + count * SLOT_BYTES;
    lengths[count++] = writeWholeSegment(at, outgoing, addresses);
  }
  for (let i = 0; i < count; i++) {
    const at = ring + i * SLOT_BYTES;
    const sum = pseudoHeaderSum(addresses, TCP, lengths[i]);
    if (verifyTcpChecksum(at, lengths[i], sum) !== CHECKSUM_FULL) throw new Error('checksum');
    if (readSegment(at, lengths[i], incoming) !== 0) throw new Error('header');
    if ((incoming.flags & (SYN | ACK)) === SYN) to.openPassive(incoming, 1, now);
    else to.handleSegment(incoming, now);
  }
  return count;
}

function run(
  sender: Connection,
  receiver: Connection,
  segments: number,
  useSlabs: boolean,
): number {
  let data = 0;
  const begin = process.cpuUsage();
  while (data < segments) {
    now += 0.01;
    sender.send(chunk, 0, false, now);
    data += carry(sender, receiver);
    if (useSlabs) while (receiver.receive(now) !== null);
    else while (receiver.receiveInto(target, now) > 0);
    carry(receiver, sender);
    if (sender.deadline <= now) sender.handleTimeout(now);
    if (receiver.deadline <= now) receiver.handleTimeout(now);
    sender.pollEvents();
    receiver.pollEvents();
  }
  return nanosecondsSince(begin);
}

/** @returns a function that carries segments of text, and says how many nanoseconds it took */
function engine(useSlabs: boolean): (segments: number) => number {
  const sender = connection(1, 2);
  const receiver = connection(2, 1);
  sender.open(-5000, now);
  for (let i = 0; i < 3; i++) {
    carry(sender, receiver);
    carry(receiver, sender);
  }
  return (segments) => run(sender, receiver, segments, useSlabs);
}

/** The same for what is left without a protocol. */
function skeleton(useSlabs: boolean): (segments: number) => number {
  const bare = new Skeleton(useSlabs ? null : target, () => undefined);
  return (segments) => {
    const begin = process.cpuUsage();
    bare.run(chunk, segments);
    return nanosecondsSince(begin);
  };
}

/** Of CPU time, since what others do on this machine is no part of the question. */
function nanosecondsSince(begin: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begin);
  return (user + system) * 1000;
}

printHeading(
  'hot-path: segments a second of CPU time, both ends in one thread; MSS 1,460, checksums on',
);
for (const useSlabs of [true, false]) {
  const how = useSlabs ? 'pieces of slabs' : "into the user's buffer";
  const runs = [engine(useSlabs), skeleton(useSlabs)];
  for (const carryOn of runs) carryOn(200_000);
  const rates: number[][] = [[], []];
  for (let i = 0; i < SAMPLES; i++) {
    runs.forEach((carryOn, which) => {
      rates[which].push((SEGMENTS_A_SAMPLE / carryOn(SEGMENTS_A_SAMPLE)) * 1000);
    });
  }
  const [ours, bare] = rates.map(spreadOf);
  printRow(`engine, ${how}`, ours, 'M data segments/s');
  printRow(`skeleton, ${how}`, bare, 'M data segments/s');
  printRatio(`engine / skeleton, ${how}`, ours, bare);
  const gbits = rates[0].map((rate) => (rate * 1e6 * TEXT_BYTES * 8) / 1e9);
  printRow(`engine, ${how}`, spreadOf(gbits), 'Gbit/s of text');
}
