/** A stack of offsets: last in, first out, and -1 when empty. */
import t from 'tap';
import { OffsetStack } from '../../lib/support/offset-stack';

t.test('what came last leaves first, however many there are', async (t) => {
  const stack = new OffsetStack();
  t.equal(stack.pop(), -1);
  t.equal(stack.isEmpty, true);
  for (let i = 0; i < 100; i++) stack.push(i * 256);
  t.equal(stack.isEmpty, false);
  for (let i = 99; i >= 0; i--) t.equal(stack.pop(), i * 256);
  t.equal(stack.pop(), -1);
  stack.push(2 ** 31 - 256);
  t.equal(stack.pop(), 2 ** 31 - 256, 'the largest offset there is');
});
