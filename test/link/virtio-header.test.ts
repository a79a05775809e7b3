import t from 'tap';
import {
  readVirtioNote,
  VIRTIO_HEADER_BYTES,
  writeVirtioHeader,
} from '../../lib/link/virtio-header';
import { packetMemory } from '../../lib/support/memory';
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_MAYBE_PARTIAL,
  CHECKSUM_VERIFIED,
} from '../../lib/wire/checksum-note';

const BLOCK = packetMemory.allocate(4096);
const PACKET = BLOCK + 64;

/** @returns the header and the packet behind it, in hex */
function write(packet: string, length: number, pieceBytes: number): [string, string] {
  const bytes = Buffer.from(packet.replace(/\s/g, ''), 'hex');
  const { bytes: memory } = packetMemory;
  memory.fill(0xee, BLOCK, PACKET);
  memory.set(bytes, PACKET);
  writeVirtioHeader(PACKET, length, pieceBytes);
  const header = Buffer.from(memory.subarray(PACKET - VIRTIO_HEADER_BYTES, PACKET));
  t.equal(memory[PACKET - VIRTIO_HEADER_BYTES - 1], 0xee, 'nothing before it is touched');
  return [
    header.toString('hex'),
    Buffer.from(memory.subarray(PACKET, PACKET + bytes.length)).toString('hex'),
  ];
}

const IPV4 = '45000040 00014000 4006 0000 0a090002 0a090001';
const IPV6 = '60000000 00180640 fd000000000000000000000000000002 fd000000000000000000000000000001';
const tcp = (offset: string, flags: string, checksum: string): string =>
  `1f401f41 00000001 00000002 ${offset}${flags}ffff ${checksum}0000`;

t.test('a TCP packet asks for its checksum, which is partial', async (t) => {
  const [header, packet] = write(IPV4 + tcp('50', '10', '0000'), 64, 0);
  // flags 1, no segmentation; the checksum begins at 20 and stands 16 from there
  t.equal(header, '01000000000014001000');
  // 0a09 + 0002 + 0a09 + 0001 + 6 + 44
  t.equal(packet.slice(72, 76), '1447');
});

t.test('so does one of IPv6', async (t) => {
  const [header, packet] = write(IPV6 + tcp('60', '10', '0000'), 64, 0);
  t.equal(header, '01000000000028001000');
  // fd00 + 2 + fd00 + 1 + 6 + 24, folded
  t.equal(packet.slice(112, 116), 'fa22');
});

t.test('a longer one asks to be cut, with all its headers', async (t) => {
  // kind 1 (4: IPv6), headers of 52 (64) bytes, 1448 bytes of text each
  t.equal(write(IPV4 + tcp('80', '18', '0000'), 40_000, 1448)[0], '01013400a80514001000');
  t.equal(write(IPV6 + tcp('60', '18', '0000'), 40_000, 1440)[0], '01044000a00528001000');
  const marked = write(IPV4 + tcp('80', '98', '0000'), 40_000, 1448)[0];
  t.equal(marked, '01813400a80514001000', 'CWR on the first segment only');
});

t.test('a fragment is no segment', async (t) => {
  for (const flags of ['2000', '0010']) {
    const fragment = IPV4.replace('00014000', `0001${flags}`) + tcp('50', '10', '0000');
    t.equal(write(fragment, 64, 0)[0], '00000000000000000000');
  }
});

t.test('a checksum that is there already is left alone', async (t) => {
  const [header, packet] = write(IPV4 + tcp('50', '10', 'abcd'), 64, 0);
  t.equal(header, '00000000000000000000');
  t.equal(packet.slice(72, 76), 'abcd');
});

t.test('what is not TCP stays as it is', async (t) => {
  const icmp = '45000054 00014000 4001 0000 0a090002 0a090001 00001234';
  const [header, packet] = write(icmp, 84, 0);
  t.equal(header, '00000000000000000000');
  t.equal(packet, icmp.replace(/\s/g, ''));
});

t.test('reads what the kernel says of the checksum', async (t) => {
  for (const [flags, note] of [
    [0, CHECKSUM_COMPLETE],
    [1, CHECKSUM_MAYBE_PARTIAL],
    [2, CHECKSUM_VERIFIED],
    [3, CHECKSUM_MAYBE_PARTIAL],
    [4, CHECKSUM_COMPLETE],
  ] as const) {
    packetMemory.bytes[PACKET - VIRTIO_HEADER_BYTES] = flags;
    t.equal(readVirtioNote(PACKET), note, `flags ${flags}`);
  }
});
