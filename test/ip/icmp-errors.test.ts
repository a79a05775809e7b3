/** What ICMP errors mean to a connection, by Linux's names (the table of icmp(7), in words of ours). */
import t from 'tap';
import { pathErrorOf, TOO_SMALL_A_PATH } from '../../lib/ip/icmp-errors';
import { IcmpMessage } from '../../lib/ip/icmp-message';

function errorOf(family: 4 | 6, type: number, code: number) {
  return pathErrorOf(Object.assign(new IcmpMessage(), { family, type, code }));
}

/** Codes of "destination unreachable", from 0 on; null: says nothing about the path's existence. */
const UNREACHABLE = [
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENOPROTOOPT',
  'ECONNREFUSED',
  null,
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EHOSTUNREACH',
  'EHOSTUNREACH',
  'EHOSTUNREACH',
];

t.test('[MUST-54] destination unreachable, code by code', async (t) => {
  for (let code = 0; code < 256; code++) {
    const error = errorOf(4, 3, code);
    t.equal(error?.code ?? null, UNREACHABLE[code] ?? null, `code ${code}`);
  }
});

t.test('[MUST-56] [SHLD-26] only protocol and port unreachable are hard', async (t) => {
  for (const type of [3, 11, 12]) {
    for (let code = 0; code < 16; code++) {
      const isHard = type === 3 && (code === 2 || code === 3);
      t.equal(errorOf(4, type, code)?.hard ?? false, isHard, `type ${type} code ${code}`);
    }
  }
  t.equal(TOO_SMALL_A_PATH.hard, false);
});

t.test('[MUST-54] time exceeded and parameter problem, whatever their code', async (t) => {
  for (const code of [0, 1, 2, 255]) {
    t.equal(errorOf(4, 11, code)!.code, 'EHOSTUNREACH');
    t.equal(errorOf(4, 12, code)!.code, 'EPROTO');
  }
});

t.test(
  '[MUST-55] nothing else is an error of the path, a source quench least of all',
  async (t) => {
    for (let type = 0; type < 256; type++) {
      if (type !== 3 && type !== 11 && type !== 12) t.equal(errorOf(4, type, 0), null, `${type}`);
    }
  },
);

t.test('ICMPv6 has numbers of its own [RFC 4443] [MUST-54]', async (t) => {
  const unreachable = [
    ['ENETUNREACH', false],
    ['EACCES', true],
    ['EHOSTUNREACH', false],
    ['EHOSTUNREACH', false],
    ['ECONNREFUSED', true],
    ['EACCES', true],
    ['EACCES', true],
  ] as const;
  for (let code = 0; code < 256; code++) {
    const error = errorOf(6, 1, code);
    t.equal(error?.code ?? null, unreachable[code]?.[0] ?? null, `code ${code}`);
    t.equal(error?.hard ?? false, unreachable[code]?.[1] ?? false, `code ${code} hard`);
  }
  for (let type = 0; type < 256; type++) {
    const code = type === 3 ? 'EHOSTUNREACH' : type === 4 ? 'EPROTO' : null;
    if (type !== 1) t.equal(errorOf(6, type, 0)?.code ?? null, code, `type ${type}`);
  }
});
