/** Slabs: room is always there, pieces never overlap, short and long texts live apart. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { MAX_PIECE_BYTES, Slab, slabFor } from '../../lib/support/slab';
import { compiled } from '../support/compiled';

t.test('a slab begins empty and is renewed as another piece of memory', (t) => {
  const slab = new Slab(4096);
  t.equal(slab.room, 4096);
  slab.used = 4000;
  t.equal(slab.room, 96);
  const { bytes } = slab;
  bytes[0] = 7;
  slab.renew();
  t.equal(slab.room, 4096);
  t.not(slab.bytes.buffer, bytes.buffer, 'what was handed out is never written again');
  t.equal(bytes[0], 7);
  t.end();
});

t.test('a slab has memory of its own, not a part of the pool of Node', (t) => {
  const { bytes } = new Slab(100);
  t.equal(bytes.byteOffset, 0);
  t.equal(bytes.buffer.byteLength, 100);
  t.end();
});

/** [length of the text, is it short, name] */
const LENGTHS: readonly (readonly [number, boolean, string])[] = [
  [1, true, 'one byte'],
  [1023, true, 'the longest short text'],
  [1024, false, 'the shortest long text'],
  [1460, false, 'a segment'],
  [MAX_PIECE_BYTES, false, 'the largest piece'],
  [4 * 1_048_576, false, 'more than a slab holds'],
];

t.test('short and long texts come from different slabs, each with room', (t) => {
  const short = slabFor(1);
  for (const [length, isShort, name] of LENGTHS) {
    const slab = slabFor(length);
    t.equal(slab === short, isShort, name);
    t.ok(slab.room >= Math.min(length, 1024), `${name}: there is room`);
  }
  t.end();
});

t.test('a short text is never cut, a long one never to less than 1,024 bytes', (t) => {
  for (const length of [1, 500, 1023, 1024, 1460, 65_536]) {
    const slab = slabFor(length);
    for (const room of [0, 1, length - 1, length, 1023, 1024]) {
      if (room < 0) continue;
      slab.used = slab.used + slab.room - Math.min(room, slab.used + slab.room);
      const again = slabFor(length);
      t.equal(again, slab);
      t.ok(again.room >= Math.min(length, 1024), `${length} bytes where ${room} were left`);
    }
  }
  t.end();
});

t.test('pieces taken one after the other do not overlap', (t) => {
  const taken = new Map<ArrayBufferLike, number>();
  for (let i = 0; i < 5000; i++) {
    const length = (i * 37) % 3000;
    if (length === 0) continue;
    const slab = slabFor(length);
    const from = taken.get(slab.bytes.buffer) ?? 0;
    if (slab.used < from) t.fail(`piece ${i} begins at ${slab.used}, before ${from}`);
    slab.used += Math.min(length, slab.room);
    taken.set(slab.bytes.buffer, slab.used);
  }
  t.ok(taken.size > 5, 'several slabs were used');
  t.end();
});

interface Report {
  header: { glibcVersionRuntime?: string };
}

const { header } = process.report!.getReport() as unknown as Report;
const skip = header.glibcVersionRuntime === undefined ? 'the C library is not glibc' : false;
/** Since Node 22 V8 gives slabs back by hundreds, more than glibc ever keeps. */
const inSmallLots = process.version.startsWith('v20.');

if (inSmallLots) {
  t.test('slabs of the past give their memory to those that follow', { skip }, async (t) => {
    const program = compiled(join(__dirname, 'slab-program.ts'));
    const faults = Number(execFileSync(process.execPath, [program], { encoding: 'utf8' }));
    t.ok(faults < 3, `${faults} page faults a mebibyte`);
  });
}
