import fc from 'fast-check';
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import {
  NEIGHBOUR_BAD_OPTION,
  NEIGHBOUR_BAD_TARGET,
  NEIGHBOUR_BAD_TYPE,
  NEIGHBOUR_OK,
  NEIGHBOUR_SHORT,
  NeighbourMessage,
  readNeighbourMessage,
  writeNeighbourMessage,
} from '../../lib/wire/neighbour-message';
import { placeHex } from '../support/place-hex';

const AT = packetMemory.allocate(4096) + 1; // odd: nothing may rely on alignment
const TARGET = 'fd000000000000000000000000000002';

function read(hex: string): [number, NeighbourMessage] {
  packetMemory.bytes.fill(0xee, AT, AT + 128);
  const length = placeHex(AT, hex);
  const message = new NeighbourMessage();
  return [readNeighbourMessage(AT, length, message), message];
}

t.test('reads a question and an answer byte for byte', async (t) => {
  const [asked, question] = read(`8700 0000 ffffffff ${TARGET} 0101 020000000001`);
  t.equal(asked, NEIGHBOUR_OK);
  t.match(question, { type: 135, target0: 0xfd000000 | 0, target1: 0, target2: 0, target3: 2 });
  t.match(question, { hasMac: true, macHigh: 0x0200, macLow: 1 });
  t.match(question, { router: false, solicited: false, override: false }, 'reserved bits');
  const [answered, answer] = read(`8800 0000 60000000 ${TARGET} 0201 0200ffffffff`);
  t.equal(answered, NEIGHBOUR_OK);
  t.match(answer, { type: 136, router: false, solicited: true, override: true });
  t.match(answer, { hasMac: true, macHigh: 0x0200, macLow: -1 });
});

/** [message, outcome, is there a hardware address, what it is] */
const MESSAGES: [string, number, boolean, string][] = [
  [`8700 0000 00000000 ${TARGET}`, NEIGHBOUR_OK, false, 'no options'],
  [`8700 0000 00000000 ${TARGET.slice(2)}`, NEIGHBOUR_SHORT, false, 'a byte too short'],
  [`8500 0000 00000000 ${TARGET}`, NEIGHBOUR_BAD_TYPE, false, 'a router solicitation'],
  [`8701 0000 00000000 ${TARGET}`, NEIGHBOUR_BAD_TYPE, false, 'a code'],
  [`8700 0000 00000000 ff02${TARGET.slice(4)}`, NEIGHBOUR_BAD_TARGET, false, 'a group'],
  [`8700 0000 00000000 ${TARGET} 0100 020000000001`, NEIGHBOUR_BAD_OPTION, false, 'length 0'],
  [`8700 0000 00000000 ${TARGET} 0102 020000000001`, NEIGHBOUR_BAD_OPTION, false, 'too long'],
  [`8700 0000 00000000 ${TARGET} 0101 0200000000`, NEIGHBOUR_BAD_OPTION, false, 'cut off'],
  [`8700 0000 00000000 ${TARGET} 0201 020000000001`, NEIGHBOUR_OK, false, 'the target’s'],
  [
    `8700 0000 00000000 ${TARGET} 0e01 112233445566 0101 020000000001`,
    NEIGHBOUR_OK,
    true,
    'behind a nonce',
  ],
  [
    `8700 0000 00000000 ${TARGET} 0102 020000000001 0000000000000000`,
    NEIGHBOUR_OK,
    false,
    'an address that is longer than Ethernet’s',
  ],
];

t.test('knows what is sound', async (t) => {
  for (const [hex, outcome, hasMac, what] of MESSAGES) {
    const [fault, message] = read(hex);
    t.equal(fault, outcome, what);
    if (outcome === NEIGHBOUR_OK) t.equal(message.hasMac, hasMac, what);
  }
});

t.test('writes what it reads', async (t) => {
  const word = fc.integer();
  const flag = fc.boolean();
  const target0 = word.filter((one) => one >>> 24 !== 0xff);
  const fields = {
    type: fc.constant(136),
    target0,
    target1: word,
    target2: word,
    target3: word,
    router: flag,
    solicited: flag,
    override: flag,
    hasMac: fc.constant(true),
    macHigh: fc.integer({ min: 0, max: 0xffff }),
    macLow: word,
  };
  fc.assert(
    fc.property(fc.record(fields), (values) => {
      const message = Object.assign(new NeighbourMessage(), values);
      const length = writeNeighbourMessage(AT, message);
      const back = new NeighbourMessage();
      t.equal(readNeighbourMessage(AT, length, back), NEIGHBOUR_OK);
      t.same(back, message);
    }),
  );
});

t.test('no bytes make it throw, nor read on for ever', async () => {
  const message = new NeighbourMessage();
  const bytes = fc.tuple(fc.constantFrom(135, 136), fc.uint8Array({ maxLength: 120 }));
  fc.assert(
    fc.property(bytes, ([type, rest]) => {
      packetMemory.bytes.set([type, 0, ...rest], AT);
      return readNeighbourMessage(AT, rest.length + 2, message) <= NEIGHBOUR_BAD_OPTION;
    }),
    { numRuns: 1000 },
  );
});
