/** Connections kept as rows: every field comes back, and what fits into no row stays whole. */
import t from 'tap';
import type { Tcb } from '../../lib/tcp/tcb';
import { discard, keep, NO_ROW, restore, restsUntil } from '../../lib/tcp/tcb-rows';
import { TIMER_KEEP_ALIVE } from '../../lib/tcp/timers';
import { differences } from '../support/rest-check';
import { Bench, eachWrap } from './bench';

/** What is derived from other fields. */
const DERIVED: ReadonlySet<string> = new Set(['snd.una', 'snd.up', 'snd.mss', 'snd.burst']);
/** What a connection without text, which may rest, has at its first value. */
const FIRST: ReadonlySet<string> = new Set([
  'state',
  'owed',
  'events',
  'duplicateAcksOwed',
  'probes',
  'snd.paceAt',
  'snd.burstLeft',
  'snd.paceCredit',
  'rcv.unacked',
  'sendBuffer.length',
  'sendBuffer.formerLimit',
  'receiveBuffer.length',
  'receiveBuffer.formerLimit',
  'sack.recentCount',
]);
const FLAGS_AT_REST: ReadonlySet<string> = new Set([
  'finQueued',
  'finAcked',
  'finReceived',
  'released',
  'sendBlocked',
  'rcv.finPending',
  'rtt.timing',
  'sack.hasDuplicate',
]);
const SHIFTS: ReadonlySet<string> = new Set(['snd.shift', 'rcv.shift', 'rcv.offeredShift']);

function keptAndRestored(tcb: Tcb): Tcb {
  const row = keep(tcb);
  t.not(row, NO_ROW);
  const restored = restore(row, tcb.config);
  discard(row);
  return restored;
}

/** Gives every field that a row must have a value of its own. */
function fill(path: string, fields: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(fields)) {
    const name = `${path}${key}`;
    if (DERIVED.has(name) || FIRST.has(name) || FLAGS_AT_REST.has(name)) continue;
    if (name === 'config' || name === 'ecn' || path === 'timers.at.') continue;
    if (typeof value === 'boolean') fields[key] = !value;
    else if (SHIFTS.has(name)) fields[key] = ++filled % 15;
    else if (name.endsWith('Port')) fields[key] = 65_000 + ++filled;
    else if (name.endsWith('At') || name.endsWith('Since')) fields[key] = ++filled + 0.25;
    else if (typeof value === 'number') fields[key] = 1000 + ++filled;
    else if (typeof value === 'object' && value !== null) fill(`${name}.`, value as never);
  }
}

let filled = 0;

t.test('every field comes back: a new one must be written, read, or known not to matter', (t) => {
  for (let flips = 0; flips < 2; flips++) {
    const { tcb } = new Bench().establish();
    fill('', tcb as never);
    if (flips === 1) fill('', tcb as never); // what is true or false the other way round
    tcb.timers.arm(TIMER_KEEP_ALIVE, 123_456.5);
    tcb.snd.up = tcb.snd.una = tcb.snd.nxt;
    const after = keptAndRestored(tcb);
    const found = differences(tcb, after).filter((line) => !DERIVED.has(line.split(':')[0]));
    t.same(found, []);
  }
  t.ok(filled > 80, `${filled} fields were filled`);
  t.end();
});

eachWrap(t, 'what has been measured comes back, and goes on alike', (t, make) => {
  const b = make({ config: { timestamps: true } }).open();
  b.sent();
  b.now += 80.5;
  b.inject('S. 0:0(0) ack 1 win 65535 <mss 900,TS val 5 ecr 1000>').sent();
  b.events();
  const { tcb } = b;
  const other = keptAndRestored(tcb);
  t.same(differences(tcb, other), []);
  t.equal(other.rtt.rto, tcb.rtt.rto);
  for (const sample of [10, 300, 4]) {
    tcb.rtt.measure(sample, 1);
    other.rtt.measure(sample, 1);
    t.equal(other.rtt.rto, tcb.rtt.rto, `after a sample of ${sample} ms`);
  }
});

t.test('says until when it rests without being restored', (t) => {
  const b = new Bench().establish();
  const idle = keep(b.tcb);
  t.equal(restsUntil(idle), Number.POSITIVE_INFINITY);
  b.tcb.timers.arm(TIMER_KEEP_ALIVE, 7_200_000.5);
  const watched = keep(b.tcb);
  t.equal(restsUntil(watched), 7_200_000.5);
  discard(idle);
  discard(watched);
  t.end();
});

t.test('who has counted more than a word holds stays whole', (t) => {
  const { tcb } = new Bench().establish();
  tcb.count.bytesReceived = 2 ** 31 - 1;
  const row = keep(tcb);
  t.not(row, NO_ROW);
  discard(row);
  tcb.count.bytesReceived++;
  t.equal(keep(tcb), NO_ROW);
  t.end();
});
