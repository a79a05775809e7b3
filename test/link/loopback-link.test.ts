import t from 'tap';
import {
  LOOPBACK_QUEUE_BYTES,
  LOOPBACK_QUEUE_PACKETS,
  LoopbackLink,
} from '../../lib/link/loopback-link';
import { packetMemory } from '../../lib/support/memory';
import { address, offer } from './link-cases';
import { RecordingHost, turns } from './recording-host';

/** [address, is it local?, source that a route to it gives] */
const PLACES: readonly (readonly [string, boolean, string | null])[] = [
  ['127.0.0.1', true, '127.0.0.1'],
  ['127.255.255.254', true, '127.0.0.1'],
  ['126.255.255.255', false, null],
  ['128.0.0.0', false, null],
  ['::1', true, '::1'],
  ['::2', false, null],
  ['192.0.2.1', true, '192.0.2.1'],
  ['192.0.2.2', false, null],
];

t.test('knows which addresses stay inside [MUST not leave the host: RFC 1122]', async (t) => {
  const own = address('192.0.2.1');
  const link = new LoopbackLink((one) => one.equals(own));
  for (const [text, local, source] of PLACES) {
    t.equal(link.isLocal(address(text)), local, text);
    t.equal(link.route(address(text))?.source.text ?? null, source, `to ${text}`);
  }
  t.notOk(new LoopbackLink().isLocal(own), 'none besides, unless told');
});

t.test('holds what it says: bytes and packets', async (t) => {
  const link = new LoopbackLink();
  link.open(new RecordingHost());
  let count = 0;
  while (offer(link, Buffer.alloc(40))) count++;
  t.equal(count, LOOPBACK_QUEUE_PACKETS);
  link.flush();
  await turns();
  let bytes = 0;
  while (offer(link, Buffer.alloc(65_535))) bytes += 65_536;
  t.equal(bytes, LOOPBACK_QUEUE_BYTES);
  link.close();
});

t.test('holds no memory while idle', async (t) => {
  const before = packetMemory.allocated;
  const link = new LoopbackLink();
  const host = new RecordingHost();
  link.open(host);
  t.equal(packetMemory.allocated, before, 'none before the first packet');
  offer(link, Buffer.alloc(40));
  link.flush();
  t.ok(packetMemory.allocated > before);
  await host.until('it has arrived', () => host.batches.length > 0);
  await turns();
  t.equal(packetMemory.allocated, before, 'none after the last');
  link.close();
});

t.test('what is sent from inside a delivery is the next batch', async (t) => {
  const link = new LoopbackLink();
  const host = new RecordingHost();
  link.open(host);
  host.onReceive = (offset, length) => {
    if (host.packets.length >= 30) return;
    const copy = packetMemory.bytes.slice(offset, offset + length);
    offer(link, copy);
    offer(link, copy);
    link.flush();
  };
  offer(link, Buffer.alloc(40));
  link.flush();
  await host.until('all have come', () => host.packets.length === 61 && host.open === 0);
  t.same(host.batches, [1, 2, 4, 8, 16, 30]);
  link.close();
});

t.test('a link that was closed can be opened again', async (t) => {
  const link = new LoopbackLink();
  const first = new RecordingHost();
  link.open(first);
  offer(link, Buffer.alloc(40));
  link.flush();
  link.close();
  const second = new RecordingHost();
  link.open(second);
  offer(link, Buffer.alloc(50));
  link.flush();
  await second.until('it has arrived', () => second.packets.length > 0);
  t.same([first.packets.length, second.packets.length], [0, 1]);
  t.equal(second.packets[0].length, 50);
  link.close();
});

/** Commits a packet of 40 bytes of headers; its text is elsewhere. */
function offerText(link: LoopbackLink, textOffset: number, textLength: number): boolean {
  if (link.reserve(40 + textLength) < 0) return false;
  link.commitInPlace(40, textOffset, textLength);
  return true;
}

t.test('much text stays where it is', async (t) => {
  const before = packetMemory.allocated;
  const link = new LoopbackLink();
  const host = new RecordingHost();
  link.open(host);
  const text = packetMemory.allocateText(65_536);
  let count = 0;
  while (offerText(link, text, 65_000)) count++;
  t.equal(count, Math.floor(LOOPBACK_QUEUE_BYTES / 65_000), 'it counts as what is under way');
  t.equal(link.counters.sentBytes, count * 65_040);
  packetMemory.releaseText(text, 65_536);
  t.equal(link.mayLeaveText, false, 'none is left while some waits to be given back');
  link.flush();
  await host.until('they have arrived', () => host.writables > 0);
  t.equal(host.packets.length, count);
  t.ok(host.texts.every((at) => at === text));
  t.equal(link.counters.receivedBytes, link.counters.sentBytes);
  await turns();
  t.equal(packetMemory.allocated, before, 'all was given back');
  t.equal(link.mayLeaveText, true);
  offer(link, Buffer.alloc(100));
  link.flush();
  await host.until('it has arrived', () => host.packets.length > count);
  t.equal(host.texts.at(-1), 0, 'text behind its headers');
  link.close();
});

t.test('a link that is closed holds on to no text', async (t) => {
  const before = packetMemory.allocated;
  const link = new LoopbackLink();
  link.open(new RecordingHost());
  const text = packetMemory.allocateText(65_536);
  offerText(link, text, 65_000);
  packetMemory.releaseText(text, 65_536);
  t.ok(packetMemory.allocated > before);
  link.close();
  t.equal(packetMemory.allocated, before);
});
