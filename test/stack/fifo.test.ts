import t from 'tap';
import { Fifo } from '../../lib/stack/fifo';
import { SeededRandom } from '../../lib/support/random';

t.test('behaves like an array, through growth and wrapping', async (t) => {
  const random = new SeededRandom(20_261);
  const fifo = new Fifo<{ id: number }>();
  const model: Array<{ id: number }> = [];
  for (let i = 0; i < 20_000; i++) {
    // Waves: first it grows, then it drains.
    if (random.chance(i % 2000 < 1000 ? 0.7 : 0.3)) {
      const item = { id: i };
      fifo.push(item);
      model.push(item);
    } else {
      const expected = model.shift() ?? null;
      if (fifo.shift() !== expected) return t.fail(`step ${i}`);
    }
    if (fifo.size !== model.length) return t.fail(`size at step ${i}`);
  }
  t.ok(model.length < 20_000, 'it was used');
});

t.test('an empty one gives null', async (t) => {
  t.equal(new Fifo<object>().shift(), null);
});
