/** Queries of multicast listener discovery read, reports written, byte by byte. */
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import {
  CHANGE_TO_EXCLUDE,
  type Group,
  IS_EXCLUDE,
  ListenerQuery,
  listenerReportBytes,
  readListenerQuery,
  writeListenerReport,
} from '../../lib/wire/listener-message';

const AT = packetMemory.allocate(256);
t.teardown(() => packetMemory.release(AT, 256));

function put(hex: string): number {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  packetMemory.bytes.set(bytes, AT);
  return bytes.length;
}

const NOBODY = '00'.repeat(16);
const GROUP = 'ff0200000000000000000001ff000002';
const WORDS: Group = [0xff020000 | 0, 0, 1, 0xff000002 | 0];
const V2 = '02 7d 0000'; // robustness, the querier's interval, no sources

/** [query, old?, delay, the group's last word] */
const QUERIES: [string, boolean, number, number, string][] = [
  [`82000000 03e80000 ${NOBODY}`, true, 1000, 0, 'MLDv1, general'],
  [`82000000 ffff0000 ${GROUP}`, true, 65_535, WORDS[3], 'MLDv1 knows no floating point'],
  [`82000000 00000000 ${NOBODY} ${V2}`, false, 0, 0, 'MLDv2, at once'],
  [`82000000 7fff0000 ${NOBODY} ${V2}`, false, 32_767, 0, 'the longest whole number'],
  [`82000000 80000000 ${GROUP} ${V2}`, false, 32_768, WORDS[3], 'the shortest with a point'],
  [`82000000 ffff0000 ${NOBODY} ${V2}`, false, 8_387_584, 0, 'the longest of all'],
  [`82000000 03e80000 ${GROUP} 027d0001 ${GROUP}`, false, 1000, WORDS[3], 'with a source'],
];
for (const [hex, isOld, delayMs, last, name] of QUERIES) {
  t.test(`a query: ${name}`, async (t) => {
    const query = new ListenerQuery();
    t.equal(readListenerQuery(AT, put(hex), query), true);
    t.match(query, { isOld, delayMs, group3: last });
  });
}

for (const [hex, name] of [
  [`82000000 03e80000 ${NOBODY.slice(2)}`, 'too short'],
  [`82000000 03e80000 ${NOBODY} 027d00`, 'between the two versions'],
  [`83000000 03e80000 ${NOBODY}`, 'a report'],
  [`82010000 03e80000 ${NOBODY}`, 'with a code'],
]) {
  t.test(`no query: ${name}`, async (t) => {
    t.equal(readListenerQuery(AT, put(hex), new ListenerQuery()), false);
  });
}

const ALERT = '3a00 0502 0000 0100';
for (const [groups, kind, isOld, hex] of [
  [[WORDS], IS_EXCLUDE, false, `${ALERT} 8f000000 00000001 02000000 ${GROUP}`],
  [
    [WORDS, WORDS],
    CHANGE_TO_EXCLUDE,
    false,
    `${ALERT} 8f000000 00000002 04000000 ${GROUP} 04000000 ${GROUP}`,
  ],
  [[WORDS], IS_EXCLUDE, true, `${ALERT} 83000000 00000000 ${GROUP}`],
] as const) {
  t.test(`a report about ${groups.length}, MLDv${isOld ? 1 : 2}`, async (t) => {
    const expected = hex.replaceAll(' ', '');
    packetMemory.bytes.fill(0xaa, AT, AT + 256);
    writeListenerReport(AT, kind, groups, isOld);
    const bytes = listenerReportBytes(groups.length, isOld);
    t.equal(bytes, expected.length / 2);
    t.equal(Buffer.from(packetMemory.bytes.subarray(AT, AT + bytes)).toString('hex'), expected);
    t.equal(packetMemory.bytes[AT + bytes], 0xaa, 'and no more');
  });
}
