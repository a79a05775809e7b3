/** Errors of system calls have Node's messages and fields. */
import { constants } from 'node:os';
import t from 'tap';
import { tunOptionsFrom } from '../../lib/link/tun-environment';
import {
  addressError,
  asNetworkError,
  attemptsError,
  callError,
  listenError,
} from '../../lib/net/errors';
import { ConfigurationError } from '../../lib/support/configuration-error';
import { NetworkError } from '../../lib/support/network-error';

/** [error, message, fields in their order] */
const TABLE: [Error, string, Record<string, unknown>][] = [
  [
    callError('read', 'ECONNRESET'),
    'read ECONNRESET',
    { errno: -constants.errno.ECONNRESET, code: 'ECONNRESET', syscall: 'read' },
  ],
  [
    callError('write', 'EPIPE'),
    'write EPIPE',
    { errno: -constants.errno.EPIPE, code: 'EPIPE', syscall: 'write' },
  ],
  [
    addressError('connect', 'ECONNREFUSED', '127.0.0.1', 1),
    'connect ECONNREFUSED 127.0.0.1:1',
    {
      errno: -constants.errno.ECONNREFUSED,
      code: 'ECONNREFUSED',
      syscall: 'connect',
      address: '127.0.0.1',
      port: 1,
    },
  ],
  [
    addressError('connect', 'ENETUNREACH', '2001:db8::1', 80, ':::0'),
    'connect ENETUNREACH 2001:db8::1:80 - Local (:::0)',
    {
      errno: -constants.errno.ENETUNREACH,
      code: 'ENETUNREACH',
      syscall: 'connect',
      address: '2001:db8::1',
      port: 80,
    },
  ],
  [
    addressError('bind', new NetworkError('EADDRNOTAVAIL', 'not ours'), '192.0.2.1', 0),
    'bind EADDRNOTAVAIL 192.0.2.1',
    {
      errno: -constants.errno.EADDRNOTAVAIL,
      code: 'EADDRNOTAVAIL',
      syscall: 'bind',
      address: '192.0.2.1',
    },
  ],
  [
    addressError(
      'connect',
      new NetworkError('EACCES', 'run as root'),
      '192.0.2.1',
      80,
      '0.0.0.0:0',
    ),
    'connect EACCES 192.0.2.1:80 - Local (0.0.0.0:0): run as root',
    {
      errno: -constants.errno.EACCES,
      code: 'EACCES',
      syscall: 'connect',
      address: '192.0.2.1',
      port: 80,
    },
  ],
  [
    listenError(new NetworkError('EADDRINUSE', 'taken'), '127.0.0.1', 80),
    'listen EADDRINUSE: address already in use 127.0.0.1:80',
    {
      errno: -constants.errno.EADDRINUSE,
      code: 'EADDRINUSE',
      syscall: 'listen',
      address: '127.0.0.1',
      port: 80,
    },
  ],
  [
    listenError(new NetworkError('EACCES', ''), '::', 0),
    'listen EACCES: permission denied ::',
    { errno: -constants.errno.EACCES, code: 'EACCES', syscall: 'listen', address: '::' },
  ],
];

for (const [error, message, fields] of TABLE) {
  t.test(message, async (t) => {
    t.equal(error.message, message);
    t.strictSame({ ...error }, fields, 'nothing else is enumerable');
    t.equal(error.constructor, Error);
    t.match(error.stack, message);
  });
}

t.test('the reason from below is the cause', async (t) => {
  const cause = new NetworkError('EADDRINUSE', 'port 80 has a listener');
  t.equal(listenError(cause, '127.0.0.1', 80).cause, cause);
});

t.test('every failure of an attempt is in one error', async (t) => {
  const errors = [callError('a', 'EPIPE'), callError('b', 'ECONNRESET')];
  const error = attemptsError(errors);
  t.match(error, { name: 'AggregateError', code: 'EPIPE', message: '', errors });
});

t.test('what is not of the network is thrown on', async (t) => {
  const error = new NetworkError('EPIPE', '');
  t.equal(asNetworkError(error), error);
  t.throws(() => asNetworkError(new TypeError('a bug')), { message: 'a bug' });
});

t.test('who chose what makes no sense reads why', async (t) => {
  const chosen = new ConfigurationError('USERNET_LINK is bogus, which is none of raw, tun');
  const { code, message } = addressError('connect', chosen, '127.0.0.1', 9);
  t.equal(code, 'EINVAL');
  t.match(message, /^connect EINVAL 127\.0\.0\.1:9.*: USERNET_LINK is bogus, which is none of/);
  t.throws(() => tunOptionsFrom({}), { code: 'EINVAL', message: /set USERNET_TUN_ADDRESS/ });
  const plain = new NetworkError('EINVAL', 'two families');
  t.equal(addressError('connect', plain, '::1', 9).message, 'connect EINVAL ::1:9', 'as in Node');
});
