/** All eleven states meet all kinds of segments: runs every cell of `state-table.ts`. */
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import type { TcpState } from '../../types/tcp';
import { runScript, WRAPS } from '../support/script';
import { STATES } from '../support/script-parser';
import { Bench } from '../tcp/bench';
import { type Cell, DEVIATIONS, EVENTS, type Frame, readCells, UNREACHABLE } from './state-table';

const HOUR_MS = 3_600_000;
/** Longer than a delayed ACK waits, shorter than any retransmission. */
const MOMENT_MS = 100;
const ISS = 0x7fff_ffc0;
const BUFFER = 4000;
const CELLS = readCells();
/** Requirements that a row proves for the synchronized states. */
const IDS: Readonly<Record<string, string>> = {
  SYN: '[U-7] [U-8] ',
  'the first SYN again': '[U-7] [U-8] ',
  'SYN+ACK': '[U-7] [U-8] ',
  'ACK far below SND.UNA': '[MAY-12] [U-9] [U-10] ',
  'ACK above SND.NXT': '[MAY-12] [U-9] [U-10] ',
  'RST at RCV.NXT': '[U-4] ',
  'RST+ACK at RCV.NXT': '[U-4] ',
  'RST in the window': '[U-5] [U-6] ',
  'RST behind the window': '[U-11] ',
  'RST before the window': '[U-11] ',
  'FIN ahead of its turn': '[SHLD-31] ',
  text: '[U-20] ',
  'text ahead of its turn': '[SHLD-31] [MAY-13] [U-20] ',
  'URG with text': '[MUST-30] [U-20] ',
};

/** What each state's numbers are when the segment arrives; `again`: what is repeated in it. */
const FRAMES: Record<TcpState, Frame & { again: string }> = {
  CLOSED: { rcvNxt: 0, edge: BUFFER, una: 0, nxt: 1, ack: 1, again: '' },
  LISTEN: { rcvNxt: 0, edge: BUFFER, una: 0, nxt: 1, ack: 1, again: '' },
  'SYN-SENT': { rcvNxt: 0, edge: BUFFER, una: 0, nxt: 1, ack: 1, again: 'S 0:0(0)' },
  'SYN-RECEIVED': { rcvNxt: 1, edge: 4001, una: 0, nxt: 1, ack: 1, again: 'S. 0:0(0) ack 1' },
  ESTABLISHED: synchronized(101, 101, 201, 'P. 101:201(100) ack 101'),
  'FIN-WAIT-1': synchronized(101, 101, 202, 'FP. 101:201(100) ack 101'),
  'FIN-WAIT-2': synchronized(101, 202, 202, ''),
  'CLOSE-WAIT': synchronized(102, 101, 201, 'P. 101:201(100) ack 102'),
  CLOSING: synchronized(102, 101, 202, 'FP. 101:201(100) ack 102'),
  'LAST-ACK': synchronized(102, 101, 202, 'FP. 101:201(100) ack 102'),
  'TIME-WAIT': synchronized(102, 202, 202, ''),
};

t.test('no cell is undefined, and each deviation has its reason', async (t) => {
  for (const state of STATES) {
    for (const opening of ['active', 'passive'] as const) {
      const isReachable = !UNREACHABLE.some(([s, o]) => s === state && o === opening);
      const events = CELLS.filter((cell) => cell.state === state && cell.opening === opening);
      const want = isReachable ? Object.keys(EVENTS) : [];
      t.same(events.map(({ event }) => event).sort(), want.sort(), `${state} ${opening}`);
    }
  }
  for (const { state, event, deviates } of CELLS) {
    const reasons = DEVIATIONS.filter(([on, in_]) => on.test(event) && in_.includes(state));
    if (deviates) t.equal(reasons.length, 1, `why ${event} in ${state}`);
  }
});

const UNSYNCHRONIZED: ReadonlyArray<readonly [TcpState, string]> = [
  ['CLOSED', '[U-12] CLOSED answers all but resets with a reset'],
  ['LISTEN', '[U-17] LISTEN answers SYNs, resets ACKs, ignores the rest'],
  ['SYN-SENT', '[U-18] [U-2] SYN-SENT waits for an ACK of its SYN'],
  ['SYN-RECEIVED', '[U-19] [MUST-11] SYN-RECEIVED knows how it was reached'],
];

for (const [state, name] of UNSYNCHRONIZED) {
  runCells(
    name,
    CELLS.filter((cell) => cell.state === state),
    ({ event, opening }) => `${event}, after ${opening} OPEN`,
  );
}

for (const event of Object.keys(EVENTS)) {
  runCells(
    `${IDS[event] ?? ''}${event}, in each synchronized state`,
    CELLS.filter((cell) => cell.event === event && !isUnsynchronized(cell.state)),
    ({ state, opening }) => `${state}, opened by ${opening} OPEN`,
  );
}

function runCells(name: string, cells: readonly Cell[], nameOf: (cell: Cell) => string): void {
  t.test(name, async (t) => {
    const before = packetMemory.allocated;
    for (const cell of cells) {
      const { state } = cell;
      if (state === 'CLOSED' || state === 'LISTEN') t.equal(runInStack(cell), '', nameOf(cell));
      else t.same(runAtEngine(cell), expected(cell), nameOf(cell));
    }
    t.equal(packetMemory.allocated, before, 'all packet memory is given back');
  });
}

function isUnsynchronized(state: TcpState): boolean {
  return UNSYNCHRONIZED.some(([known]) => known === state);
}

interface Result {
  state: TcpState;
  sent: string[];
  heard: string;
}

function expected({ state, event, outcome }: Cell): Result {
  const frame = FRAMES[state];
  return {
    state: outcome.state ?? state,
    sent: expectedLines(outcome.sent, event, frame, outcome.heard),
    heard: outcome.heard,
  };
}

function expectedLines(word: string, event: string, frame: Frame & { again: string }, heard = '') {
  const { nxt } = frame;
  const line = EVENTS[event](frame);
  const bytes = Number(/(\d+) bytes/.exec(heard)?.[1] ?? 0);
  const fin = heard.includes('end') ? 1 : 0;
  // SYN-SENT learns RCV.NXT from the SYN that it meets.
  const next = Math.max(frame.rcvNxt, 1) + bytes + fin;
  switch (word) {
    case '':
      return [];
    case 'ack':
      return [`. ${nxt}:${nxt}(0) ack ${next}`];
    case 'late':
      return [`40 . ${nxt}:${nxt}(0) ack ${next}`];
    case 'syn+ack':
      return ['S. 0:0(0) ack 1'];
    case 'rst': {
      const ack = Number(/ack (-?\d+)/.exec(line)![1]) >>> 0;
      return [`R ${ack}:${ack}(0)`];
    }
    case 'rst+ack': {
      const [, end] = /:(\d+)\(/.exec(line)!;
      return [`R. 0:0(0) ack ${Number(end) + (line.startsWith('S') ? 1 : 0)}`];
    }
    case 'again':
      return [frame.again];
    default:
      throw new Error(`nobody sends ${word}`);
  }
}

function runAtEngine({ state, opening, event }: Cell): Result {
  const b = new Bench({ iss: ISS, irs: ISS + 7, config: { receiveBufferBytes: BUFFER } });
  bringTo(b, state, opening);
  b.events();
  const sent: string[] = [];
  if (event === 'nothing') {
    for (const line of b.advance(HOUR_MS)) sent.push(line.replace(/^[\d.]+ /, ''));
    sent.splice(0, sent.length, ...new Set(sent));
  } else {
    b.inject(EVENTS[event](FRAMES[state]));
    sent.push(...b.sent(), ...b.advance(MOMENT_MS));
  }
  const result = { state: b.state, sent, heard: hear(b) };
  b.connection.dispose();
  return result;
}

function hear(b: Bench): string {
  const words: string[] = [];
  for (const event of b.events().split(' ')) {
    if (event === 'error') words.push(String(b.connection.error));
    else if (event === 'readable') {
      const bytes = b.receive();
      if (bytes > 0) words.push(`${bytes} bytes`);
      if (b.connection.readEnded) words.push('end');
    } else if (event !== '') words.push(event);
  }
  return words.join(' ');
}

/** Both sides have sent 100 bytes and had them acknowledged, 100 more of ours are on their way. */
function bringTo(b: Bench, state: TcpState, opening: 'active' | 'passive'): void {
  const passive = opening === 'passive';
  if (state === 'SYN-SENT' || state === 'SYN-RECEIVED') {
    if (passive) b.openPassive('S 0:0(0) win 65535 <mss 1000>');
    else b.open();
    b.sent();
    if (state === 'SYN-SENT' || passive) return;
    b.inject('S 0:0(0) win 65535 <mss 1000>').sent();
    return;
  }
  b.establish({ passive });
  b.send(100);
  b.sent();
  b.inject('P. 1:101(100) ack 101 win 65535').advance(MOMENT_MS);
  b.receive();
  b.send(100);
  b.sent();
  for (const step of PATHS[state] ?? []) {
    if (step === 'CLOSE') b.shutdown().sent();
    else b.inject(step).sent();
  }
}

const FIN = 'F. 101:101(0) ack 101 win 65535';
const ACK_OF_ALL = '. 101:101(0) ack 202 win 65535';
const PATHS: Partial<Record<TcpState, readonly string[]>> = {
  'FIN-WAIT-1': ['CLOSE'],
  'FIN-WAIT-2': ['CLOSE', ACK_OF_ALL],
  'CLOSE-WAIT': [FIN],
  CLOSING: ['CLOSE', FIN],
  'LAST-ACK': [FIN, 'CLOSE'],
  'TIME-WAIT': ['CLOSE', ACK_OF_ALL, 'F. 101:101(0) ack 202 win 65535'],
};

/** CLOSED and LISTEN have no connection: the whole stack answers. @returns what is wrong */
function runInStack({ state, event, outcome }: Cell): string {
  const lines = state === 'LISTEN' ? ['0 listen 80'] : [];
  if (event !== 'nothing') lines.push(`+0 < ${EVENTS[event](FRAMES[state])}`);
  for (const line of expectedLines(outcome.sent, event, FRAMES[state])) lines.push(`+0 > ${line}`);
  // A SYN-ACK that is not answered goes again; nothing else follows.
  if (outcome.state === undefined) lines.push('+3600 nothing');
  lines.push(`+0 state ${outcome.state ?? state}`);
  return WRAPS.map((wrap) => runScript(lines.join('\n'), wrap)).find((fault) => fault !== '') ?? '';
}

function synchronized(
  rcvNxt: number,
  una: number,
  nxt: number,
  again: string,
): Frame & { again: string } {
  return { rcvNxt, edge: 1 + BUFFER, una, nxt, ack: una, again };
}
