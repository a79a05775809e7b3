import fc from 'fast-check';
import t from 'tap';
import { SeededRandom } from '../../lib/support/random';
import { MAC_BROADCAST, MacAddress } from '../../lib/wire/mac-address';

/** [text, high, low, is a group's, can be a station's] */
const ADDRESSES: [string, number, number, boolean, boolean][] = [
  ['00:00:00:00:00:00', 0, 0, false, false],
  ['00:00:00:00:00:01', 0, 1, false, true],
  ['00:01:00:00:00:00', 1, 0, false, true],
  ['02:00:5e:10:00:ff', 0x0200, 0x5e1000ff, false, true],
  ['fe:ff:ff:ff:ff:ff', 0xfeff, -1, false, true],
  ['01:00:5e:00:00:fb', 0x0100, 0x5e0000fb, true, false],
  ['33:33:ff:00:00:01', 0x3333, 0xff000001 | 0, true, false],
  ['ff:ff:ff:ff:ff:ff', 0xffff, -1, true, false],
];

t.test('an address is two numbers and a text', async (t) => {
  for (const [text, high, low, group, station] of ADDRESSES) {
    const address = MacAddress.parse(text)!;
    t.same([address.high, address.low], [high, low], text);
    t.equal(address.text, text);
    t.equal(String(address), text);
    t.equal(address.isGroup, group, `${text}: a group's`);
    t.equal(address.isStation, station, `${text}: a station's`);
    t.ok(address.equals(new MacAddress(high, low)));
  }
  t.equal(MacAddress.parse('0A-1b-2C-3d-4E-5f')!.text, '0a:1b:2c:3d:4e:5f');
  t.notOk(MAC_BROADCAST.equals(new MacAddress(0xffff, -2)));
  t.notOk(MAC_BROADCAST.equals(new MacAddress(0xfffe, -1)));
});

t.test('what is none is none', async (t) => {
  for (const text of [
    '',
    '02:00:00:00:00',
    '02:00:00:00:00:00:00',
    '2:0:0:0:0:1',
    '02:00:00:00:00:0g',
    '020000000001',
    ' 02:00:00:00:00:01',
    '02:00:00:00:00:01\n',
    '02::00:00:00:01',
  ]) {
    t.equal(MacAddress.parse(text), null, JSON.stringify(text));
  }
});

t.test('every pair of numbers survives its text', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff }), fc.integer(), (high, low) => {
      const address = new MacAddress(high, low);
      return MacAddress.parse(address.text)!.equals(address);
    }),
  );
});

t.test('a generated address is local and a station’s, and its own', async (t) => {
  const seed = Number(process.env.SEED ?? 3);
  const random = new SeededRandom(seed);
  const seen = new Set<string>();
  for (let i = 0; i < 1000; i++) {
    const address = MacAddress.generate((target) => random.fill(target));
    t.equal((address.high >>> 8) & 3, 2, `SEED=${seed}: ${address}`);
    seen.add(address.text);
  }
  t.equal(seen.size, 1000, `SEED=${seed}`);
});
