import t from 'tap';
import { applyLimits, DEFAULT_LIMITS } from '../../lib/stack/limits';

t.test('what is not given is the default', async (t) => {
  t.same(applyLimits(undefined), DEFAULT_LIMITS);
  t.same(applyLimits({ synQueue: undefined }), DEFAULT_LIMITS);
  t.same(applyLimits({ synQueue: 7 }), { ...DEFAULT_LIMITS, synQueue: 7 });
});

t.test('a limit of nothing is refused', async (t) => {
  for (const value of [0, -1, Number.NaN]) {
    t.throws(() => applyLimits({ connections: value }), RangeError, `${value}`);
  }
});
