/** The records of a scoreboard, one by one: what its counts must add up to. */
import { assert } from '../../lib/support/assert';
import { FLYING, LOST, SACKED } from '../../lib/tcp/scoreboard';
import { NO_SLOT } from '../../lib/tcp/segment-ring';
import { isSynchronized } from '../../lib/tcp/state';
import type { Tcb } from '../../lib/tcp/tcb';

/** With more, only now and then: it looks at each. */
const MOST_ALWAYS = 64;
let turn = 0;

export function checkRecords(tcb: Tcb): void {
  if (!isSynchronized(tcb.state) || tcb.state === 'CLOSED' || tcb.sending === null) return;
  const { scoreboard } = tcb;
  const { ring } = scoreboard;
  if (ring.count > MOST_ALWAYS && ++turn % 16 !== 0) return;
  const sums = { flying: 0, lost: 0, sacked: 0, sackedCount: 0, empty: 0 };
  let next = tcb.snd.una;
  for (let i = 0; i < ring.count; i++) {
    const slot = ring.slotAt(i);
    const length = ring.lengthOf(slot);
    const state = scoreboard.stateOf(slot);
    if (length === 0) {
      sums.empty++;
      assert(ring.endOf(slot) === next, 'an empty record ends where the one before it ends');
      continue;
    }
    assert(length > 0 && ring.startOf(slot) === next, 'records follow each other without gap');
    next = ring.endOf(slot);
    if (state === FLYING) sums.flying += length;
    if (state === LOST) sums.lost += length;
    if (state === SACKED) sums.sacked += length;
    if (state === SACKED) sums.sackedCount++;
  }
  assert(next === tcb.snd.nxt, 'records reach from SND.UNA to SND.NXT');
  assert(sums.empty === ring.emptyCount, 'empty records are counted');
  assert(sums.flying === scoreboard.flyingBytes, 'what is on its way adds up');
  assert(sums.lost === scoreboard.lostBytes, 'what is lost adds up');
  assert(sums.sacked === scoreboard.sackedBytes, 'what was reported adds up');
  assert(sums.sackedCount === scoreboard.sackedCount, 'reported segments are counted');
  checkOrderOfTime(tcb, sums.flying);
}

/** The list by time holds what is on its way, and the earlier first. */
function checkOrderOfTime(tcb: Tcb, flying: number): void {
  const { ring } = tcb.scoreboard;
  let bytes = 0;
  let previous = -Infinity;
  for (let slot = ring.oldest; slot !== NO_SLOT; slot = ring.laterThan(slot)) {
    assert(ring.sentAt(slot) >= previous, 'the list by time is in its order');
    previous = ring.sentAt(slot);
    bytes += ring.lengthOf(slot);
  }
  assert(bytes === flying, 'the list by time holds what is on its way');
}
