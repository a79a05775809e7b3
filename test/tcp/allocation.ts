/**
 * How many bytes of the heap an operation costs, from the growth of the heap over many of them.
 *
 * A program of its own, because what V8 inlines, and so what it need not box, depends on all that has run
 * before: `allocation.test.ts` starts it once for each operation and reads the JSON it prints.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { assert } from '../../lib/support/assert';
import { packetMemory } from '../../lib/support/memory';
import { DEFAULT_TCP_CONFIG } from '../../lib/tcp/config';
import { Connection } from '../../lib/tcp/connection';
import { ACK, PSH, Segment, SYN } from '../../lib/wire/segment';

/** MSS 1460, less timestamps. */
const TEXT_BYTES = 1448;
const WARM_UP = 120_000;
const ROUNDS = 9;
const ROUND = 10_000;
/** Segments that arrive at one moment, between two reads of the user. */
const BATCH = 32;
const OWN_ISS = 100;
const PEER_ISS = 500;

// Optimized code is there when it is asked for, not whenever another thread has found the time.
setFlagsFromString('--no-concurrent-recompilation');

/**
 * Bytes an operation takes from the heap once V8 has optimized it: the lower quartile of rounds in which
 * the garbage collector did not run. (Asking for the statistics costs some too, 0.1 bytes an operation.)
 */
function bytesPerOperation(operation: Exchange): number {
  operation.run(WARM_UP);
  const costs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = getHeapStatistics().used_heap_size;
    operation.run(ROUND);
    const bytes = getHeapStatistics().used_heap_size - before;
    if (bytes >= 0) costs.push(bytes / ROUND);
  }
  assert(costs.length >= ROUNDS / 3, 'enough rounds without a collection');
  costs.sort((a, b) => a - b);
  return costs[costs.length >> 2];
}

/**
 * Fractional times, boxed once: a number that is computed and then handed to a function that V8 does not
 * inline is boxed at every call, by the caller.
 */
const times: number[] = [Object.create(null)];
for (let i = 1; i < 40_000; i++) times.push(1002 + i * 0.251);

abstract class Exchange {
  readonly connection = establish();
  protected readonly seg = new Segment();
  protected readonly out = new Segment();
  /** Segments that left. */
  sent = 0;
  /** What the user has read. */
  bytesRead = 0;
  #count = 0;
  #tick = 1;

  run(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#count++;
      const isLast = this.#count % BATCH === 0;
      if (isLast) this.#tick++;
      this.step(times[this.#tick], this.#tick, isLast);
    }
  }

  protected abstract step(now: number, tick: number, isLast: boolean): void;

  protected poll(now: number): void {
    while (this.connection.pollTransmit(now, this.out)) this.sent++;
  }

  protected prepare(flags: number, seq: number, ack: number, tick: number): void {
    const { seg } = this;
    seg.clear();
    seg.flags = flags;
    seg.seq = seq;
    seg.ack = ack;
    seg.window = 2000;
    seg.hasTimestamps = true;
    seg.tsval = 2 + tick;
    seg.tsecr = 1000 + (tick >> 2);
  }
}

/** Text in order, acknowledged every second segment, read by the user once a batch. */
class Receiving extends Exchange {
  readonly #text = packetMemory.allocate(2048);
  readonly #target = new Uint8Array(65_536);
  #seq = PEER_ISS + 1;

  protected override step(now: number, tick: number, isLast: boolean): void {
    const { connection, seg } = this;
    this.prepare(ACK | PSH, this.#seq, OWN_ISS + 1, tick);
    seg.textOffset = this.#text;
    seg.textLength = TEXT_BYTES;
    this.#seq = (this.#seq + TEXT_BYTES) | 0;
    connection.handleSegment(seg, now);
    this.poll(now);
    if (!isLast) return;
    connection.pollEvents();
    let length = connection.receiveInto(this.#target, now);
    while (length > 0) {
      this.bytesRead += length;
      length = connection.receiveInto(this.#target, now);
    }
  }
}

/** Text that leaves, and a bare ACK for each segment of it. */
class Sending extends Exchange {
  readonly #chunk = new Uint8Array(TEXT_BYTES);
  #acked = OWN_ISS + 1;

  protected override step(now: number, tick: number, isLast: boolean): void {
    const { connection, seg } = this;
    connection.send(this.#chunk, 0, false, now);
    this.poll(now);
    this.#acked = (this.#acked + TEXT_BYTES) | 0;
    this.prepare(ACK, PEER_ISS + 1, this.#acked, tick);
    connection.handleSegment(seg, now);
    this.poll(now);
    if (isLast) assert(connection.deadline > now, 'nothing is late');
  }
}

/** With everything the default configuration agrees on. */
function establish(): Connection {
  const config = { ...DEFAULT_TCP_CONFIG };
  const setup = { config, localPort: 1, remotePort: 2, mss: 1460, timestampOffset: 0 };
  const connection = new Connection(setup);
  const seg = new Segment();
  connection.open(OWN_ISS, 1000.5);
  connection.pollTransmit(1000.5, seg);
  seg.clear();
  seg.flags = SYN | ACK;
  seg.seq = PEER_ISS;
  seg.ack = OWN_ISS + 1;
  seg.window = 65_535;
  seg.mss = 1460;
  seg.windowScale = 7;
  seg.sackPermitted = true;
  seg.hasTimestamps = true;
  seg.tsval = 1;
  seg.tsecr = 1000;
  connection.handleSegment(seg, 1001.5);
  connection.pollTransmit(1001.5, seg);
  connection.pollEvents();
  return connection;
}

/** Receives, but the text is only counted: what is left is the engine's own. */
function withoutCopy(): Exchange {
  const receiving = new Receiving();
  const buffer = receiving.connection.tcb.receiveBuffer;
  buffer.append = (_offset, length) => {
    buffer.length += length;
  };
  buffer.takeInto = (target) => {
    const taken = Math.min(target.length, buffer.length);
    buffer.length -= taken;
    return taken;
  };
  return receiving;
}

/** Sends, and allocates on purpose: a number is boxed with each segment, in an object of its own. */
class Wasteful extends Sending {
  readonly #kept: unknown[] = new Array(16).fill(null);

  protected override step(now: number, tick: number, isLast: boolean): void {
    super.step(now, tick, isLast);
    this.#kept[tick & 15] = now + 0.5;
  }
}

const OPERATIONS: Record<string, () => Exchange> = {
  send: () => new Sending(),
  receive: () => new Receiving(),
  receiveWithoutCopy: withoutCopy,
  wasteful: () => new Wasteful(),
};

const exchange = OPERATIONS[process.argv[2]]();
const bytes = bytesPerOperation(exchange);
const { data_segs_in, data_segs_out, bytes_received, total_retrans } = exchange.connection.info(0);
console.log(
  JSON.stringify({
    bytes,
    segmentsIn: data_segs_in,
    segmentsOut: data_segs_out,
    acksOut: exchange.sent - data_segs_out,
    bytesReceived: bytes_received,
    bytesRead: exchange.bytesRead,
    repetitions: total_retrans,
    textBytes: TEXT_BYTES,
  }),
);
