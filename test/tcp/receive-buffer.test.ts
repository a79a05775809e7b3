/** Text that waits for its user: in order, in few pieces, his to keep. */
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { MAX_PIECE_BYTES, slabFor } from '../../lib/support/slab';
import { ReceiveBuffer } from '../../lib/tcp/receive-buffer';
import { fillPattern, findForeignByte } from '../support/pattern';

const SCRATCH_BYTES = 262_144;
const scratch = packetMemory.allocate(SCRATCH_BYTES);

/** Appends `length` bytes of the stream `seed`, from `position` on. */
function append(buffer: ReceiveBuffer, position: number, length: number, seed = 0): void {
  fillPattern(packetMemory.bytes.subarray(scratch, scratch + length), position, seed);
  buffer.append(scratch, length);
}

t.test('gives nothing when nothing waits', (t) => {
  const buffer = new ReceiveBuffer(1000);
  t.equal(buffer.take(), null);
  t.equal(buffer.takeInto(new Uint8Array(10)), 0);
  t.equal(buffer.length, 0);
  t.end();
});

t.test('segments that follow each other come out as one piece', (t) => {
  const buffer = new ReceiveBuffer(1_000_000);
  for (let i = 0; i < 10; i++) append(buffer, i * 1460, 1460);
  t.equal(buffer.length, 14_600);
  const pieces: Buffer[] = [];
  for (let piece = buffer.take(); piece !== null; piece = buffer.take()) pieces.push(piece);
  // Two at most: the slab may have ended between them.
  t.ok(pieces.length <= 2, `${pieces.length} pieces`);
  t.equal(findForeignByte(Buffer.concat(pieces), 0), -1);
  t.equal(buffer.length, 0);
  t.end();
});

t.test('a piece is 64 KiB at most', (t) => {
  const buffer = new ReceiveBuffer(1_000_000);
  append(buffer, 0, 200_000);
  let position = 0;
  let pieces = 0;
  for (let piece = buffer.take(); piece !== null; piece = buffer.take()) {
    t.ok(piece.length <= MAX_PIECE_BYTES);
    t.equal(findForeignByte(piece, position), -1);
    position += piece.length;
    pieces++;
  }
  t.equal(position, 200_000);
  t.ok(pieces >= 4 && pieces <= 5, `${pieces} pieces`);
  t.end();
});

t.test('what was taken is never written again', (t) => {
  const buffer = new ReceiveBuffer(1_000_000);
  const kept: { piece: Buffer; position: number }[] = [];
  let position = 0;
  for (let i = 0; i < 3000; i++) {
    const length = 1 + ((i * 577) % 2500);
    append(buffer, position, length);
    for (let piece = buffer.take(); piece !== null; piece = buffer.take()) {
      kept.push({ piece, position });
      position += piece.length;
    }
  }
  for (const { piece, position } of kept) {
    if (findForeignByte(piece, position) !== -1) t.fail(`at ${position}`);
  }
  t.ok(kept.length >= 3000);
  t.end();
});

t.test('two connections that take turns keep their texts apart', (t) => {
  const buffers = [new ReceiveBuffer(1_000_000), new ReceiveBuffer(1_000_000)];
  for (let i = 0; i < 500; i++) {
    append(buffers[0], i * 100, 100, 1);
    append(buffers[1], i * 1300, 1300, 2);
  }
  buffers.forEach((buffer, i) => {
    let position = 0;
    for (let piece = buffer.take(); piece !== null; piece = buffer.take()) {
      if (findForeignByte(piece, position, i + 1) !== -1) t.fail(`buffer ${i} at ${position}`);
      position += piece.length;
    }
    t.equal(position, i === 0 ? 50_000 : 650_000);
  });
  t.end();
});

t.test('copies into memory of the user, across pieces, and leaves the rest', (t) => {
  const buffer = new ReceiveBuffer(1_000_000);
  append(buffer, 0, 100);
  append(new ReceiveBuffer(10), 0, 10); // takes the place behind it
  append(buffer, 100, 100);
  const target = new Uint8Array(150);
  t.equal(buffer.takeInto(target), 150);
  t.equal(findForeignByte(target, 0), -1);
  t.equal(buffer.length, 50);
  const piece = buffer.take();
  t.equal(piece?.length, 50);
  t.equal(findForeignByte(piece ?? target, 150), -1);
  t.equal(buffer.takeInto(target), 0);
  t.end();
});

t.test('what was only copied from is used again, across pieces', (t) => {
  const buffer = new ReceiveBuffer(1_000_000);
  slabFor(2000).renew();
  const { bytes, used } = slabFor(2000);
  const target = new Uint8Array(50_000);
  for (let round = 0; round < 20; round++) {
    append(buffer, round, 100_000);
    t.equal(buffer.takeInto(target), 50_000);
    t.equal(buffer.takeInto(target), 50_000);
    t.equal(findForeignByte(target, round + 50_000), -1);
    t.equal(slabFor(2000).used, used);
  }
  t.equal(slabFor(2000).bytes, bytes, 'it lasts');
  t.end();
});

t.test('nobody is written over who holds a piece, however others read', (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9);
  t.comment(`SEED=${seed}`);
  const random = new SeededRandom(seed);
  const readers = [0, 1].map(() => ({ buffer: new ReceiveBuffer(1e9), written: 0, read: 0 }));
  const held: { piece: Buffer; at: number; which: number }[] = [];
  const target = new Uint8Array(90_000);
  for (let i = 0; i < 1500; i++) {
    const which = random.below(2);
    const reader = readers[which];
    const { buffer } = reader;
    const length = 1 + random.below(random.below(3) === 0 ? 100_000 : 3000);
    append(buffer, reader.written, length, which);
    reader.written += length;
    if (random.below(4) === 0) {
      const piece = buffer.take()!;
      held.push({ piece, at: reader.read, which });
      reader.read += piece.length;
    } else {
      const count = buffer.takeInto(target.subarray(0, random.below(target.length)));
      if (findForeignByte(target.subarray(0, count), reader.read, which) !== -1) {
        t.fail(`SEED=${seed}: a wrong byte in round ${i}`);
      }
      reader.read += count;
    }
  }
  const spoiled = held.filter(({ piece, at, which }) => findForeignByte(piece, at, which) !== -1);
  t.same([spoiled.length, held.length > 200], [0, true], `SEED=${seed}`);
  t.end();
});

t.test('an empty target takes nothing', (t) => {
  const buffer = new ReceiveBuffer(1000);
  append(buffer, 0, 10);
  t.equal(buffer.takeInto(new Uint8Array(0)), 0);
  t.equal(buffer.length, 10);
  t.end();
});

t.test('clearing forgets what waits', (t) => {
  const buffer = new ReceiveBuffer(1_000_000);
  append(buffer, 0, 100_000);
  buffer.clear();
  t.equal(buffer.length, 0);
  t.equal(buffer.take(), null);
  append(buffer, 5, 10);
  t.equal(findForeignByte(buffer.take()!, 5), -1, 'and it goes on afterwards');
  t.end();
});

t.test('agrees with a plain stream under random use', (t) => {
  const seed = 30;
  const random = new SeededRandom(seed);
  const buffer = new ReceiveBuffer(1_000_000);
  const other = new ReceiveBuffer(1_000_000);
  let written = 0;
  let read = 0;
  for (let step = 0; step < 5000; step++) {
    const length = 1 + random.below(random.chance(0.5) ? 50 : 5000);
    append(random.chance(0.2) ? other : buffer, written, length);
    if (other.length > 0) other.clear();
    else written += length;
    while (random.chance(0.6)) {
      const target = new Uint8Array(random.below(4000));
      const got = random.chance(0.5) ? buffer.take() : target.subarray(0, buffer.takeInto(target));
      if (got === null) break;
      if (findForeignByte(got, read) !== -1) t.fail(`seed ${seed}, step ${step}`);
      read += got.length;
    }
    if (buffer.length !== written - read) t.fail(`seed ${seed}, step ${step}: length`);
  }
  t.ok(read > 1_000_000);
  t.end();
});
