import fc from 'fast-check';
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import {
  ARP_BAD_OPERATION,
  ARP_BYTES,
  ARP_FOREIGN,
  ARP_OK,
  ARP_REPLY,
  ARP_REQUEST,
  ARP_SHORT,
  ArpMessage,
  readArp,
  writeArp,
} from '../../lib/wire/arp';
import { placeHex } from '../support/place-hex';

const AT = packetMemory.allocate(4096) + 1; // odd: nothing may rely on alignment

function read(hex: string): [number, ArpMessage] {
  packetMemory.bytes.fill(0xee, AT, AT + 64);
  const length = placeHex(AT, hex);
  const message = new ArpMessage();
  return [readArp(AT, length, message), message];
}

const PARTIES = '020000000001 0a000001 000000000000 0a000002';

t.test('reads a request byte for byte', async (t) => {
  const [fault, message] = read(`0001 0800 06 04 0001 ${PARTIES}`);
  t.equal(fault, ARP_OK);
  t.match(message, {
    operation: ARP_REQUEST,
    senderHigh: 0x0200,
    senderLow: 1,
    sender: 0x0a000001,
    targetHigh: 0,
    targetLow: 0,
    target: 0x0a000002,
  });
});

/** [message, outcome, what it is] */
const MESSAGES: [string, number, string][] = [
  [`0001 0800 06 04 0002 ${PARTIES}`, ARP_OK, 'a reply'],
  [`0001 0800 06 04 0001 ${PARTIES} ${'00'.repeat(18)}`, ARP_OK, 'padded to a frame'],
  [`0001 0800 06 04 0001 ${PARTIES.slice(0, -2)}`, ARP_SHORT, 'a byte too short'],
  ['', ARP_SHORT, 'nothing'],
  [`0006 0800 06 04 0001 ${PARTIES}`, ARP_FOREIGN, 'IEEE 802 networks'],
  [`0001 86dd 06 04 0001 ${PARTIES}`, ARP_FOREIGN, 'IPv6'],
  [`0001 0800 08 04 0001 ${PARTIES}`, ARP_FOREIGN, 'hardware addresses of eight bytes'],
  [`0001 0800 06 10 0001 ${PARTIES}`, ARP_FOREIGN, 'protocol addresses of sixteen'],
  [`0001 0800 06 04 0000 ${PARTIES}`, ARP_BAD_OPERATION, 'no operation'],
  [`0001 0800 06 04 0003 ${PARTIES}`, ARP_BAD_OPERATION, 'reverse ARP'],
  [`0001 0800 06 04 0101 ${PARTIES}`, ARP_BAD_OPERATION, 'an operation beyond the first byte'],
];

t.test('knows what is for IPv4 over Ethernet', async (t) => {
  for (const [hex, outcome, what] of MESSAGES) t.equal(read(hex)[0], outcome, what);
});

t.test('writes what it reads', async (t) => {
  const half = fc.integer({ min: 0, max: 0xffff });
  const word = fc.integer();
  const operation = fc.constantFrom(ARP_REQUEST, ARP_REPLY);
  fc.assert(
    fc.property(operation, half, word, word, half, word, word, (...values) => {
      const [operation, senderHigh, senderLow, sender, targetHigh, targetLow, target] = values;
      const message = Object.assign(new ArpMessage(), { operation, senderHigh, senderLow, sender });
      Object.assign(message, { targetHigh, targetLow, target });
      writeArp(AT, message);
      const back = new ArpMessage();
      t.equal(readArp(AT, ARP_BYTES, back), ARP_OK);
      t.same(back, message);
    }),
  );
});

t.test('no bytes make it throw', async () => {
  const message = new ArpMessage();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      packetMemory.bytes.set(bytes, AT);
      return readArp(AT, bytes.length, message) <= ARP_BAD_OPERATION;
    }),
  );
});
