/** A port in LISTEN: which segments open, which are refused, and the two queues. */
import t from 'tap';
import {
  LISTEN_BACKLOG_FULL,
  LISTEN_DROP,
  LISTEN_OPEN,
  LISTEN_OVERFLOW,
  LISTEN_RESET,
  Listener,
} from '../../lib/tcp/listener';
import { parseSegmentText } from '../../lib/wire/packet-text';
import { Segment } from '../../lib/wire/segment';

const SYN_LINE = 'S 0:0(0) win 65535 <mss 1460>';

function verdict(listener: Listener, line: string): number {
  const seg = new Segment();
  parseSegmentText(line, seg);
  return listener.handleSegment(seg);
}

/** [segment, verdict, name] */
const CASES: readonly (readonly [string, number, string])[] = [
  [SYN_LINE, LISTEN_OPEN, 'SYN: a connection begins'],
  ['S 0:100(100) win 65535', LISTEN_OPEN, 'SYN with text'],
  ['SF 0:0(0) win 65535', LISTEN_OPEN, 'SYN with FIN'],
  ['SEW 0:0(0) win 65535', LISTEN_OPEN, 'SYN of an ECN peer (RFC 3168 6.1.1)'],
  ['R 0:0(0)', LISTEN_DROP, 'RST: ignored'],
  ['R. 0:0(0) ack 1', LISTEN_DROP, 'RST with ACK: ignored'],
  ['SR 0:0(0) win 0', LISTEN_DROP, 'RST with SYN: the RST counts'],
  ['. 0:0(0) ack 1 win 1', LISTEN_RESET, 'ACK: RST'],
  ['S. 0:0(0) ack 1 win 1', LISTEN_RESET, 'SYN with ACK: RST'],
  ['P. 0:10(10) ack 1 win 1', LISTEN_RESET, 'text with ACK: RST'],
  ['F. 0:0(0) ack 1 win 1', LISTEN_RESET, 'FIN with ACK: RST'],
  ['- 0:0(0) win 1', LISTEN_DROP, 'no flag: dropped'],
  ['F 0:0(0) win 1', LISTEN_DROP, 'FIN alone: dropped'],
  ['P 0:10(10) win 1', LISTEN_DROP, 'text without ACK: dropped'],
];

t.test('[U-17] the checks of RFC 9293 §3.10.7.2 in their order', (t) => {
  for (const [line, want, name] of CASES) t.equal(verdict(new Listener(1, 1), line), want, name);
  t.end();
});

t.test('at the limit of embryonic connections a SYN finds no place', (t) => {
  const listener = new Listener(2, 10);
  for (let i = 0; i < 2; i++) {
    t.equal(verdict(listener, SYN_LINE), LISTEN_OPEN);
    listener.handleOpened();
  }
  t.equal(verdict(listener, SYN_LINE), LISTEN_OVERFLOW);
  t.equal(verdict(listener, '. 0:0(0) ack 1 win 1'), LISTEN_RESET, 'others are treated as ever');
  listener.handleAbandoned();
  t.equal(verdict(listener, SYN_LINE), LISTEN_OPEN, 'one has gone: there is room');
  t.end();
});

t.test('at the limit of the backlog a SYN is dropped until one is accepted', (t) => {
  const listener = new Listener(10, 2);
  for (let i = 0; i < 2; i++) {
    listener.handleOpened();
    listener.handleEstablished();
  }
  t.equal(listener.embryonic, 0);
  t.equal(listener.waiting, 2);
  t.equal(verdict(listener, SYN_LINE), LISTEN_BACKLOG_FULL);
  listener.handleAccepted();
  t.equal(verdict(listener, SYN_LINE), LISTEN_OPEN);
  t.end();
});

t.test('a backlog below one is one', (t) => {
  for (const backlog of [0, -1, -1000]) {
    const listener = new Listener(1, backlog);
    t.equal(verdict(listener, SYN_LINE), LISTEN_OPEN, `backlog ${backlog}`);
    listener.handleOpened();
    listener.handleEstablished();
    t.ok(listener.isBacklogFull);
  }
  t.end();
});

t.test('a listener keeps nothing of the SYNs it sees', (t) => {
  const listener = new Listener(5, 5);
  for (let i = 0; i < 100; i++) verdict(listener, SYN_LINE);
  t.equal(listener.embryonic, 0, 'only a connection that was made counts');
  t.equal(listener.waiting, 0);
  t.end();
});
