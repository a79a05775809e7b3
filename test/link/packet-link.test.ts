import t from 'tap';
import { PacketLink } from '../../lib/link/packet-link';
import type { PacketLinkOptions } from '../../lib/link/packet-link-options';
import { packetMemory } from '../../lib/support/memory';
import { CHECKSUM_COMPLETE, CHECKSUM_VERIFIED } from '../../lib/wire/checksum-note';
import { address, offer } from './link-cases';
import { RecordingHost, turns } from './recording-host';

const send = () => {};

const WRONG: readonly (readonly [unknown, string, string])[] = [
  [undefined, 'ERR_INVALID_ARG_TYPE', 'no options'],
  [null, 'ERR_INVALID_ARG_TYPE', 'null'],
  [{ addresses: '10.0.0.1' }, 'ERR_INVALID_ARG_TYPE', 'no send'],
  [{ addresses: '10.0.0.1', send: 1 }, 'ERR_INVALID_ARG_TYPE', 'send is a number'],
  [{ addresses: '10.0.0.1', send, drain: 'x' }, 'ERR_INVALID_ARG_TYPE', 'drain is a string'],
  [{ addresses: '10.0.0.1', send, name: 5 }, 'ERR_INVALID_ARG_TYPE', 'name is a number'],
  [{ send }, 'ERR_INVALID_ARG_TYPE', 'no address'],
  [{ addresses: [], send }, 'ERR_INVALID_ARG_TYPE', 'an empty list of addresses'],
  [{ addresses: [7], send }, 'ERR_INVALID_ARG_TYPE', 'an address that is a number'],
  [{ addresses: '10.0.0', send }, 'ERR_INVALID_ARG_VALUE', 'an address that is none'],
  [{ addresses: ['10.0.0.1', 'x'], send }, 'ERR_INVALID_ARG_VALUE', 'one of two is none'],
  [{ addresses: '10.0.0.1', send, mtu: '1500' }, 'ERR_INVALID_ARG_TYPE', 'mtu is a string'],
  [{ addresses: '10.0.0.1', send, mtu: 67 }, 'ERR_INVALID_ARG_VALUE', 'mtu too small'],
  [{ addresses: '10.0.0.1', send, mtu: 65_536 }, 'ERR_INVALID_ARG_VALUE', 'mtu too large'],
  [{ addresses: '10.0.0.1', send, mtu: 1500.5 }, 'ERR_INVALID_ARG_VALUE', 'mtu of a fraction'],
  [{ addresses: '10.0.0.1', send, mtu: Number.NaN }, 'ERR_INVALID_ARG_VALUE', 'mtu is no number'],
  [{ addresses: '10.0.0.1', send, checksums: 'no' }, 'ERR_INVALID_ARG_VALUE', 'checksums'],
];

t.test('wrong options throw what Node throws', async (t) => {
  for (const [options, code, name] of WRONG) {
    t.throws(() => new PacketLink(options as PacketLinkOptions), { code }, name);
    t.throws(() => new PacketLink(options as PacketLinkOptions), TypeError, name);
  }
  for (const mtu of [68, 65_535]) t.ok(new PacketLink({ addresses: '10.0.0.1', send, mtu }));
  const link = new PacketLink({ addresses: '10.0.0.1', send });
  for (const packet of [undefined, null, 'x', 5, [1], new DataView(new ArrayBuffer(4))]) {
    const error = { code: 'ERR_INVALID_ARG_TYPE', name: 'TypeError [ERR_INVALID_ARG_TYPE]' };
    t.throws(() => link.receive(packet as unknown as Uint8Array), error);
  }
});

t.test('its addresses are its own, and everything else lies behind it', async (t) => {
  const link = new PacketLink({ addresses: ['10.0.0.1', '10.0.0.9', 'fd00::1'], send, mtu: 1400 });
  for (const own of ['10.0.0.1', '10.0.0.9', 'fd00::1']) t.ok(link.isLocal(address(own)), own);
  for (const other of ['10.0.0.2', 'fd00::2', '::1']) t.notOk(link.isLocal(address(other)), other);
  t.equal(link.route(address('192.0.2.1'))?.source.text, '10.0.0.1');
  t.equal(link.route(address('192.0.2.1'))?.mtu, 1400);
  t.equal(link.route(address('2001:db8::1'))?.source.text, 'fd00::1');
  const four = new PacketLink({ addresses: '10.0.0.1', send });
  t.equal(four.route(address('2001:db8::1')), null, 'no address of that family');
});

t.test('what send is given is his to keep', async (t) => {
  const sent: Uint8Array[] = [];
  const link = new PacketLink({ addresses: '10.0.0.1', send: (packet) => sent.push(packet) });
  link.open(new RecordingHost());
  offer(link, Buffer.alloc(100, 1));
  offer(link, Buffer.alloc(100, 2));
  t.equal(sent.length, 0, 'nothing before flush');
  link.flush();
  offer(link, Buffer.alloc(100, 3));
  link.flush();
  t.same(
    sent.map((packet) => packet[99]),
    [1, 2, 3],
  );
  for (const packet of sent) {
    t.equal(packet.byteLength, packet.buffer.byteLength, 'with no more than the packet in it');
    t.not(packet.buffer, packetMemory.bytes.buffer);
  }
  link.close();
});

t.test('send says false, and drained lets the rest go', async (t) => {
  const sent: number[] = [];
  let answer: unknown = false;
  const link = new PacketLink({
    addresses: '10.0.0.1',
    send: (packet) => {
      sent.push(packet[0]);
      return answer;
    },
  });
  const host = new RecordingHost();
  link.open(host);
  for (let i = 0; i < 5; i++) offer(link, Buffer.of(i));
  link.flush();
  t.same(sent, [0], 'the packet that met the false was taken, no other is offered');
  offer(link, Buffer.of(5));
  link.flush();
  await turns();
  t.same(sent, [0]);
  link.drained();
  t.same(sent, [0], 'not from inside drained');
  await turns();
  t.same(sent, [0, 1], 'and again false');
  answer = undefined;
  link.drained();
  link.drained();
  await turns();
  t.same(sent, [0, 1, 2, 3, 4, 5], 'only false means false');
  link.drained();
  await turns();
  t.equal(host.writables, 0, 'nobody had missed room');

  answer = false;
  offer(link, Buffer.of(6));
  link.flush();
  let filled = 0;
  while (offer(link, Buffer.alloc(1500, 9))) filled++;
  link.flush();
  await turns();
  t.equal(host.writables, 0, 'no room while the user waits');
  answer = true;
  link.drained();
  await turns();
  t.equal(host.writables, 1);
  t.equal(sent.length, 7 + filled);
  link.close();
});

t.test('what is brought during one turn is one batch', async (t) => {
  const link = new PacketLink({ addresses: '10.0.0.1', send });
  const host = new RecordingHost();
  link.open(host);
  const packet = Buffer.alloc(64, 1);
  link.receive(packet);
  packet.fill(2);
  link.receive(packet);
  packet.fill(3);
  t.equal(host.packets.length, 0, 'never from inside receive');
  await turns();
  t.same(host.batches, [2]);
  t.same(
    host.packets.map((one) => one[0]),
    [1, 2],
    'copied at once',
  );
  t.same([...host.notes], [CHECKSUM_COMPLETE]);
  link.close();
  const trusting = new PacketLink({ addresses: '10.0.0.1', send, checksums: 'trusted' });
  trusting.open(host);
  host.notes.clear();
  trusting.receive(packet);
  await turns();
  t.same([...host.notes], [CHECKSUM_VERIFIED]);
  trusting.close();
});

t.test('receive says false when it is full, and drain when it is not', async (t) => {
  let drains = 0;
  const link = new PacketLink({ addresses: '10.0.0.1', send, drain: () => drains++ });
  const host = new RecordingHost();
  link.open(host);
  const packet = Buffer.alloc(65_535);
  let taken = 1;
  while (link.receive(packet)) taken++;
  t.ok(taken > 10, `${taken} large packets`);
  t.equal(link.counters.droppedFull, 0, 'the one that met the false was taken');
  while (link.counters.droppedFull === 0) if (link.receive(packet) === false) taken++;
  taken--; // the one that was dropped
  t.equal(drains, 0);
  await turns();
  t.equal(drains, 1);
  t.equal(host.packets.length, taken);
  t.ok(link.receive(packet));
  link.close();
});

t.test('packets that are none are counted', async (t) => {
  const link = new PacketLink({ addresses: '10.0.0.1', send });
  const host = new RecordingHost();
  t.ok(link.receive(Buffer.alloc(100)), 'there is nothing to wait for');
  t.equal(link.counters.droppedClosed, 1);
  link.open(host);
  link.receive(Buffer.alloc(0));
  link.receive(Buffer.alloc(65_536));
  t.equal(link.counters.droppedMalformed, 2);
  await turns();
  t.same(host.batches, []);
  link.close();
});

t.test('two stacks that answer each other from inside send do not recurse', async (t) => {
  let depth = 0;
  let deepest = 0;
  const enter = (receive: () => boolean): boolean => {
    deepest = Math.max(deepest, ++depth);
    const room = receive();
    depth--;
    return room;
  };
  const one: PacketLink = new PacketLink({
    addresses: '10.0.0.1',
    send: (packet) => enter(() => two.receive(packet)),
  });
  const two: PacketLink = new PacketLink({
    addresses: '10.0.0.2',
    send: (packet) => enter(() => one.receive(packet)),
  });
  const hosts = [new RecordingHost(), new RecordingHost()];
  for (const [i, link] of [one, two].entries()) {
    link.open(hosts[i]);
    hosts[i].onBatch = () => {
      if (hosts[i].packets.length > 19) return;
      offer(link, Buffer.alloc(40));
      link.flush();
    };
  }
  offer(one, Buffer.alloc(40));
  one.flush();
  await hosts[1].until('twenty have come', () => hosts[1].packets.length === 20);
  t.equal(deepest, 1);
  one.close();
  two.close();
});

t.test('closing from inside send sends no more', async (t) => {
  const before = packetMemory.allocated;
  let sent = 0;
  const link = new PacketLink({
    addresses: '10.0.0.1',
    send: () => {
      sent++;
      link.close();
    },
  });
  link.open(new RecordingHost());
  for (let i = 0; i < 3; i++) offer(link, Buffer.alloc(40));
  link.flush();
  t.equal(sent, 1);
  t.equal(packetMemory.allocated, before);
});
