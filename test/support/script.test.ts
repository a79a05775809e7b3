import t from 'tap';
import { invariantCheck } from './invariant-check';
import { runScript, script, WRAPS } from './script';

/** Scripts that must hold, and what of their lines may be replaced so that they must not. */
const HANDSHAKE = `
  0    listen 80
  +.1  < S 0:0(0) win 65535 <mss 1460>
  +0   > S. 0:0(0) ack 1 <mss 1460>
  +.1  < . 1:1(0) ack 1 win 32792
  +0   accept
  +0   state ESTABLISHED`;

const TRANSFER = `${HANDSHAKE}
  +0   write 1000
  +0   > P. 1:1001(1000) ack 1
  +.1  < . 1:1(0) ack 1001 win 32792
  +0   < P. 1:501(500) ack 1001 win 32792
  +.02 read 500
  +.02 > . 1001:1001(0) ack 501
  +0   shutdown
  +0   > F. 1001:1001(0) ack 501
  +0   state FIN-WAIT-1
  +.1  < . 501:501(0) ack 1002 win 32792
  +0   state FIN-WAIT-2
  +.1  < F. 501:501(0) ack 1002 win 32792
  +0   > . 1002:1002(0) ack 502
  +0   read 0
  +0   event end
  +0   event closed
  +0   state TIME-WAIT
  +60  state CLOSED`;

const ACTIVE = `
  0    connect 80
  +0   > S 0:0(0) <mss 1460,...>
  +0   state SYN-SENT
  +.1  < S. 0:0(0) ack 1 win 32792 <mss 1000>
  +0   > . 1:1(0) ack 1
  +0   event connected
  +0   write 300
  +0   > P. 1:301(300) ack 1
  +.3  > P. 1:301(300) ack 1
  +.1  < R. 1:1(0) ack 301
  +0   event reset
  +0   event closed
  +0   state CLOSED`;

script(t, 'a passive open, data both ways, and a close', TRANSFER);
script(t, 'an active open, a retransmission, and a reset', ACTIVE);

script(
  t,
  'timestamps count milliseconds of the script',
  `
  0    connect 80
  +0   > S 0:0(0) <mss 1460,TS val 0 ecr 0,...>
  +.1  < S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 700 ecr 0,nop,wscale 7>
  +0   > . 1:1(0) ack 1 <nop,nop,TS val 100 ecr 700>
  +.05 write 10
  +0   > P. 1:11(10) ack 1 <nop,nop,TS val 150 ecr 700>
  +.1  < . 1:1(0) ack 11 win 500 <nop,nop,TS val 850 ecr 150>
  +0   info timestamps true
`,
);

script(
  t,
  'segments of one batch are answered once, calls of one turn make one segment',
  `${HANDSHAKE}
  +0   < P. 1:101(100) ack 1 win 32792
  &    < P. 101:201(100) ack 1 win 32792
  &    < F. 201:201(0) ack 1 win 32792
  &    write 10
  &    write 20
  &    shutdown
  +0   > FP. 1:31(30) ack 202
  +0   state LAST-ACK
  +0   read 200
`,
);

script(
  t,
  'a segment with a wrong checksum changes nothing, any options are read over',
  `${HANDSHAKE}
  +0   < P. 1:101(100) ack 1 win 32792 <badsum>
  +.1  nothing
  +0   counter tcpBadChecksum 1
  +0   < P. 1:101(100) ack 1 win 32792 <hex 1e03ff01>
  +0   take 60
  +0   read 40
  +.04 > . 1:1(0) ack 101
`,
);

script(
  t,
  'two peers at once, each with its own numbers',
  `
  0    listen 80
  +0   peer 50001
  +0   < S 0:0(0) win 65535 <mss 1460>
  +0   > S. 0:0(0) ack 1
  +0   peer 50002
  +0   < S 0:0(0) win 65535 <mss 1460>
  +0   > S. 0:0(0) ack 1
  +0   < . 1:1(0) ack 1 win 65535
  +0   accept
  +0   peer 50001
  +0   state SYN-RECEIVED
  +0   < . 1:1(0) ack 1 win 65535
  +0   accept
`,
);

/** A checker that cannot fail is worth nothing: each of these must, at the line named. */
const WRONG: Array<[string, string, string, string, string]> = [
  // script, what in it, is replaced by what, says what, name
  [TRANSFER, 'ack 1 <mss 1460>', 'ack 2 <mss 1460>', 'acknowledgment', 'a wrong ACK'],
  [TRANSFER, '> S. 0:0', '> S 0:0', 'flags', 'wrong flags'],
  [TRANSFER, '> P. 1:1001(1000)', '> P. 1:1000(999)', 'length', 'a wrong length'],
  [TRANSFER, '> F. 1001:1001', '> F. 1002:1002', 'sequence number', 'a wrong sequence number'],
  [TRANSFER, 'ack 1 <mss 1460>', 'ack 1 win 3 <mss 1460>', 'window', 'a wrong window'],
  [TRANSFER, 'ack 1 <mss 1460>', 'ack 1 <mss 1461>', 'MSS', 'a wrong MSS'],
  [TRANSFER, 'ack 1 <mss 1460>', 'ack 1 <>', 'MSS', 'an option too many'],
  [TRANSFER, 'ack 1 <mss 1460>', 'ack 1 <mss 1460,wscale 1>', 'window scale', 'an option too few'],
  [TRANSFER, 'ack 1 <mss 1460>', 'ack 1 <sackOK,...>', 'sackOK', 'an option too few, others free'],
  [TRANSFER, '+.02 > . 1001', '+.01 > . 1001', 'nothing was sent', 'a packet that comes too late'],
  [TRANSFER, '+.02 > . 1001', '+.03 > . 1001', 'time', 'a packet that comes too early'],
  [TRANSFER, '+0   > P. 1:1001(1000) ack 1', '', 'unlisted', 'a packet that is not listed'],
  [TRANSFER, '+60  state', '+59  state', 'TIME-WAIT', 'a wrong state'],
  [TRANSFER, 'state FIN-WAIT-2', 'state FIN-WAIT-1', 'FIN-WAIT-2', 'another wrong state'],
  [TRANSFER, 'read 500', 'read 499', 'read 500 bytes', 'a read that is too short'],
  [TRANSFER, 'read 500', 'take 501', 'read 500 bytes', 'a read that is too long'],
  [TRANSFER, 'event end', 'event urgent', 'has heard', 'an event that did not come'],
  [TRANSFER, '+0   accept', '+0   accept\n+0 accept', 'nothing to accept', 'one accept too many'],
  [TRANSFER, '+0   state FIN-WAIT-1', '+0 write 1', 'only 0 of 1', 'a write that is not taken'],
  [HANDSHAKE, '1:1(0) ack 1 win', '1:1(0) ack 2 win', 'unlisted', 'an answer that is not listed'],
  [HANDSHAKE, '0    listen 80', '0 nothing', 'wrong: flags', 'a port that is closed'],
  [HANDSHAKE, '+0   state ESTABLISHED', '+1 write 9', 'after the last line', 'a packet at the end'],
  [ACTIVE, '+.3  > P. 1:301(300) ack 1', '+.3 nothing', 'unlisted', 'a packet instead of nothing'],
  [ACTIVE, '+0   event reset', '', 'has heard: reset', 'a reset that is passed over'],
  [ACTIVE, '+0   event reset\n  +0   event closed', '', 'unlisted: reset', 'a reset kept silent'],
];

for (const [text, part, instead, says, name] of WRONG) {
  t.test(`a script fails for ${name}`, async (t) => {
    t.ok(text.includes(part), `the script has ${part}`);
    for (const wrap of WRAPS) {
      t.match(runScript(text.replace(part, instead), wrap), says);
    }
  });
}

t.test('a failure names the line, what was expected and what came', async (t) => {
  const failure = runScript(TRANSFER.replace('(1000) ack 1', '(1000) ack 7'), WRAPS[1]);
  t.match(failure, /^line 9: \+0 {3}> P\. 1:1001\(1000\) ack 7\n/);
  t.match(failure, /got\n {2}P\. 1:1001\(1000\) ack 1 win \d+ {3}at 0\.200000 s/);
  t.match(failure, /wrong: acknowledgment/);
});

t.test('a script whose lines go back in time, or calls without a connection, fail', async (t) => {
  t.match(runScript('1 nothing\n0.5 nothing', WRAPS[0]), 'before the line above');
  t.match(runScript('0 write 10', WRAPS[0]), 'there is no connection');
  t.throws(() => runScript('0 dance', WRAPS[0]), SyntaxError);
});

t.test('the invariants are checked', async (t) => {
  const before = invariantCheck.count;
  t.equal(runScript(TRANSFER, WRAPS[0]), '');
  t.ok(invariantCheck.count - before > 20, `${invariantCheck.count - before} times`);
});
