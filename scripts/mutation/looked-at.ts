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
  [
    'acknowledgment.ts',
    'if (sack.on && (advances || scoreboard.delivered > 0)) repair(tcb, advances, now);',
    '`0` → `1`',
    'A single byte that is reported waits for the next ACK.',
  ],
  [
    'config.ts',
    'reassemblyRanges: 256,',
    '`256` → `255`',
    'One number is as good as the other; the tests ask for it by name.',
  ],
  [
    'pacing.ts',
    'if (rate === undefined || rate === Infinity) return;',
    'removed: `return`',
    'Without a rate nobody asks when the next segment may leave.',
  ],
  [
    'reassembly.ts',
    'if (first < length) buffer.append(this.#ring, length - first);',
    '`<` → `<=`',
    'Nothing is added by adding nothing.',
  ],
  [
    'reassembly.ts',
    'this.#ring = 0;',
    '`0` → `1`',
    'Without a size nobody looks where the ring is.',
  ],
  [
    'reassembly.ts',
    'if (need <= this.#size) return true;',
    '`<=` → `<`',
    'A ring of the same size is made anew, with the same in it.',
  ],
  [
    'receive-buffer.ts',
    'this.#first = 0;',
    'removed: `this.#first = 0`',
    'Costs time or memory, and changes nothing that comes out.',
  ],
  ['segment-ring.ts', 'records[at + START] = start;', '`+` → `-`', 'START is nought.'],
  [
    'segment-ring.ts',
    'export const MAX_RECORDS = 65_536;',
    '`65536` → `65535`',
    'One number is as good as the other; the tests ask for it by name.',
  ],
  [
    'send-buffer.ts',
    'if (first < count) bytes.set(chunk.subarray(from + first, from + count), this.#ring);',
    '`<` → `<=`',
    'Nothing is copied by copying nothing.',
  ],
  [
    'user-calls.ts',
    'if (!maySend(tcb.state) || tcb.finQueued) return;',
    '`||` → `&&`',
    'Where nothing may be sent, a FIN is queued already or of no use.',
  ],
];

/** They are faults, and only a test that is not there would notice: what it would have to do. */
export const GAPS: readonly Finding[] = [
  [
    'congestion/bbr.ts',
    'else if (this.cwnd < target || path.delivered < this.#initial) this.cwnd += acked;',
    '`<` → `<=`',
    'Needs a window that is exactly at its target in STARTUP.',
  ],
  [
    'congestion/cubic.ts',
    'this.ssthresh = Math.max(this.ssthresh, Math.floor(this.cwnd * 0.75));',
    '`0.75` → `-0.25`',
    'Needed CUBIC after idle time: there is a test of it since.',
  ],
  [
    'congestion/cubic.ts',
    'const roundTrip = Number.isNaN(path.srtt) ? 0 : path.srtt / 1000;',
    '`0` → `1`',
    'Needs congestion avoidance before the first sample of the round trip.',
  ],
  [
    'forward-rto.ts',
    '} else if (advances || scoreboard.needless > 0) {',
    '`0` → `1`',
    'Needs a single byte that was repeated for nothing.',
  ],
  [
    'output-text.ts',
    'const isSilly = end === edge && end !== recordEnd && length < Math.min(snd.mss, snd.maxWnd >> 1);',
    '`1` → `0`',
    'Needs a repetition cut off by a window between half of the largest and all of it.',
  ],
  [
    'output.ts',
    'tcb.count.segmentsOut++;',
    'removed: `tcb.count.segmentsOut++`',
    'Needs somebody who counts the segments of a connection that was reset.',
  ],
  [
    'output-text.ts',
    'const delay = tcb.snd.wnd > 0 ? tcb.config.swsOverrideMs : tcb.rtt.rto;',
    '`0` → `1`',
    'Needs a window of one byte.',
  ],
  [
    'path.ts',
    'return seqLeq(snd.una, seq) && (seqLt(seq, snd.nxt) || (seq === snd.nxt && seqGeq(snd.una, seq)));',
    '`seqGeq` → `seqGt`',
    'Needs an ICMP message about a bare ACK.',
  ],
  [
    'rack.ts',
    'if (scoreboard.sackedCount >= DUPLICATE_THRESHOLD) return true;',
    '`>=` → `>`',
    'Needs three reported segments that together are no more than two full ones.',
  ],
  [
    'recovery.ts',
    "if (tcb.recovery.mode !== 'none') return;",
    'removed: `return`',
    'Needs the ACK of a tail loss probe while another loss is repaired.',
  ],
  [
    'recovery.ts',
    '0,',
    '`0` → `1`',
    'Needs a partial ACK without SACK of more than all the duplicates.',
  ],
  [
    'scoreboard.ts',
    'this.sackedBytes = 0;',
    '`0` → `1`',
    'Needs tcp_info of a connection that died, or of a peer who took back his reports.',
  ],
  [
    'segment-arrives.ts',
    'const isLate = reassembly.count > 0 && seg.textLength > 0 && seqGeq(seg.seq, rcv.nxt);',
    '`>` → `>=`',
    'Needs an old timestamp on text where no gap is.',
  ],
  [
    'segment-text.ts',
    'if (seg.urgentPointer <= 0) seg.flags &= ~URG;',
    '`<=` → `<`',
    'Needs a SYN with text and an urgent pointer that ends with the SYN.',
  ],
  [
    'timeouts.ts',
    'if (snd.wnd > 0) return;',
    'removed: `return`',
    'Needs the timeout behind an override of silly-window avoidance.',
  ],
  [
    'recovery.ts',
    'const share = (recovery.prrDelivered * cc.ssthresh) / Math.max(recovery.prrFlight, 1);',
    '`*` → `/`',
    'Needs a fast repair step by step while more is on its way than the threshold allows.',
  ],
  [
    'user-calls.ts',
    'tcb.scoreboard.reset(seqAdd(iss, 1));',
    '`1` → `2`',
    'Needs a first segment of one byte that arrives behind a later one.',
  ],
];
