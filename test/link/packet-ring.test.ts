import t from 'tap';
import { PacketRing } from '../../lib/link/packet-ring';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';

t.test('holds as many bytes and packets as it says, and not one more', async (t) => {
  const ring = new PacketRing(1024, 8);
  t.equal(ring.reserve(1025), -1, 'longer than the block');
  t.ok(ring.reserve(1024) > 0, 'the whole block');
  ring.commit(1024);
  t.equal(ring.reserve(1), -1, 'the block is full');
  t.notOk(ring.hasRoom(1));
  ring.shift(1);
  t.ok(ring.hasRoom(1024));
  for (let i = 0; i < 8; i++) {
    t.ok(ring.reserve(64) > 0, `packet ${i}`);
    ring.commit(64);
  }
  t.equal(ring.reserve(1), -1, 'the table is full');
  t.notOk(ring.hasRoom(1));
  ring.dispose();
});

t.test('a reservation may be made smaller, or forgotten', async (t) => {
  const ring = new PacketRing(1024, 8);
  const first = ring.reserve(1000);
  t.equal(ring.reserve(900), first, 'what was not committed takes no room');
  ring.commit(10);
  t.equal(ring.count, 1);
  t.equal(ring.lengthAt(0), 10);
  t.equal(ring.reserve(900), first + 64, 'the rest is free again');
  ring.dispose();
});

t.test('takes memory on first use and gives it back', async (t) => {
  const before = packetMemory.allocated;
  const ring = new PacketRing(4096, 8);
  t.ok(ring.hasRoom(4096));
  t.equal(packetMemory.allocated, before, 'none before the first packet');
  ring.reserve(10);
  ring.commit(10);
  t.equal(packetMemory.allocated, before + 4096);
  ring.dispose();
  ring.dispose();
  t.equal(packetMemory.allocated, before);
  t.equal(ring.count, 0);
  t.ok(ring.reserve(10) > 0, 'and may be used again');
  ring.dispose();
});

t.test('packets keep their bytes and their order, whatever comes and goes', async (t) => {
  const seed = Number(process.env.SEED ?? 3);
  const random = new SeededRandom(seed);
  const ring = new PacketRing(8192, 16);
  const model: { length: number; mark: number; text: number; textLength: number }[] = [];
  let refused = 0;
  let carried = 0;
  for (let step = 0; step < 20_000; step++) {
    if (model.length > 0 && random.chance(0.25)) {
      const count = 1 + random.below(model.length);
      for (let i = 0; i < count; i++) {
        const { length, mark, text, textLength } = model[i];
        const offset = ring.offsetAt(i);
        const bytes = packetMemory.bytes.subarray(offset, offset + length);
        const isRight = ring.lengthAt(i) === length + textLength && ring.textAt(i) === text;
        if (!isRight || !bytes.every((byte) => byte === mark)) {
          return t.fail(`packet ${i} at step ${step}; SEED=${seed}`);
        }
      }
      ring.shift(count);
      model.splice(0, count);
      carried += count;
      continue;
    }
    const length = 1 + random.below(random.chance(0.1) ? 8192 : 700);
    const room = ring.hasRoom(length);
    const offset = ring.reserve(length);
    if (room !== offset >= 0) return t.fail(`hasRoom at step ${step}; SEED=${seed}`);
    if (offset < 0) {
      refused++;
      continue;
    }
    const used = 1 + random.below(length);
    const mark = step & 0xff;
    packetMemory.bytes.fill(mark, offset, offset + length);
    const textLength = random.chance(0.3) ? random.below(60_000) : 0;
    const text = textLength === 0 ? 0 : 1 + random.below(2 ** 30);
    if (textLength === 0) ring.commit(used);
    else ring.commit(used, text, textLength);
    model.push({ length: used, mark, text, textLength });
    if (ring.count !== model.length) return t.fail(`count at step ${step}; SEED=${seed}`);
  }
  t.ok(carried > 5_000 && refused > 500, `${carried} carried, ${refused} refused`);
  ring.dispose();
});
