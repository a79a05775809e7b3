import t from 'tap';
import { Stack } from '../../lib/stack/stack';
import { tcpConfigFrom } from '../../lib/stack/tcp-settings';
import { DEFAULT_TCP_CONFIG } from '../../lib/tcp/config';
import type { TcpConfig } from '../../types/tcp';

/** [what somebody wants, what he is told] */
const REFUSED: readonly (readonly [object, RegExp])[] = [
  [{ nonsense: 1 }, /no tcp\.nonsense, only noDelay, sendBufferBytes/],
  [{ toString: 1 }, /no tcp\.toString/],
  [{ sendBufferBytes: -1 }, /tcp\.sendBufferBytes must be a whole number from 1 to .*, not -1/],
  [{ receiveBufferBytes: 0 }, /tcp\.receiveBufferBytes must be a whole number/],
  [{ sendBufferMaxBytes: 1.5 }, /not 1\.5/],
  [{ receiveBufferMaxBytes: 2 ** 30 + 1 }, /to 1073741824, not 1073741825/],
  [{ sendBufferBytes: Number.POSITIVE_INFINITY }, /not Infinity/],
  [{ sendBufferBytes: '65536' }, /tcp\.sendBufferBytes must be a number, not 65536/],
  [{ sendBufferBytes: null }, /must be a number, not null/],
  [{ delayedAckMs: Number.NaN }, /tcp\.delayedAckMs must be 0 or more, not NaN/],
  [{ mslMs: -5 }, /tcp\.mslMs must be 0 or more, not -5/],
  [{ lingerMs: -2 }, /tcp\.lingerMs must be -1 or more/],
  [{ initialWindowSegments: 0 }, /tcp\.initialWindowSegments must be 1 or more/],
  [{ minRtoMs: 0 }, /tcp\.minRtoMs must be 1 or more/],
  [{ sack: 1 }, /tcp\.sack must be a boolean, not 1/],
  [{ congestionControl: 'vegas' }, /tcp\.congestionControl must be one of .*cubic.*, not vegas/],
  [{ congestionControl: 5 }, /tcp\.congestionControl must be a string, not 5/],
  [{ ecn: 'yes' }, /tcp\.ecn must be one of off, accept, request, not yes/],
];

t.test('nonsense is refused, by name', (t) => {
  for (const [tcp, message] of REFUSED) {
    t.throws(() => tcpConfigFrom(tcp as Partial<TcpConfig>), { code: 'EINVAL', message });
  }
  const tcp = { sendBufferBytes: 0 };
  t.throws(() => new Stack({ links: [], tcp }), { code: 'EINVAL' }, 'by a stack, too');
  t.end();
});

t.test('what is left out is as usual', (t) => {
  t.same(tcpConfigFrom(), DEFAULT_TCP_CONFIG);
  t.same(tcpConfigFrom({ sack: undefined, mslMs: 5 }), { ...DEFAULT_TCP_CONFIG, mslMs: 5 });
  const endless = { retriesBeforeTrouble: Number.POSITIVE_INFINITY, lingerMs: -1, delayedAckMs: 0 };
  t.same(tcpConfigFrom(endless), { ...DEFAULT_TCP_CONFIG, ...endless });
  t.same(tcpConfigFrom({ ...DEFAULT_TCP_CONFIG }), DEFAULT_TCP_CONFIG, 'all of it');
  t.end();
});
