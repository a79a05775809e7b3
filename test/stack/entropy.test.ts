import t from 'tap';
import { Entropy } from '../../lib/stack/entropy';
import { SeededRandom } from '../../lib/support/random';

t.test('asks its source for a pool at a time, and gives no word twice', async (t) => {
  const random = new SeededRandom(1);
  let fills = 0;
  const entropy = new Entropy((target) => {
    fills++;
    random.fill(target);
  });
  const words = new Set<number>();
  for (let i = 0; i < 2560; i++) words.add(entropy.int32());
  t.equal(fills, 10, '256 words a pool');
  t.ok(words.size > 2500, `${words.size} different words`);
});

t.test('below keeps below, and reaches every number', async (t) => {
  const random = new SeededRandom(2);
  const entropy = new Entropy((target) => random.fill(target));
  const seen = new Set<number>();
  for (let i = 0; i < 1000; i++) seen.add(entropy.below(10));
  t.same([...seen].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

t.test('the largest word is still below the limit', async (t) => {
  const entropy = new Entropy((target) => target.fill(0xff));
  t.equal(entropy.below(16_384), 16_383);
  t.equal(entropy.bytes(16).length, 16);
});
