/** What is true of a handle does not depend on what else is; and it is the user's async resource. */
import { executionAsyncId } from 'node:async_hooks';
import t from 'tap';
import { HandleFlags } from '../../lib/net/handle-flags';

const SHOWN = [
  'reading',
  'readsWhenOpen',
  'isPulling',
  'hasEnded',
  'hasPeerEnded',
  'isShut',
  'isDualStack',
] as const;

const shown = (flags: HandleFlags) => [...SHOWN.map((name) => flags[name]), flags.hasRef()];

t.test('at first it keeps the process alive, and nothing else is true', async (t) => {
  t.same(shown(new HandleFlags(false)), [false, false, false, false, false, false, false, true]);
  t.same(shown(new HandleFlags(true)), [false, false, false, false, false, false, true, true]);
});

t.test('each changes by itself', async (t) => {
  const flags = new HandleFlags(false);
  const expected = shown(flags);
  for (const name of ['reading', 'readsWhenOpen', 'isPulling'] as const) {
    for (const on of [true, false, true]) {
      flags[name] = on;
      expected[SHOWN.indexOf(name)] = on;
      t.same(shown(flags), expected, `${name} ${on}`);
    }
  }
  flags.isReferenced = false;
  expected[SHOWN.length] = false;
  t.same(shown(flags), expected);
  for (const [note, name] of [
    ['noteEnded', 'hasEnded'],
    ['notePeerEnded', 'hasPeerEnded'],
    ['noteShut', 'isShut'],
  ] as const) {
    flags[note]();
    expected[SHOWN.indexOf(name)] = true;
    t.same(shown(flags), expected, name);
  }
  flags.isReferenced = true;
  expected[SHOWN.length] = true;
  t.same(shown(flags), expected);
});

t.test('what runs in its scope has its id', async (t) => {
  const flags = new HandleFlags(false);
  t.equal(flags.runInAsyncScope(executionAsyncId), flags.asyncId());
});
