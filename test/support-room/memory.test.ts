import t from 'tap';
import { MAXIMUM_PAGES, PacketMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';

t.test('blocks are powers of two that do not overlap', async (t) => {
  const memory = new PacketMemory();
  const random = new SeededRandom(11);
  const blocks: { offset: number; size: number }[] = [];
  for (let i = 0; i < 2_000; i++) {
    if (blocks.length > 50 && random.chance(0.5)) {
      const [{ offset, size }] = blocks.splice(random.below(blocks.length), 1);
      memory.release(offset, size);
      continue;
    }
    const size = 1 + random.below(random.chance(0.1) ? 200_000 : 3_000);
    const offset = memory.allocate(size);
    if (offset <= 0 || offset + size > memory.bytes.length) t.fail('outside the memory');
    for (const other of blocks) {
      if (offset < other.offset + other.size && other.offset < offset + size) t.fail('overlap');
    }
    blocks.push({ offset, size });
  }
  for (const { offset, size } of blocks) memory.release(offset, size);
  t.equal(memory.allocated, 0);
});

t.test('counts whole blocks', async (t) => {
  const memory = new PacketMemory();
  for (const [size, block] of [
    [1, 256],
    [256, 256],
    [257, 512],
    [65_536, 65_536],
    [65_537, 131_072],
  ]) {
    const offset = memory.allocate(size);
    t.equal(memory.allocated, block, `${size} bytes`);
    memory.release(offset, size);
    t.equal(memory.allocated, 0);
  }
});

t.test('what is released is used again', async (t) => {
  const memory = new PacketMemory();
  const first = memory.allocate(1024);
  memory.release(first, 1024);
  t.equal(memory.allocate(1024), first);
  const large = memory.allocate(4096);
  memory.release(large, 4096);
  const small = memory.allocate(256);
  t.ok(small >= large && small < large + 4096, 'a large block is split for small ones');
});

t.test('grows in place: offsets and bytes stay', async (t) => {
  const memory = new PacketMemory();
  const before = memory.bytes;
  const offset = memory.allocate(100);
  memory.bytes.fill(0xab, offset, offset + 100);
  memory.allocate(before.length);
  t.not(memory.bytes, before, 'the views are replaced');
  t.ok(memory.bytes.length >= 2 * before.length);
  t.equal(memory.view.byteLength, memory.bytes.length);
  t.ok(memory.bytes.subarray(offset, offset + 100).every((byte) => byte === 0xab));
});

t.test('at its limit it says ENOBUFS and stays usable', async (t) => {
  const memory = new PacketMemory();
  t.throws(
    () => memory.allocate(2 ** 30 + 1),
    { code: 'ENOBUFS' },
    'no block is larger than 1 GiB',
  );
  memory.allocate(2 ** 30);
  t.throws(() => memory.allocate(2 ** 30), { code: 'ENOBUFS' }, 'nor are there two');
  t.ok(memory.bytes.length <= MAXIMUM_PAGES * 65_536);
  t.ok(memory.allocate(1000) > 0);
  t.equal(memory.allocated, 2 ** 30 + 1024);
});

t.test('text leaves room for what carries it away', async (t) => {
  const memory = new PacketMemory();
  const gibibyte = memory.allocateText(2 ** 30);
  t.equal(memory.shareOf(200_000), 65_536, 'memory is short');
  t.equal(memory.shareOf(1000), 1000, 'who wants little has it');
  const half = memory.allocateText(2 ** 29);
  t.throws(() => memory.allocateText(2 ** 28), { code: 'ENOBUFS' });
  t.ok(memory.allocateText(2 ** 27) > 0, 'as much as there is');
  t.equal(memory.textBytes, 2 ** 30 + 2 ** 29 + 2 ** 27);
  t.ok(memory.allocate(2 ** 28) > 0, 'a link has what text has not');
  memory.releaseText(gibibyte, 2 ** 30);
  t.equal(memory.shareOf(200_000), 100_000, 'each holds half');
  memory.releaseText(half, 2 ** 29);
  t.equal(memory.shareOf(200_000), 200_000, 'there is enough for all');
  t.equal(memory.textBytes, 2 ** 27);
  t.equal(memory.allocated, 2 ** 28 + 2 ** 27);
});

t.test('viewOf gives the bytes of now, also where another view was kept', async (t) => {
  const memory = new PacketMemory();
  const block = memory.allocate(65_536);
  memory.bytes[block] = 1;
  const first = memory.viewOf(block, 16);
  t.equal(first[0], 1);
  t.equal(memory.viewOf(block, 16), first, 'made once');
  t.equal(memory.viewOf(block, 8).length, 8, 'another length');
  for (let i = 0; i < 2000; i++) {
    const view = memory.viewOf(block + i, 16);
    t.equal(view.byteOffset, block + i);
    t.equal(view.length, 16);
  }
  memory.allocate(64 * 1024 * 1024);
  memory.bytes[block] = 2;
  t.equal(memory.viewOf(block, 16)[0], 2, 'the memory has grown since');
});

t.test('pinned text stays where it is, though it is given back', async (t) => {
  const memory = new PacketMemory();
  const first = memory.allocateText(65_536);
  memory.pinText();
  memory.pinText();
  t.equal(memory.mayPinText, true);
  memory.releaseText(first, 65_536);
  t.equal(memory.mayPinText, false, 'no more pins while it waits for those that there are');
  t.not(memory.allocateText(65_536), first);
  t.equal(memory.textBytes, 2 * 65_536);
  memory.unpinText(1);
  t.equal(memory.textBytes, 2 * 65_536, 'another pin is left');
  memory.unpinText(1);
  t.equal(memory.textBytes, 65_536);
  t.equal(memory.mayPinText, true);
  t.equal(memory.allocateText(65_536), first, 'and it is free again');
});
