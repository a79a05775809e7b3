/** What a stack makes of a link that could not send: whose connection hears of it, and how. */
import t from 'tap';
import { packetMemory } from '../../lib/support/memory';
import type { NetworkErrorCode } from '../../lib/support/network-error';
import type { FakeLink } from './support/fake-link';
import { type Reached, reach } from './support/reach';
import { address, setUp } from './support/setup';

/** The host refuses this packet. */
function refuse(link: FakeLink, packet: Uint8Array, code: NetworkErrorCode): void {
  const place = packetMemory.allocate(packet.length);
  packetMemory.bytes.set(packet, place);
  link.host!.sendFailed!(place, packet.length, code);
  packetMemory.release(place, packet.length);
}

/** A connection whose first window of 20,000 bytes has just left; and its first packet. */
function sending(): Reached & { first: Uint8Array } {
  const r = reach('ESTABLISHED');
  r.reply(`. 101:101(0) ack ${r.iss + 11} win 60000`);
  r.user!.connection!.send(Buffer.alloc(20_000));
  r.turn();
  const [first] = r.link.take();
  return Object.assign(r, { first });
}

for (const code of ['EHOSTUNREACH', 'ENETUNREACH', 'EPERM', 'EACCES'] as const) {
  t.test(`${code} ends a connection that is opening`, async (t) => {
    const { link, stack, connect, turn } = setUp();
    const user = connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
    turn();
    refuse(link, link.take()[0], code);
    t.same(user.heard, [], 'not from inside of the call');
    turn();
    t.match(user.heard[0], code);
    t.equal(stack.stats().sendErrorsToConnection, 1);
  });
}

t.test('a connection that is open takes it as trouble, and lives', async (t) => {
  const r = sending();
  refuse(r.link, r.first, 'EHOSTUNREACH');
  r.turn();
  t.equal(r.user!.connection!.state, 'ESTABLISHED');
  t.equal(r.user!.connection!.softError, 'EHOSTUNREACH');
});

t.test('what is too long for the link goes again, in packets that fit', async (t) => {
  const r = sending();
  t.equal(r.first.length, 1500);
  (r.link as { mtu: number }).mtu = 1000;
  for (let i = 0; i < 3; i++) refuse(r.link, r.first, 'EMSGSIZE');
  r.turn();
  const again = r.link.take();
  t.equal(Math.max(...again.map(({ length }) => length)), 1000);
  const { sendsRefused, sendErrorsToConnection, pathMtuReductions } = r.stack.stats();
  const counted = { sendsRefused, sendErrorsToConnection, pathMtuReductions };
  t.same(counted, { sendsRefused: 3, sendErrorsToConnection: 1, pathMtuReductions: 1 });
});

t.test('a link that knows of no narrower path changes nothing', async (t) => {
  const r = sending();
  refuse(r.link, r.first, 'EMSGSIZE');
  r.turn();
  t.same(r.link.take(), []);
  t.equal(r.stack.stats().sendErrorsToConnection, 0);
});

t.test('what is of no connection, or no packet at all, is counted', async (t) => {
  const r = sending();
  const other = Uint8Array.from(r.first);
  other[21] ^= 1;
  for (const packet of [other, r.first.subarray(0, 25), new Uint8Array(3), new Uint8Array(60)]) {
    refuse(r.link, packet, 'EHOSTUNREACH');
  }
  r.turn();
  const { sendsRefused, sendErrorsToConnection } = r.stack.stats();
  t.same([sendsRefused, sendErrorsToConnection], [4, 0]);
  t.equal(r.user!.connection!.softError, null);
});
