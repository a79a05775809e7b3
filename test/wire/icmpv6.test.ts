import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import { addressSum } from '../../lib/wire/checksum';
import { isIcmpv6Intact, writeIcmpv6Checksum } from '../../lib/wire/icmpv6';
import { IpAddress } from '../../lib/wire/ip-address';

const AT = packetMemory.allocate(256) + 1;

function sumOf(source: string, destination: string): number {
  const s = IpAddress.parse(source)!;
  const d = IpAddress.parse(destination)!;
  return addressSum(s.w0, s.w1, s.w2, s.w3, d.w0, d.w1, d.w2, d.w3);
}

t.test('the checksum of an echo request, added up by hand', async (t) => {
  const message = Buffer.from('8000 0000 1234 0001 0001020304050607'.replaceAll(' ', ''), 'hex');
  packetMemory.bytes.set(message, AT);
  const sum = sumOf('::1', '::1');
  writeIcmpv6Checksum(AT, message.length, sum);
  // 0x8000+0x1234+0x0001+0x0001+0x0203+0x0405+0x0607 + 2×0x0001 + 16 + 58 = 0x9e91
  t.equal(packetMemory.view.getUint16(AT + 2), ~0x9e91 & 0xffff);
  t.ok(isIcmpv6Intact(AT, message.length, sum));
});

t.test('covers both addresses and every byte', async (t) => {
  const message = Buffer.from('0100 0000 00000000 6000000000000640', 'utf8');
  packetMemory.bytes.set(message, AT);
  const sum = sumOf('2001:db8::1', '2001:db8::2');
  writeIcmpv6Checksum(AT, message.length, sum);
  t.ok(isIcmpv6Intact(AT, message.length, sum));
  t.notOk(isIcmpv6Intact(AT, message.length, sumOf('2001:db8::1', '2001:db8::3')));
  for (let i = 0; i < message.length; i++) {
    packetMemory.bytes[AT + i] ^= 0x20;
    if (isIcmpv6Intact(AT, message.length, sum)) t.fail(`byte ${i} went unseen`);
    packetMemory.bytes[AT + i] ^= 0x20;
  }
});
