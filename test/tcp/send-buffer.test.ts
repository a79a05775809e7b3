/** The ring of what was sent and not acknowledged. */
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { NetworkError } from '../../lib/support/network-error';
import { SeededRandom } from '../../lib/support/random';
import { SendBuffer } from '../../lib/tcp/send-buffer';
import { Segment } from '../../lib/wire/segment';
import { findForeignByte, patternBytes } from '../support/pattern';

/** The text that `place` points at. */
function textAt(buffer: SendBuffer, offset: number, length: number): Buffer {
  const seg = new Segment();
  buffer.place(offset, length, seg);
  if (seg.textLength + seg.moreLength !== length) throw new Error('length differs');
  const { bytes } = packetMemory;
  return Buffer.concat([
    bytes.subarray(seg.textOffset, seg.textOffset + seg.textLength),
    bytes.subarray(seg.moreOffset, seg.moreOffset + seg.moreLength),
  ]);
}

t.test('holds nothing until the first byte comes', (t) => {
  const before = packetMemory.allocated;
  const buffer = new SendBuffer(1000);
  t.equal(packetMemory.allocated, before);
  t.equal(buffer.append(new Uint8Array(0), 0), 0);
  t.equal(packetMemory.allocated, before);
  t.equal(buffer.room, 1000);
  t.end();
});

/** [limit, held before, chunk, from, taken, name] */
const APPENDS: readonly (readonly [number, number, number, number, number, string])[] = [
  [1000, 0, 1, 0, 1, 'one byte'],
  [1000, 0, 1000, 0, 1000, 'exactly the limit'],
  [1000, 0, 1001, 0, 1000, 'one byte more than the limit'],
  [1000, 999, 5, 0, 1, 'one byte of room'],
  [1000, 1000, 5, 0, 0, 'no room'],
  [1000, 0, 100, 40, 60, 'from the middle of the chunk'],
  [1000, 0, 100, 100, 0, 'from the end of the chunk'],
  [1000, 0, 100, 150, 0, 'from behind the chunk'],
  [50, 0, 100, 40, 50, 'from the middle, cut by the limit'],
  [0, 0, 10, 0, 0, 'a limit of zero'],
  [1_000_000, 2048, 1, 0, 1, 'one byte more than the first ring'],
  [1_000_000, 0, 1_000_000, 0, 1_000_000, 'a large chunk'],
];

t.test('takes what there is room for', (t) => {
  for (const [limit, held, length, from, taken, name] of APPENDS) {
    const before = packetMemory.allocated;
    const buffer = new SendBuffer(limit);
    buffer.append(patternBytes(0, held), 0);
    t.equal(buffer.append(patternBytes(held - from, length), from), taken, name);
    t.equal(buffer.length, held + taken, name);
    t.equal(buffer.room, limit - held - taken, name);
    t.equal(findForeignByte(textAt(buffer, 0, held + taken), 0), -1, `${name}: the right bytes`);
    buffer.clear();
    t.equal(packetMemory.allocated, before, `${name}: all is given back`);
  }
  t.end();
});

t.test(
  '[A-21] the ring grows as far as is needed and is given back when all is acknowledged',
  (t) => {
    const before = packetMemory.allocated;
    const buffer = new SendBuffer(524_288);
    const sizes = [1, 2048, 2049, 4097, 100_000, 524_288];
    const rings = [2048, 2048, 4096, 8192, 131_072, 524_288];
    sizes.forEach((size, i) => {
      buffer.append(patternBytes(buffer.length, size - buffer.length), 0);
      t.equal(packetMemory.allocated - before, rings[i], `${size} bytes`);
    });
    buffer.drop(524_287);
    t.equal(packetMemory.allocated - before, 524_288, 'one byte keeps it');
    buffer.drop(1);
    t.equal(packetMemory.allocated, before);
    t.equal(buffer.append(patternBytes(0, 10), 0), 10, 'and it begins anew');
    buffer.clear();
    buffer.clear();
    t.equal(packetMemory.allocated, before, 'clearing twice gives back once');
    t.end();
  },
);

t.test('a bulk transfer begins again with the ring that it needed last', (t) => {
  const before = packetMemory.allocated;
  const held = (): number => packetMemory.allocated - before;
  const buffer = new SendBuffer(524_288);
  const fill = (count: number): void => void buffer.append(patternBytes(0, count), 0);
  fill(100_000);
  fill(100_000);
  buffer.drop(200_000);
  fill(20_000);
  t.equal(held(), 262_144);
  for (const size of [131_072, 65_536, 32_768, 32_768]) {
    buffer.drop(20_000);
    fill(20_000);
    t.equal(held(), size, 'half as large each time that it was not needed');
  }
  buffer.drop(20_000);
  fill(16_383);
  t.equal(held(), 16_384, 'a message has no use for it');
  fill(200_000);
  buffer.drop(216_383);
  const { allocateText } = packetMemory;
  packetMemory.allocateText = (size) => {
    if (size > 65_536) throw new NetworkError('ENOBUFS', 'used up');
    return allocateText.call(packetMemory, size);
  };
  t.teardown(() => {
    packetMemory.allocateText = allocateText;
  });
  fill(20_000);
  t.equal(held(), 32_768, 'what there is memory for will do');
  buffer.clear();
  t.equal(held(), 0);
  t.end();
});

t.test('without memory no more is taken than the ring holds, and what was there stays', (t) => {
  const buffer = new SendBuffer(100_000);
  buffer.append(patternBytes(0, 2000), 0);
  const { allocateText } = packetMemory;
  packetMemory.allocateText = () => {
    throw new NetworkError('ENOBUFS', 'used up');
  };
  t.teardown(() => {
    packetMemory.allocateText = allocateText;
  });
  t.equal(buffer.append(patternBytes(2000, 5000), 0), 48, 'the ring has room for so much');
  t.equal(buffer.append(patternBytes(2048, 5000), 0), 0);
  t.equal(new SendBuffer(100).append(patternBytes(0, 5), 0), 0, 'there is no ring');
  packetMemory.allocateText = allocateText;
  t.equal(buffer.append(patternBytes(2048, 5000), 0), 5000);
  t.equal(findForeignByte(textAt(buffer, 0, 7048), 0), -1);
  buffer.clear();
  t.end();
});

t.test('where packet memory is short, none holds much', (t) => {
  const buffer = new SendBuffer(200_000);
  const before = packetMemory.allocated;
  const shareOf = t.capture(packetMemory, 'shareOf');
  const shortage = (isShort: boolean) => {
    packetMemory.shareOf = (limit) => (isShort ? Math.min(limit, 65_536) : limit);
  };
  t.teardown(() => shareOf.restore());
  shortage(true);
  t.equal(buffer.append(patternBytes(0, 150_000), 0), 65_536);
  t.equal(buffer.room, 0);
  shortage(false);
  t.equal(buffer.append(patternBytes(65_536, 50_000), 0), 50_000, 'and more when there is more');
  shortage(true);
  t.equal(buffer.room, 65_536 - 115_536);
  t.equal(buffer.append(patternBytes(0, 10), 0), 0);
  t.equal(findForeignByte(textAt(buffer, 0, 115_536), 0), -1, 'what is held stays');
  buffer.drop(115_536);
  t.equal(buffer.append(patternBytes(0, 20_000), 0), 20_000);
  t.equal(packetMemory.allocated - before, 65_536, 'not as large a ring as the last one');
  buffer.clear();
  t.end();
});

t.test('agrees with a plain list under random use', (t) => {
  const seed = 20;
  const random = new SeededRandom(seed);
  const before = packetMemory.allocated;
  for (const limit of [100, 2048, 5000, 70_000]) {
    const buffer = new SendBuffer(limit);
    let start = 0; // position in the stream of the oldest byte held
    let end = 0;
    for (let step = 0; step < 2000; step++) {
      if (random.chance(0.5)) {
        const length = random.below(limit);
        const from = random.below(10);
        const taken = buffer.append(patternBytes(end - from, length + from), from);
        if (taken !== Math.min(length, limit - (end - start))) t.fail(`seed ${seed}: ${step}`);
        end += taken;
      } else {
        const count = random.below(end - start + 1);
        buffer.drop(count);
        start += count;
      }
      const held = end - start;
      const offset = random.below(held + 1);
      const length = random.below(held - offset + 1);
      const isRight = findForeignByte(textAt(buffer, offset, length), start + offset) === -1;
      if (buffer.length !== held || !isRight) t.fail(`seed ${seed}, limit ${limit}, step ${step}`);
    }
    buffer.clear();
  }
  t.equal(packetMemory.allocated, before);
  t.end();
});

t.test('a text that wraps round the ring has two halves', (t) => {
  const buffer = new SendBuffer(2048);
  buffer.append(patternBytes(0, 2000), 0);
  buffer.drop(1990);
  buffer.append(patternBytes(2000, 1000), 0);
  const seg = new Segment();
  buffer.place(0, 100, seg);
  t.same([seg.textLength, seg.moreLength], [58, 42]);
  buffer.place(58, 100, seg);
  t.same([seg.textLength, seg.moreLength], [100, 0], 'right at the edge there is one');
  buffer.place(0, 58, seg);
  t.same([seg.textLength, seg.moreLength], [58, 0]);
  t.equal(findForeignByte(textAt(buffer, 0, 1010), 1990), -1);
  buffer.clear();
  t.end();
});
