import t from 'tap';
import { exchange, runExchange } from './exchange';
import { figureExtent, parseExchange } from './exchange-parser';
import { WRAPS } from './script';

const FIGURE = `
  A                                                          B
  B: listen
  CLOSED                                                     LISTEN
  A: connect
  SYN-SENT      -->  S 100:100(0)                       -->  SYN-RECEIVED
  ESTABLISHED   <--  S. 300:300(0) ack 101              <--  SYN-RECEIVED
  ESTABLISHED   -->  . 101:101(0) ack 301               -->  ESTABLISHED
  A: hears connected, write 10, close
  FIN-WAIT-1    -->  FP. 101:111(10) ack 301            ...  ESTABLISHED
  after 200 ms
  FIN-WAIT-1    -->  FP. 101:111(10) ack 301            -->  CLOSE-WAIT
  FIN-WAIT-2    <--  . 301:301(0) ack 112               <--  CLOSE-WAIT
  FIN-WAIT-2    ...  FP. 101:111(10) ack 301            -->  CLOSE-WAIT
  FIN-WAIT-2    x--  . 301:301(0) ack 112               <--  CLOSE-WAIT
  B: read 10, hears end
  B: abort
  CLOSED        <--  R 301:301(0)                       <--  LISTEN
  A: hears reset
  CLOSED                                                     LISTEN
`;

exchange(t, 'a figure that is right', FIGURE);

/** A checker that cannot fail is worth nothing. */
const WRONG: Array<[string, string, string, string]> = [
  // what in the figure, is replaced by what, says what, name
  [
    'SYN-SENT      -->',
    'ESTABLISHED   -->',
    'states are SYN-SENT and SYN-RECEIVED',
    'a state of A',
  ],
  ['-->  ESTABLISHED', '-->  SYN-RECEIVED', 'are ESTABLISHED and ESTABLISHED', 'a state of B'],
  [
    'CLOSED                                                     LISTEN\n  A:',
    'CLOSED CLOSED\n A:',
    'states are CLOSED and LISTEN',
    'a line of states',
  ],
  ['S. 300:300(0) ack 101', 'S. 300:300(0) ack 102', 'acknowledgment', 'an acknowledgment'],
  ['S. 300:300', 'S. 301:301', 'sequence number', 'a sequence number'],
  ['-->  S 100', '-->  S. 100', 'flags', 'flags'],
  ['<--  S. 300', '...  S. 300', 'are SYN-SENT and SYN-RECEIVED', 'arrows'],
  [
    'FIN-WAIT-2    ...  FP. 101:111(10) ack 301',
    'FIN-WAIT-2    ...  FP. 101:110(9) ack 301',
    'the wire keeps no such packet',
    'a late packet',
  ],
  ['after 200 ms', 'after 199 ms', 'nothing was sent', 'the time of a repetition'],
  ['after 200 ms', 'after 300 ms\n after 300 ms', 'A sent, unlisted', 'what is on its way'],
  [
    'ESTABLISHED   -->  . 101:101(0) ack 301               -->  ESTABLISHED\n',
    '',
    'got',
    'a packet that is not listed',
  ],
  ['read 10, hears', 'read 9, hears', 'B read 10 bytes', 'what was read'],
  ['read 10, hears', 'read 10 foreign, hears', 'is what the other end wrote', 'whose it was'],
  ['hears connected', 'hears urgent', 'A has heard: connected', 'what was heard'],
  ['  A: hears reset\n', '', 'A heard, unlisted: reset', 'a reset that is passed over'],
  ['A: connect', 'A: connect fails EADDRINUSE', 'has not failed', 'a failure'],
];

for (const [part, instead, says, name] of WRONG) {
  t.test(`an exchange fails that is wrong in ${name}`, async (t) => {
    t.ok(FIGURE.includes(part), 'the figure has the part');
    for (const wrap of WRAPS) {
      t.match(runExchange(FIGURE.replace(part, instead), wrap), says);
    }
  });
}

t.test('an exchange fails while the wire still keeps a packet', async (t) => {
  const cut = FIGURE.indexOf('  FIN-WAIT-2    ...');
  const failure = runExchange(FIGURE.slice(0, cut), WRAPS[0]);
  t.match(failure, 'after the last line');
  t.match(failure, 'the wire still keeps\n  FP. 101:111(10) ack 301');
});

t.test('an end that connects oftener than it has numbers for says so', async (t) => {
  const text = 'A: connect\nSYN-SENT --> S 100:100(0) --x CLOSED\nA: abort\nA: connect';
  t.match(runExchange(text, WRAPS[0], { iss: { A: [100] } }), 'no initial sequence number for A');
});

t.test('reads each kind of line', async (t) => {
  const steps = parseExchange(FIGURE);
  t.same(steps[0].action, { kind: 'calls', side: 'B', calls: [{ verb: 'listen' }] });
  t.same(steps[1].action, { kind: 'states', states: { A: 'CLOSED', B: 'LISTEN' } });
  t.match(steps[3].action, { kind: 'packet', from: 'A', fate: 'delivered' });
  t.same(figureExtent(steps, { A: 100, B: 300 }), { A: 112, B: 301 });
  const joined = parseExchange('CLOSED --> S 1:1(0) --> LISTEN\n& B: close')[0].action;
  t.match(joined, { joined: [{ side: 'B', calls: [{ verb: 'close' }] }] });
});

const FATES: Array<[string, string, string]> = [
  ['CLOSED --> S 1:1(0) --> CLOSED', 'A', 'delivered'],
  ['CLOSED --> S 1:1(0) ... CLOSED', 'A', 'kept'],
  ['CLOSED ... S 1:1(0) --> CLOSED', 'A', 'late'],
  ['CLOSED --> S 1:1(0) --x CLOSED', 'A', 'lost'],
  ['CLOSED ... S 1:1(0) --x CLOSED', 'A', 'late-lost'],
  ['CLOSED --> S 1:1(0) -#> CLOSED', 'A', 'flipped'],
  ['CLOSED <-- S 1:1(0) <-- CLOSED', 'B', 'delivered'],
  ['CLOSED ... S 1:1(0) <-- CLOSED', 'B', 'kept'],
  ['CLOSED <-- S 1:1(0) ... CLOSED', 'B', 'late'],
  ['CLOSED x-- S 1:1(0) <-- CLOSED', 'B', 'lost'],
  ['CLOSED x-- S 1:1(0) ... CLOSED', 'B', 'late-lost'],
  ['CLOSED <#- S 1:1(0) <-- CLOSED', 'B', 'flipped'],
];

for (const [line, from, fate] of FATES) {
  t.test(`reads ${line}`, async (t) => {
    t.match(parseExchange(line)[0].action, { kind: 'packet', from, fate });
  });
}

const BROKEN: Array<[string, RegExp]> = [
  ['A: dance', /line 1: not a call: dance/],
  ['C: connect', /not a step/],
  ['A: connect twice', /not a call/],
  ['A: write', /not a call/],
  ['A: read 10 strange', /not a call/],
  ['A: hears music', /not a call/],
  ['after a while', /not a step/],
  ['OPEN CLOSED', /not a state: OPEN/],
  ['CLOSED --> S 1:1(0) <-- CLOSED', /which way/],
  ['CLOSED --> X 1:1(0) --> CLOSED', /not a segment/],
  ['CLOSED --> S 1:1(0) <badsum> --> CLOSED', /nobody sends/],
  ['& B: close', /belongs to a packet/],
  ['CLOSED --> S 1:1(0) --> CLOSED\n& after 1 s', /joins calls/],
];

for (const [text, message] of BROKEN) {
  t.test(`refuses ${text.replace('\n', ' / ')}`, async (t) => {
    t.throws(() => parseExchange(text), { name: 'SyntaxError', message });
  });
}
