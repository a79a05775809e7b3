/** Which resets are explained, and which are not. */
import t from 'tap';
import { explainResets, type SeenSegment } from './explain-resets';

const A = '10.0.0.1:1';
const B = '10.0.0.2:2';

/** `A FIN 100 ack 200`, `B 200+10 ack 101`, `A RST 100`, … */
function read(text: string): SeenSegment {
  const [, side, flag, seq, length, ack] =
    /^([AB]) (?:(FIN|RST) )?(\d+)(?:\+(\d+))?(?: ack (\d+))?$/.exec(text)!;
  const [from, to] = side === 'A' ? [A, B] : [B, A];
  return {
    from,
    to,
    isFin: flag === 'FIN',
    isReset: flag === 'RST',
    seq: Number(seq),
    ack: Number(ack ?? -1),
    length: Number(length ?? 0),
  };
}

/** What each reset of an exchange is put down to. */
const CASES: readonly (readonly [string[], (RegExp | null)[], string])[] = [
  [['A FIN 100 ack 200', 'B FIN 200 ack 101', 'A RST 101'], [null], 'nothing was repeated'],
  [
    ['A FIN 100 ack 200', 'B FIN 200 ack 101', 'B FIN 200 ack 101', 'A RST 101'],
    [/gone that this repeated FIN was for/],
    'a FIN is repeated, and finds nobody',
  ],
  [
    ['A FIN 100 ack 200', 'B FIN 200 ack 101', 'B FIN 200 ack 101', 'A RST 101', 'A RST 101'],
    [/repeated FIN/, null],
    'one copy explains one reset',
  ],
  [
    ['A FIN 100 ack 200', 'B FIN 200 ack 101', 'B FIN 200 ack 101', 'A RST 102'],
    [null],
    'the number is not the one that answers it',
  ],
  [
    ['A FIN 100 ack 200', 'B FIN 200 ack 101', 'A FIN 100 ack 200', 'B 201 ack 101', 'A RST 101'],
    [/second acknowledgment of a repeated FIN/],
    'a FIN is repeated, and acknowledged twice',
  ],
  [
    ['A 100+10 ack 200', 'A RST 110', 'A 100+10 ack 200'],
    [null],
    'it comes before what would explain it',
  ],
  [
    ['B 200+10 ack 101', 'B FIN 210 ack 101', 'B 200+10 ack 101', 'A RST 101'],
    [/repeated text/],
    'text is repeated',
  ],
  [['B 200+10 ack 101', 'B 210+10 ack 101', 'A RST 101'], [null], 'text that is new'],
  [['A 90+10 ack 200', 'A 90+10 ack 200', 'A RST 100'], [null], 'who has not ended is not gone'],
  [
    ['B 4294967290+10 ack 1', 'B FIN 4 ack 1', 'B FIN 4 ack 1', 'A RST 1', 'B RST 5'],
    [/repeated FIN/, null],
    'across the wrap',
  ],
];

for (const [exchange, reasons, name] of CASES) {
  t.test(name, async (t) => {
    const found = [...explainResets(exchange.map(read)).values()];
    t.equal(found.length, reasons.length);
    for (const [i, reason] of reasons.entries()) {
      if (reason === null) t.equal(found[i], null);
      else t.match(found[i], reason);
    }
  });
}
