import t from 'tap';
import { parseScript, sequenceExtent } from './script-parser';

const SOUND: Array<[string, object, string]> = [
  ['0 listen 80', { kind: 'listen', port: 80, backlog: 511 }, 'listen'],
  ['0 listen 80 3', { kind: 'listen', port: 80, backlog: 3 }, 'listen with a backlog'],
  ['+0 connect 80', { kind: 'connect', port: 80 }, 'connect'],
  ['+0 peer 50001', { kind: 'peer', port: 50001 }, 'peer'],
  ['+0 accept', { kind: 'accept' }, 'accept'],
  ['+0 write 1000', { kind: 'write', bytes: 1000 }, 'write'],
  ['+0 urgent 1', { kind: 'urgent', bytes: 1 }, 'urgent'],
  ['+0 read 0', { kind: 'read', bytes: 0 }, 'read'],
  ['+0 take 7', { kind: 'take', bytes: 7 }, 'take'],
  ['+0 shutdown', { kind: 'shutdown' }, 'shutdown'],
  ['+0 close', { kind: 'close' }, 'close'],
  ['+0 abort', { kind: 'abort' }, 'abort'],
  ['+0 unlisten', { kind: 'unlisten' }, 'unlisten'],
  ['+.04 nothing', { kind: 'nothing' }, 'nothing'],
  ['+0 nodelay on', { kind: 'nodelay', on: true }, 'nodelay'],
  ['+0 keepalive on 5', { kind: 'keepalive', on: true, delayMs: 5000 }, 'keepalive'],
  ['+0 keepalive off', { kind: 'keepalive', on: false, delayMs: 0 }, 'keepalive off'],
  ['+0 state FIN-WAIT-2', { kind: 'state', state: 'FIN-WAIT-2' }, 'state'],
  ['+0 event refused', { kind: 'event', event: 'refused' }, 'event'],
  ['+0 info snd_cwnd 14600', { kind: 'info', name: 'snd_cwnd', value: '14600' }, 'info'],
  ['+0 counter tcpStray 1', { kind: 'counter', name: 'tcpStray', value: '1' }, 'counter'],
];

for (const [text, action, name] of SOUND) {
  t.test(`reads ${name}`, async (t) => {
    t.same(parseScript(text)[0].action, action);
  });
}

const TIMES: Array<[string, number, boolean]> = [
  ['0', 0, false],
  ['1.5', 1500, false],
  ['+0', 0, true],
  ['+.1', 100, true],
  ['+0.04', 40, true],
  ['+60', 60_000, true],
  ['+.000001', 0.001, true],
  ['+2.', 2000, true],
];

for (const [when, ms, relative] of TIMES) {
  t.test(`reads the time ${when}`, async (t) => {
    const [step] = parseScript(`${when} nothing`);
    t.same([step.ms, step.relative, step.joined], [ms, relative, false]);
  });
}

t.test('reads a packet, with what only tests need', async (t) => {
  const text = `
    // a comment, and an empty line

    0   < S 0:0(0) win 65535 <mss 1460,sackOK>   // behind a step too
    +.1 > S. 0:0(0) ack 1 <mss 1460,...>
    +.1 < P. 1:1001(1000) ack 1 win 257 <badsum>
    &   < F. 1001:1001(0) ack 1 win 257 <hex 0101>
    +.1 > . 1:1(0) ack 1002 win 100 <…>
    +0  < R 1002:1002(0)
  `;
  const steps = parseScript(text);
  t.same(
    steps.map(({ line }) => line),
    [4, 5, 6, 7, 8, 9],
  );
  const packets = steps.map(({ action }) => {
    if (action.kind !== 'inject' && action.kind !== 'expect') throw new Error(action.kind);
    return { ...action.packet, kind: action.kind };
  });
  t.same(
    packets.map(({ kind }) => kind),
    ['inject', 'expect', 'inject', 'inject', 'expect', 'inject'],
  );
  t.same(packets[0].fields.window, true);
  t.same([packets[1].moreOptions, packets[1].fields.anyOptions], [true, false]);
  t.same([packets[2].badChecksum, packets[0].badChecksum], [true, false]);
  t.same(packets[3].rawOptions, Buffer.from([1, 1]));
  t.same([packets[4].fields.anyOptions, packets[4].moreOptions], [true, false]);
  t.same(
    steps.map(({ joined }) => joined),
    [false, false, false, true, false, false],
  );
  t.same(sequenceExtent(steps), { local: 1, peer: 1002 });
});

const BROKEN: Array<[string, RegExp]> = [
  ['listen 80', /begins with a time/],
  ['+-1 listen 80', /begins with a time/],
  ['0 listen', /too few/],
  ['0 listen eighty', /not a number/],
  ['0 listen 80 1 2', /too few or many/],
  ['0 write -1', /not a number/],
  ['0 write 1 2', /too few or many/],
  ['0 close now', /nothing more/],
  ['0 sing', /not a step/],
  ['0 state ESTABLISHED-ISH', /not a state/],
  ['0 event party', /not an event/],
  ['0 info snd_cwnd', /NAME VALUE/],
  ['0 nodelay maybe', /on or off/],
  ['0 < S 0:0(0)', /needs its win/],
  ['0 < S 0:0(0) win 1 <...>', /which options/],
  ['0 < S 0:1(0) win 1', /not 0 bytes/],
  ['0 < X 0:0(0) win 1', /not a segment/],
  ['0 > S 0:0(0) <badsum>', /sends no such thing/],
  ['0 > S 0:0(0) <hex 01>', /sends no such thing/],
  [`0 < S 0:0(0) win 1 <hex ${'01'.repeat(41)}>`, /over 40/],
  ['& < S 0:0(0) win 1', /nothing to join/],
  ['0 write 1\n& < S 0:0(0) win 1', /line 2: nothing to join/],
  ['0 > S 0:0(0)\n& > S 0:0(0)', /nothing to join/],
];

for (const [text, message] of BROKEN) {
  t.test(`refuses ${text.replace('\n', ' / ')}`, async (t) => {
    t.throws(() => parseScript(text), { name: 'SyntaxError', message });
  });
}
