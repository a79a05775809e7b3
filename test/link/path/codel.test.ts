/** CoDel (RFC 8289) and FQ-CoDel (RFC 8290) over a path of 10 Mbit/s. */
import t from 'tap';
import { RecordingPath } from './recording-path';

const RATE = 1e7;
/** 1,250 bytes take 1 ms. */
const BYTES = 1250;

/** Sends `each` packets a millisecond, for a time; notes when the queue dropped one. */
function overload(rig: RecordingPath, each: number, ms: number, ecn = 0): number[] {
  const drops: number[] = [];
  rig.path.observer = (fate) => {
    if (fate === 'managed') drops.push(rig.clock.now());
  };
  let number = 0;
  const begin = rig.clock.now();
  for (let at = 0; at < ms; at++) {
    rig.clock.advanceTo(begin + at);
    for (let i = 0; i < each; i++) rig.send(number++, BYTES, 1, ecn);
  }
  return drops;
}

t.test('CoDel leaves a queue alone that is short, or is empty now and then', async (t) => {
  const rig = new RecordingPath({ rate: RATE, queue: 'codel' });
  t.same(overload(rig, 1, 500), [], 'as fast as it can be sent');
  for (let burst = 0; burst < 20; burst++) {
    for (let i = 0; i < 50; i++) rig.send(i, BYTES);
    rig.clock.advanceTo(rig.clock.now() + 90);
  }
  t.equal(rig.path.counters.managed, 0, 'bursts of 50 ms every 90 ms');
  rig.close();
});

t.test('CoDel drops the first after an interval above target, then by its law', async (t) => {
  const rig = new RecordingPath({ rate: RATE, queue: 'codel' });
  const drops = overload(rig, 2, 1000);
  // Sojourn exceeds 5 ms for what is dequeued some 10 ms from the start; then an interval passes.
  t.ok(drops[0] > 105 && drops[0] < 115, `first at ${drops[0]} ms`);
  let due = drops[0];
  for (let count = 1; count < 12; count++) {
    due += 100 / Math.sqrt(count);
    const error = Math.abs(drops[count] - due);
    t.ok(error <= 1.1, `drop ${count + 1} at ${drops[count]} ms, due at ${due.toFixed(1)}`);
  }
  rig.close();
});

t.test('CoDel marks what allows it, instead of dropping', async (t) => {
  const rig = new RecordingPath({ rate: RATE, queue: 'codel', ecn: true });
  t.same(overload(rig, 2, 500, 0b10), []);
  rig.clock.run();
  const { marked, managed } = rig.path.counters;
  t.ok(marked > 5, `${marked} marked`);
  t.equal(managed, 0);
  t.equal(rig.arrivals.filter(({ bytes }) => (bytes[1] & 3) === 3).length, marked);
  rig.close();
});

t.test('FQ-CoDel lets a thin flow pass a fat one', async (t) => {
  const delays: Record<string, number> = {};
  for (const queue of ['drop-tail', 'fq-codel'] as const) {
    const rig = new RecordingPath({ rate: RATE, queue, queueBytes: 200_000 });
    for (let at = 0; at < 400; at++) {
      rig.clock.advanceTo(at);
      for (let i = 0; i < 2; i++) rig.send(at, BYTES, 1);
      if (at % 20 === 0) rig.send(1_000_000 + at, 100, 2);
    }
    rig.clock.run();
    const thin = rig.arrivals.filter(({ bytes }) => bytes.readUInt32BE(4) >= 1_000_000);
    t.equal(thin.length, queue === 'fq-codel' ? 20 : thin.length);
    delays[queue] = Math.max(...thin.map(({ at, bytes }) => at - bytes.readUInt32BE(4) + 1e6));
    rig.close();
  }
  t.ok(delays['fq-codel'] < 3, `${delays['fq-codel']} ms at worst`);
  t.ok(delays['drop-tail'] > 50, `${delays['drop-tail']} ms under drop-tail`);
});

t.test('FQ-CoDel shares by bytes, and drops from the longest queue when full', async (t) => {
  const rig = new RecordingPath({ rate: RATE, queue: 'fq-codel', queueBytes: 50_000 });
  const sent = [0, 0, 0];
  for (let at = 0; at < 2000; at++) {
    rig.clock.advanceTo(at);
    rig.send(sent[1]++, 1250, 1);
    rig.send(sent[2]++, 625, 2);
    rig.send(sent[2]++, 625, 2);
  }
  rig.clock.run();
  const bytes = [0, 0, 0];
  for (const packet of rig.arrivals) bytes[packet.bytes.readUInt32BE(20)] += packet.bytes.length;
  t.ok(Math.abs(bytes[1] / bytes[2] - 1) < 0.05, `${bytes[1]} and ${bytes[2]} bytes`);
  t.ok(rig.path.counters.overflowed + rig.path.counters.managed > 100);
  rig.close();
});
