/** Initial sequence numbers depend on every bit of who talks to whom: RFC 6528, RFC 9293 §3.4.1. */
import t from 'tap';
import { IsnGenerator } from '../../lib/tcp/isn';
import { IpAddress } from '../../lib/wire/ip-address';

const SECRET = Uint8Array.from({ length: 16 }, (_, i) => 17 * i);
const WORDS = 4;

t.test('[SHLD-1] [MUST-9] each word of both addresses and each port counts', async (t) => {
  const generator = new IsnGenerator(SECRET);
  const seen = new Map<number, string>();
  const note = (hash: number, name: string): void => {
    t.notOk(seen.has(hash), `${name} counts for something of its own`);
    seen.set(hash, name);
  };
  const base = [1, 2, 3, 4];
  note(generator.tupleHash(address(base), 1, address(base), 2), 'nothing changed');
  for (let word = 0; word < WORDS; word++) {
    const changed = address(base.map((value, i) => (i === word ? value + 100 : value)));
    note(generator.tupleHash(changed, 1, address(base), 2), `word ${word} of the local address`);
    note(generator.tupleHash(address(base), 1, changed, 2), `word ${word} of the remote address`);
  }
  note(generator.tupleHash(address(base), 3, address(base), 2), 'the local port');
  note(generator.tupleHash(address(base), 1, address(base), 3), 'the remote port');
  note(generator.tupleHash(address(base), 2, address(base), 1), 'which port is whose');
});

t.test('[MUST-8] the clock advances by one in 4 µs', async (t) => {
  const generator = new IsnGenerator(SECRET);
  const at = (ms: number): number =>
    generator.next(address([1, 2, 3, 4]), 1, address([5, 6, 7, 8]), 2, ms);
  t.equal((at(1000.004) - at(1000)) | 0, 1);
  t.equal((at(1001) - at(1000)) | 0, 250);
  t.equal((at(61_000) - at(1000)) | 0, 15_000_000);
});

function address(words: readonly number[]): IpAddress {
  return IpAddress.fromIpv6(words[0], words[1], words[2], words[3]);
}
