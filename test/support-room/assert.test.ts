import t from 'tap';
import { AssertionError, assert } from '../../lib/support/assert';

t.test('a condition that holds says nothing', async (t) => {
  t.doesNotThrow(() => assert(true, 'never'));
});

t.test('a broken one throws with its message', async (t) => {
  try {
    assert(false, 'the window is negative');
    t.fail('it did not throw');
  } catch (error) {
    t.ok(error instanceof AssertionError);
    t.match(error, { name: 'AssertionError', message: 'the window is negative' });
  }
});
