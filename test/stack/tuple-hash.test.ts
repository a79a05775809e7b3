import t from 'tap';
import { FourTuple } from '../../lib/stack/four-tuple';
import { TupleHash } from '../../lib/stack/tuple-hash';
import { IpAddress } from '../../lib/wire/ip-address';

const LOCAL = IpAddress.parse('10.0.0.1')!;
const REMOTE = IpAddress.parse('192.0.2.9')!;
const LOCAL6 = IpAddress.parse('2001:db8::1')!;
const REMOTE6 = IpAddress.parse('2001:db8:1:2:3:4:5:6')!;

t.test('the same tuple under the same key has the same hash', async (t) => {
  const tuple = FourTuple.of(false, LOCAL, 80, REMOTE, 5000);
  const hash = new TupleHash(1, 2).hash(tuple);
  t.equal(new TupleHash(1, 2).hash(tuple.clone()), hash);
  t.not(new TupleHash(1, 3).hash(tuple), hash, 'another key');
  t.not(new TupleHash(0, 2).hash(tuple), hash, 'another key');
});

t.test('every field counts', async (t) => {
  const hash = new TupleHash(0x1234_5678, -0x1234_5678);
  const base = FourTuple.of(false, LOCAL6, 80, REMOTE6, 5000);
  const changes: Array<[string, (tuple: FourTuple) => void]> = [
    ['inside', (one) => (one.inside = true)],
    ['localPort', (one) => one.localPort++],
    ['remotePort', (one) => one.remotePort++],
    ['local0', (one) => one.local0++],
    ['local1', (one) => one.local1++],
    ['local2', (one) => one.local2++],
    ['local3', (one) => one.local3++],
    ['remote0', (one) => one.remote0++],
    ['remote1', (one) => one.remote1++],
    ['remote2', (one) => one.remote2++],
    ['remote3', (one) => one.remote3++],
  ];
  for (const [name, change] of changes) {
    const other = base.clone();
    t.ok(other.equals(base));
    change(other);
    t.notOk(other.equals(base), `${name} differs`);
    t.not(hash.hash(other), hash.hash(base), `${name} is hashed`);
  }
});

t.test('consecutive ports and addresses spread over the low bits', async (t) => {
  const hash = new TupleHash(99, 101);
  const chains = new Array(256).fill(0);
  for (let port = 0; port < 256; port++) {
    for (let host = 0; host < 64; host++) {
      const remote = IpAddress.fromIpv4(0x0a000000 + host);
      const tuple = FourTuple.of(false, LOCAL, 80, remote, 1024 + port);
      chains[hash.hash(tuple) & 255]++;
    }
  }
  // 64 a chain on average, with a deviation of 8.
  t.ok(Math.max(...chains) < 64 + 6 * 8, `longest ${Math.max(...chains)}`);
  t.ok(Math.min(...chains) > 64 - 6 * 8, `shortest ${Math.min(...chains)}`);
});

t.test('a tuple knows when both its ends are one', async (t) => {
  t.equal(FourTuple.of(false, LOCAL, 80, LOCAL, 80).isItself, true);
  t.equal(FourTuple.of(false, LOCAL, 80, LOCAL, 81).isItself, false);
  t.equal(FourTuple.of(false, LOCAL, 80, REMOTE, 80).isItself, false);
  const tuple = FourTuple.of(true, LOCAL, 80, REMOTE, 5000);
  t.equal(tuple.localAddress().text, '10.0.0.1');
  t.equal(tuple.remoteAddress().text, '192.0.2.9');
});
