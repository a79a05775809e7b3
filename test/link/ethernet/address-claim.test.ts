/** RFC 5227's timing, and RFC 4862's, at several paces; conflicts in each state. */
import t from 'tap';
import {
  AddressClaim,
  type ClaimTerms,
  DEFEND_INTERVAL_MS,
  IPV4_PROBE_MS,
  IPV6_PROBE_MS,
} from '../../../lib/link/ethernet/address-claim';
import { IpAddress } from '../../../lib/wire/ip-address';

const IPV4 = IpAddress.parse('10.0.0.1')!;
const IPV6 = IpAddress.parse('fd00::1')!;

class Bench {
  now = 0;
  readonly said: string[] = [];
  readonly claim: AddressClaim;

  constructor(address: IpAddress, terms: Partial<ClaimTerms>, chance = 0.5) {
    const note = (word: string) => () => {
      this.said.push(`${this.now} ${word}`);
    };
    const events = {
      handleProbe: note('probe'),
      handleAnnouncement: note('announce'),
      handleHeld: note('held'),
      handleLost: note('lost'),
    };
    const full = { probeMs: IPV4_PROBE_MS, yields: true, ...terms };
    this.claim = new AddressClaim(address, full, events, () => chance);
    this.claim.open(0);
  }

  pass(ms: number): string[] {
    const end = this.now + ms;
    while (this.claim.deadline <= end) {
      this.now = this.claim.deadline;
      this.claim.handleTimeout(this.now);
    }
    this.now = end;
    return this.said.splice(0);
  }

  conflict(): string[] {
    this.claim.handleConflict(0x200, 9, this.now);
    return this.said.splice(0);
  }
}

/** [address, milliseconds allowed, chance, everything that is said] */
const COURSES: [IpAddress, number, number, string[]][] = [
  [
    IPV4,
    IPV4_PROBE_MS,
    0.5,
    ['500 probe', '2000 probe', '3500 probe', '5500 announce', '5500 held', '7500 announce'],
  ],
  [
    IPV4,
    IPV4_PROBE_MS,
    1,
    ['1000 probe', '3000 probe', '5000 probe', '7000 announce', '7000 held', '9000 announce'],
  ],
  [
    IPV4,
    700,
    0,
    ['0 probe', '100 probe', '200 probe', '400 announce', '400 held', '2400 announce'],
  ],
  [IPV4, 0, 0.5, ['0 announce', '0 held', '2000 announce']],
  [IPV6, IPV6_PROBE_MS, 0.5, ['500 probe', '1500 announce', '1500 held', '3500 announce']],
  [IPV6, 200, 1, ['100 probe', '200 announce', '200 held', '2200 announce']],
];

t.test('probes, waits, announces, and may then use the address', async (t) => {
  for (const [address, probeMs, chance, course] of COURSES) {
    const bench = new Bench(address, { probeMs }, chance);
    t.same(bench.pass(60_000), course, `${address}, ${probeMs} ms, ${chance}`);
    t.equal(bench.claim.state, 'HELD');
    t.equal(bench.claim.deadline, Infinity);
  }
});

t.test('a conflict while probing loses the address, at once and for good', async (t) => {
  for (const ms of [0, 600, 5_000]) {
    const bench = new Bench(IPV4, { yields: false });
    bench.pass(ms);
    t.same(bench.conflict(), [`${ms} lost`]);
    t.same(bench.conflict(), []);
    t.same(bench.pass(60_000), []);
  }
});

t.test('once it is held it is defended, and lost at the second conflict in 10 s', async (t) => {
  const bench = new Bench(IPV4, { probeMs: 0 });
  bench.pass(20_000);
  t.same(bench.conflict(), ['20000 announce']);
  bench.pass(DEFEND_INTERVAL_MS);
  t.same(bench.conflict(), ['30000 announce'], 'the first one is forgotten');
  bench.pass(DEFEND_INTERVAL_MS - 1);
  t.same(bench.conflict(), ['39999 lost']);
});

t.test('who never yields defends once in 10 s', async (t) => {
  const bench = new Bench(IPV4, { probeMs: 0, yields: false });
  bench.pass(20_000);
  t.same(bench.conflict(), ['20000 announce']);
  bench.pass(DEFEND_INTERVAL_MS - 1);
  t.same(bench.conflict(), []);
  bench.pass(1);
  t.same(bench.conflict(), ['30000 announce']);
});
