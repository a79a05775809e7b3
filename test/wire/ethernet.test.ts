import fc from 'fast-check';
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import {
  ETHERNET_HEADER_BYTES,
  ETHERNET_LENGTH,
  ETHERNET_OK,
  ETHERNET_SHORT,
  ETHERNET_STACKED,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  EthernetHeader,
  readEthernet,
  writeEthernet,
} from '../../lib/wire/ethernet';
import { placeHex } from '../support/place-hex';

const AT = packetMemory.allocate(4096) + 1; // odd: nothing may rely on alignment
const ADDRESSES = 'ffffffffffff 020000000001';

function read(hex: string): [number, EthernetHeader] {
  // What lies behind the frame must not be read.
  packetMemory.bytes.fill(0xee, AT, AT + 64);
  const length = placeHex(AT, hex);
  const header = new EthernetHeader();
  return [readEthernet(AT, length, header), header];
}

/** [frame, outcome, type, vlan, bytes of the header] */
const FRAMES: [string, number, number, number, number][] = [
  [`${ADDRESSES} 0800 45`, ETHERNET_OK, ETHERTYPE_IPV4, 0, 14],
  [`${ADDRESSES} 0806`, ETHERNET_OK, ETHERTYPE_ARP, 0, 14],
  [`${ADDRESSES} 86dd`, ETHERNET_OK, ETHERTYPE_IPV6, 0, 14],
  [`${ADDRESSES} 8100 e000 0800`, ETHERNET_OK, ETHERTYPE_IPV4, 0, 18],
  [`${ADDRESSES} 8100 0001 0800`, ETHERNET_OK, ETHERTYPE_IPV4, 1, 18],
  [`${ADDRESSES} 88a8 ffff 86dd`, ETHERNET_OK, ETHERTYPE_IPV6, 4095, 18],
  [`${ADDRESSES} 8100 0001 8100 0002 0800`, ETHERNET_STACKED, 0, 0, 0],
  [`${ADDRESSES} 8100 0001`, ETHERNET_SHORT, 0, 0, 0],
  [`${ADDRESSES} 8100 0001 08`, ETHERNET_SHORT, 0, 0, 0],
  [`${ADDRESSES} 05ff`, ETHERNET_LENGTH, 0, 0, 0],
  [`${ADDRESSES} 0600`, ETHERNET_OK, 0x0600, 0, 14],
  [`${ADDRESSES} 08`, ETHERNET_SHORT, 0, 0, 0],
  ['', ETHERNET_SHORT, 0, 0, 0],
];

t.test('reads a header, with or without a tag', async (t) => {
  for (const [frame, outcome, type, vlan, headerLength] of FRAMES) {
    const [fault, header] = read(frame);
    t.equal(fault, outcome, frame);
    if (outcome !== ETHERNET_OK) continue;
    t.match(header, { type, vlan, headerLength, destinationHigh: 0xffff, destinationLow: -1 });
    t.match(header, { sourceHigh: 0x0200, sourceLow: 1 });
  }
});

t.test('writes what it reads', async () => {
  const half = fc.integer({ min: 0, max: 0xffff });
  const type = fc
    .integer({ min: 0x600, max: 0xffff })
    .filter((one) => one !== 0x8100 && one !== 0x88a8);
  fc.assert(
    fc.property(half, fc.integer(), half, fc.integer(), type, (dh, dl, sh, sl, type) => {
      writeEthernet(AT, dh, dl, sh, sl, type);
      const header = new EthernetHeader();
      return (
        readEthernet(AT, ETHERNET_HEADER_BYTES, header) === ETHERNET_OK &&
        header.destinationHigh === dh &&
        header.destinationLow === dl &&
        header.sourceHigh === sh &&
        header.sourceLow === sl &&
        header.type === type
      );
    }),
  );
});

t.test('no bytes make it throw', async () => {
  const header = new EthernetHeader();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      packetMemory.bytes.set(bytes, AT);
      const fault = readEthernet(AT, bytes.length, header);
      return fault !== ETHERNET_OK || header.headerLength <= bytes.length;
    }),
  );
});
