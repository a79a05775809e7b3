/** F-RTO (RFC 5682): needless timeouts are found without timestamps. */
import t from 'tap';
import { type Bench, eachWrap, type MakeBench } from './bench';

const WIN = 'win 65535';

/** A round trip of 100 ms was measured; `segments` are on their way, more text waits; a timeout. */
function timedOut(make: MakeBench, segments: number, sack: boolean): Bench {
  const b = make({ config: { sack, rack: false } }).open();
  b.sent();
  b.advance(100);
  b.inject(`S. 0:0(0) ack 1 ${WIN} <mss 1000${sack ? ',sackOK' : ''}>`).sent();
  b.tcb.cc.cwnd = segments * 1000;
  b.send(20_000);
  b.sent();
  const lines = b.advance(b.tcb.rtt.rto);
  t.equal(lines.length, 1);
  t.match(lines, [/ 1:1001/], 'the first goes again (step 1)');
  t.equal(b.tcb.cc.cwnd, 1000);
  return b;
}

for (const sack of [false, true]) {
  const how = sack ? 'with SACK' : 'without SACK';

  eachWrap(t, `RFC 5682: a delay spike is undone, ${how}`, (t, make) => {
    const b = timedOut(make, 6, sack);
    b.inject(`. 1:1(0) ack 1001 ${WIN}`);
    t.same(b.sent(), ['. 6001:7001(1000) ack 1', '. 7001:8001(1000) ack 1'], 'new text (2b)');
    b.inject(`. 1:1(0) ack 2001 ${WIN}`);
    t.equal(b.tcb.recovery.mode, 'none', 'what was sent once has arrived (3b)');
    t.equal(b.connection.info(b.now).undo_count, 1);
    t.ok(b.tcb.cc.cwnd >= 6000, 'the window is back');
    t.equal(b.tcb.scoreboard.lostBytes, 0);
    const { total_retrans } = b.connection.info(b.now);
    b.inject(`. 1:1(0) ack 8001 ${WIN}`).sent();
    t.equal(b.connection.info(b.now).total_retrans, total_retrans, 'nothing else went again');
  });

  eachWrap(t, `RFC 5682: a timeout for a loss is none, ${how}`, (t, make) => {
    const b = timedOut(make, 6, sack);
    b.inject(`. 1:1(0) ack 1001 ${WIN}`);
    t.equal(b.sent().length, 2);
    const block = sack ? ' <sack 6001:7001>' : '';
    b.inject(`. 1:1(0) ack 1001 ${WIN}${block}`);
    t.equal(b.tcb.recovery.mode, 'timeout');
    t.equal(b.connection.info(b.now).undo_count, 0);
    t.match(b.sent(), [/1001:2001/], 'the repair goes on (3a)');
  });

  eachWrap(
    t,
    `RFC 5682: a first ACK that is a duplicate says that it was a loss, ${how}`,
    (t, make) => {
      const b = timedOut(make, 6, sack);
      const block = sack ? ' <sack 2001:3001>' : '';
      b.inject(`. 1:1(0) ack 1 ${WIN}${block}`);
      t.equal(b.tcb.forwardRto.step, 'off');
      b.inject(`. 1:1(0) ack 1001 ${WIN}`);
      t.match(b.sent()[0], /1001:2001/, 'nothing new');
    },
  );
}

eachWrap(t, 'RFC 5682: with SACK a report of what was sent once is enough', (t, make) => {
  const b = timedOut(make, 6, true);
  b.inject(`. 1:1(0) ack 1001 ${WIN}`).sent();
  b.inject(`. 1:1(0) ack 1001 ${WIN} <sack 3001:4001>`);
  t.equal(b.connection.info(b.now).undo_count, 1);
  t.equal(b.tcb.recovery.mode, 'none');
});

eachWrap(t, 'RFC 5682: not where there is nothing new to send, or no room for it', (t, make) => {
  for (const win of [65_535, 6000]) {
    const b = make({ config: { sendBufferBytes: win === 6000 ? 20_000 : 6000 } }).establish({
      win,
    });
    b.send(20_000);
    b.sent();
    b.advance(b.tcb.rtt.rto);
    b.inject(`. 1:1(0) ack 1001 win ${Math.min(win, 5000)}`);
    t.equal(b.tcb.forwardRto.step, 'off');
    t.match(b.sent()[0], /1001:2001/);
  }
});

eachWrap(t, 'RFC 5682: not for a timeout in a repair, nor for the second in a row', (t, make) => {
  const b = timedOut(make, 6, false);
  b.advance(b.tcb.rtt.rto);
  t.equal(b.tcb.forwardRto.step, 'off');
  const repairing = make().establish();
  repairing.send(8000);
  repairing.sent();
  for (let i = 0; i < 3; i++) repairing.inject(`. 1:1(0) ack 1 ${WIN}`).sent();
  t.equal(repairing.tcb.recovery.mode, 'fast');
  repairing.advance(repairing.tcb.rtt.rto + 1);
  t.equal(repairing.tcb.recovery.mode, 'timeout');
  t.equal(repairing.tcb.forwardRto.step, 'off');
});

eachWrap(t, 'RFC 5682: it is over when all is acknowledged, and can be switched off', (t, make) => {
  const b = timedOut(make, 6, false);
  b.inject(`. 1:1(0) ack 6001 ${WIN}`);
  t.equal(b.tcb.forwardRto.step, 'off');
  t.equal(b.tcb.recovery.mode, 'none');
  const off = make({ config: { forwardRto: false } }).establish();
  off.send(3000);
  off.sent();
  off.advance(off.tcb.rtt.rto);
  t.equal(off.tcb.forwardRto.step, 'off');
});
