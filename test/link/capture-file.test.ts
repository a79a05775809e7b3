/** The file of a capture: what is in it when, and what becomes of a file that cannot be written. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CAPTURE_BUFFER_BYTES, CAPTURE_SNAP_BYTES, CaptureFile } from '../../lib/link/capture-file';
import { packetMemory } from '../../lib/support/memory';
import { LINKTYPE_ETHERNET, PCAP_INBOUND, PCAP_OUTBOUND } from '../../lib/wire/pcapng';
import { readPcapng } from '../support/pcapng-reader';
import { turns } from './recording-host';

const PACKET_BYTES = 256 * 1024;
const place = packetMemory.allocate(PACKET_BYTES);
packetMemory.bytes.fill(0x55, place, place + PACKET_BYTES);

function open(t: Test): { file: CaptureFile; read: () => ReturnType<typeof readPcapng> } {
  const path = join(t.testdir(), 'a.pcapng');
  const file = new CaptureFile(path);
  t.teardown(() => file.close());
  return { file, read: () => readPcapng(readFileSync(path)) };
}

t.test('blocks reach the file once a turn, whole', async (t) => {
  const { file, read } = open(t);
  const first = file.addInterface('raw');
  const second = file.addInterface('frames', LINKTYPE_ETHERNET);
  const time = 1_790_000_000_123_456_789n;
  file.writePacket(second, time, place, 61, PCAP_OUTBOUND);
  file.writePacket(first, time + 1n, place, 1500, PCAP_INBOUND);
  file.writeStatistics(first, time + 2n, 7, 3);
  t.equal(readFileSync(file.path).length, 0, 'nothing is written within the turn');
  await turns(2);
  const { application, interfaces, packets } = read();
  t.equal(application, 'usernet');
  const snapBytes = CAPTURE_SNAP_BYTES;
  t.same(interfaces, [
    { name: 'raw', linkType: 101, snapBytes, received: 7, dropped: 3 },
    { name: 'frames', linkType: 1, snapBytes },
  ]);
  t.same(
    packets.map((one) => [one.interface.name, one.direction, one.length, one.timeNs]),
    [
      ['frames', 'out', 61, time],
      ['raw', 'in', 1500, time + 1n],
    ],
  );
  t.ok(packets.every(({ bytes, length }) => bytes.equals(Buffer.alloc(length, 0x55))));
});

t.test('a comment is put to its packet although others have followed', async (t) => {
  const { file, read } = open(t);
  const id = file.addInterface('raw');
  const marks = [60, 61, 62].map((bytes) => file.writePacket(id, 0n, place, bytes, PCAP_INBOUND));
  t.ok(file.comment(marks[2], 'third'));
  t.ok(file.comment(marks[0], 'first: ünïcode'));
  t.notOk(file.comment(-1, 'of no packet'));
  file.writePacket(id, 0n, place, 63, PCAP_INBOUND);
  file.flush();
  t.notOk(file.comment(marks[1], 'too late'));
  const { packets } = read();
  t.same(
    packets.map(({ length, comment }) => [length, comment]),
    [
      [60, 'first: ünïcode'],
      [61, undefined],
      [62, 'third'],
      [63, undefined],
    ],
  );
  const mark = file.writePacket(id, 0n, place, 64, PCAP_INBOUND);
  t.ok(file.comment(mark, 'é'.repeat(1000)));
  file.flush();
  t.equal(read().packets[4].comment, 'é'.repeat(512), 'a long one is cut between two characters');
});

t.test('memory is bounded: a full buffer is written before the turn is over', async (t) => {
  const { file, read } = open(t);
  const before = packetMemory.allocated;
  const id = file.addInterface('raw');
  for (let i = 0; i < 40; i++) file.writePacket(id, BigInt(i), place, 65_535, PCAP_OUTBOUND);
  t.ok(readFileSync(file.path).length > 40 * 65_535 - CAPTURE_BUFFER_BYTES);
  t.equal(packetMemory.allocated, before);
  file.writePacket(id, 40n, place, PACKET_BYTES, PCAP_OUTBOUND);
  file.flush();
  const { packets } = read();
  t.same(
    packets.map(({ timeNs }) => timeNs),
    Array.from({ length: 41 }, (_, i) => BigInt(i)),
  );
  t.equal(packets[40].length, PACKET_BYTES);
  t.equal(packets[40].bytes.length, CAPTURE_SNAP_BYTES, 'the longest packets are cut');
  t.equal(file.dropped, 0);
});

t.test('interfaces of one name are told apart', async (t) => {
  const { file, read } = open(t);
  for (const name of ['loopback', 'loopback', 'raw', 'loopback']) file.addInterface(name);
  file.flush();
  const names = read().interfaces.map(({ name }) => name);
  t.same(names, ['loopback', 'loopback 2', 'raw', 'loopback 3']);
});

t.test('closes once and gives back what it holds', async (t) => {
  const before = packetMemory.allocated;
  const exitListeners = process.listenerCount('exit');
  const { file, read } = open(t);
  t.equal(process.listenerCount('exit'), exitListeners + 1);
  const id = file.addInterface('raw');
  file.writePacket(id, 0n, place, 100, PCAP_INBOUND);
  file.close();
  file.close();
  t.equal(packetMemory.allocated, before);
  t.equal(read().packets.length, 1, 'what was waiting is written');
  t.equal(file.writePacket(id, 0n, place, 100, PCAP_INBOUND), -1, 'and nothing after it');
  await turns(2);
  t.equal(process.listenerCount('exit'), exitListeners);
});

t.test('says why a file cannot be made', async (t) => {
  const folder = t.testdir();
  t.throws(() => new CaptureFile(join(folder, 'none', 'a.pcapng')), {
    code: 'ENOENT',
    message: /the capture cannot be written: ENOENT.*none.*; name a file in a folder that exists/,
  });
  t.throws(() => new CaptureFile(folder), { code: 'EACCES', message: /EISDIR/ });
});

t.test('a full disk ends the capture with a warning, and nothing else', async (t) => {
  const before = packetMemory.allocated;
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  const file = new CaptureFile('/dev/full');
  const id = file.addInterface('raw');
  file.writePacket(id, 0n, place, 100, PCAP_INBOUND);
  t.match((await warned).message, /the capture in \/dev\/full ends here: ENOSPC/);
  t.equal(file.writePacket(id, 0n, place, 100, PCAP_INBOUND), -1);
  t.equal(file.addInterface('other'), -1);
  t.equal(packetMemory.allocated, before);
  file.close();
});

t.test('a reader of a pipe that is too slow loses whole packets', async (t) => {
  const path = join(t.testdir(), 'pipe');
  execFileSync('mkfifo', [path]);
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const reader = openSync(path, flags);
  const file = new CaptureFile(path);
  t.teardown(() => {
    file.close();
    closeSync(reader);
  });
  const id = file.addInterface('raw');
  for (let i = 0; i < 30; i++) file.writePacket(id, BigInt(i), place, 50_000, PCAP_OUTBOUND);
  t.ok(file.dropped > 0, `${file.dropped} packets are lost`);
  const chunks: Buffer[] = [];
  for (let idle = 0; idle < 2; ) {
    file.flush();
    const chunk = Buffer.alloc(65_536);
    const length = tryToRead(reader, chunk);
    chunks.push(chunk.subarray(0, length));
    idle = length === 0 ? idle + 1 : 0;
  }
  const { packets } = readPcapng(Buffer.concat(chunks));
  t.equal(packets.length, 30 - file.dropped, 'and the others are there');
});

function tryToRead(fd: number, target: Buffer): number {
  try {
    return readSync(fd, target);
  } catch {
    return 0;
  }
}
