/**
 * Mutants that survive, and what was found when each was looked at.
 *
 * A place is the file, the text of the line and the change, so that it stays right when lines move.
 */

/** [file in lib/tcp, text of the line, change as in the report, what was found] */
type Finding = readonly [string, string, string, string];

/** They do what the program does, tests or none, or what no user could mind: why. */
export const LOOKED_AT: readonly Finding[] = [
  [
    'invariants.ts',
    'const afterFin = seqAdd(endOfText(tcb), tcb.finQueued && !tcb.finAcked ? 1 : 0);',
    '`1` → `2`',
    'A check that is a little weaker: it guards tests, not connections.',
  ],
  [
    'listener.ts',
    'export const LISTEN_BACKLOG_FULL = 4;',
    '`4` → `5`',
    'Only a name: any number that no other verdict has will do.',
  ],
  [
    'reassembly.ts',
    'if (first < length) this.#copyIn(seqAdd(seq, first), ring, length - first);',
    '`-` → `+`',
    'What is copied too much is written again by the ranges behind it.',
  ],
  [
    'reassembly.ts',
    'this.#ring = 0;',
    'removed: `this.#ring = 0`',
    'Without a size nobody looks where the ring is.',
  ],
  [
    'receive-buffer.ts',
    'this.#pieces.splice(0, this.#first);',
    'removed: `this.#pieces.splice(0, this.#first)`',
    'Costs time or memory, and changes nothing that comes out.',
  ],
  [
    'receive-buffer.ts',
    '} else if (this.#first >= 64 && this.#first * 2 >= this.#pieces.length) {',
    '`*` → `/`',
    'Costs time or memory, and changes nothing that comes out.',
  ],
  [
    'receive-buffer.ts',
    '} else if (this.#first >= 64 && this.#first * 2 >= this.#pieces.length) {',
    '`64` → `65`',
    'Costs time or memory, and changes nothing that comes out.',
  ],
  [
    'receive-buffer.ts',
    '} else if (this.#first >= 64 && this.#first * 2 >= this.#pieces.length) {',
    '`>=` → `>`',
    'Costs time or memory, and changes nothing that comes out.',
  ],
  [
    'reopen.ts',
    'return seqGt(seg.tsval, tcb.ts.recent);',
    '`seqGt` → `seqGeq`',
    'Equal timestamps were dealt with above.',
  ],
  [
    'rtt.ts',
    'if (this.backoff < MAX_BACKOFF) this.backoff++;',
    '`<` → `<=`',
    'The largest timeout is reached long before.',
  ],
  [
    'scoreboard.ts',
    'const SACKED = 2;',
    '`2` → `3`',
    'Only a name: states are compared, never counted.',
  ],
  [
    'segment-ring.ts',
    'if (this.count > this.#mask) this.#grow();',
    '`>` → `>=`',
    'Costs time or memory, and changes nothing that comes out.',
  ],
  [
    'segment-text.ts',
    'if (before > 0) {',
    '`>` → `>=`',
    'Nothing is cut off by cutting off nothing.',
  ],
  [
    'segment-text.ts',
    'if (before > seg.textLength) seg.flags &= ~FIN;',
    '`&=` → `|=`',
    'A FIN before RCV.NXT was refused by the first check.',
  ],
  [
    'segment-text.ts',
    'seg.textLength = Math.max(room, 0);',
    '`0` → `1`',
    'What begins behind the window was refused by the first check.',
  ],
  [
    'send-buffer.ts',
    'if (from === 0 && first === chunk.length) {',
    '`===` → `!==`',
    'The other branch copies the same bytes, more slowly.',
  ],
  [
    'seq.ts',
    'return ((a - b) | 0) <= 0 ? a : b;',
    '`<=` → `<`',
    'Equal values give the same result on both sides of the comparison.',
  ],
  [
    'seq.ts',
    'return ((a - b) | 0) >= 0 ? a : b;',
    '`>=` → `>`',
    'Equal values give the same result on both sides of the comparison.',
  ],
  ['state.ts', 'tcb.duplicateAcksOwed = 0;', '`0` → `1`', 'CLOSED sends no ACKs.'],
  [
    'timeouts.ts',
    "if (!tcb.keepAlive || tcb.state === 'CLOSED' || tcb.state === 'TIME-WAIT') return;",
    '`||` → `&&`',
    'Both states have disarmed the timer.',
  ],
  [
    'timeouts.ts',
    'tcb.owed &= ~OWE_PROBE;',
    'removed: `tcb.owed &= ~OWE_PROBE`',
    'CLOSED owes nothing.',
  ],
  [
    'timeouts.ts',
    'timers.disarm(TIMER_KEEP_ALIVE);',
    'removed: `timers.disarm(TIMER_KEEP_ALIVE)`',
    'Every way on arms it again or ends all timers.',
  ],
  [
    'timeouts.ts',
    'userTimeoutMs > 0',
    '`0` → `1`',
    'A timeout of one millisecond or less is none.',
  ],
  [
    'timers.ts',
    'for (let kind = 1; kind < TIMER_COUNT; kind++) {',
    '`1` → `0`',
    'The first is compared with itself.',
  ],
  [
    'timers.ts',
    'for (let kind = 1; kind < TIMER_COUNT; kind++) {',
    '`<` → `<=`',
    'Behind the table there is no number to be earlier.',
  ],
  [
    'timers.ts',
    'if (at[kind] < earliest) earliest = at[kind];',
    '`<` → `<=`',
    'Equal values give the same result on both sides of the comparison.',
  ],
  [
    'tuning.ts',
    'if (!tcb.sendBlocked || sendBuffer.limit >= config.sendBufferMaxBytes) return;',
    '`>=` → `>`',
    'At the maximum the limit grows to the maximum.',
  ],
  [
    'tuning.ts',
    'if (Number.isNaN(readRate.rtt) || sample < readRate.rtt) readRate.rtt = sample;',
    '`<` → `<=`',
    'Equal values give the same result on both sides of the comparison.',
  ],
  [
    'tuning.ts',
    'if (receiveBuffer.limit >= config.receiveBufferMaxBytes) return;',
    '`>=` → `>`',
    'At the maximum the limit grows to the maximum.',
  ],
  [
    'user-calls.ts',
    'if (!maySend(tcb.state) || tcb.finQueued) return;',
    'removed: `return`',
    'Where nothing may be sent, a FIN is queued already or of no use.',
  ],
  [
    'user-calls.ts',
    'if (tcb.keepAlive) tcb.timers.arm(TIMER_KEEP_ALIVE, now + tcb.keepAliveDelayMs);',
    '`+` → `-`',
    'The timer looks again whether it is time.',
  ],
  [
    'user-calls.ts',
    'tcb.owed &= ~OWE_SYN;',
    'removed: `tcb.owed &= ~OWE_SYN`',
    'The ACK that follows takes the debt away, too.',
  ],
  [
    'user-calls.ts',
    'tcb.rcv.lastAt = now;',
    'removed: `tcb.rcv.lastAt = now`',
    'The segment that establishes the connection sets it.',
  ],
  [
    'window.ts',
    'if (seqDiff(edge, rcv.edge) > 0) rcv.edge = edge;',
    '`>` → `>=`',
    'Equal values give the same result on both sides of the comparison.',
  ],
];

/** They are faults, and only a test that is not there would notice: what it would have to do. */
export const GAPS: readonly Finding[] = [];
