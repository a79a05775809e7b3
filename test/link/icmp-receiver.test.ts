/**
 * Links over the host's kernel hear of ICMP errors about their own segments, and of nothing else.
 */
import t, { type Test as Tap } from 'tap';
import { buildIcmpError, buildIpv4 } from '../support/icmp-packet';
import {
  address,
  closeEnds,
  type Ends,
  LINK_CASES,
  offer,
  openDescriptors,
  openEnds,
} from './link-cases';
import { needs } from './privileges';

const ROUTER = address('127.0.0.9');
const OURS = address('127.0.0.2');
const PEER = address('127.0.0.3');
const TCP = 6;
const UDP = 17;

/** The head of a packet of ours. */
function cause(port: number, protocol = TCP, source = OURS): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt16BE(port, 0);
  head.writeUInt16BE(80, 2);
  head.writeInt32BE(12345, 4);
  return buildIpv4(source.w3, PEER.w3, protocol, head);
}

for (const kind of LINK_CASES) {
  if (!kind.name.startsWith('raw')) continue;
  t.test(`the ${kind.name} link`, needs(kind.available), async (t) => {
    const run = (name: string, body: (t: Tap, ends: Ends) => Promise<void>) =>
      t.test(name, async (t) => {
        closeEnds(openEnds(kind)); // what the first use of a library opens stays open
        const descriptors = openDescriptors();
        const ends = openEnds(kind);
        t.teardown(() => closeEnds(ends));
        await body(t, ends);
        t.same(ends.farHost.failures, []);
        closeEnds(ends);
        t.ok(openDescriptors() <= descriptors, 'descriptors are given back');
      });
    await run('hands on each kind of error about a claimed port, whole', handsOn);
    await run('keeps to itself what does not concern it', keepsToItself);
  });
}

async function handsOn(t: Tap, ends: Ends): Promise<void> {
  const { near, port, farHost } = ends;
  for (const type of [3, 4, 11, 12]) {
    farHost.packets.length = farHost.batches.length = 0;
    const error = buildIcmpError({ source: ROUTER, type, code: 1, cause: cause(port) });
    t.ok(offer(near, error));
    near.flush();
    await farHost.until(`type ${type} arrives`, () => farHost.batches.length > 0);
    t.ok(farHost.packets[0].equals(error), `type ${type}`);
    t.same(farHost.batches, [1], 'a batch of its own');
  }
}

async function keepsToItself(t: Tap, ends: Ends): Promise<void> {
  const { near, port, farHost } = ends;
  const error = (type: number, about: Uint8Array) =>
    buildIcmpError({ source: ROUTER, destination: OURS, type, cause: about });
  const tooShort = error(3, cause(port).subarray(0, 19));
  const packets = [
    error(5, cause(port)), // a redirect
    error(0, cause(port)),
    error(13, cause(port)),
    error(3, cause(port, UDP)),
    error(3, cause(port === 65_535 ? 1 : port + 1)),
    error(3, cause(port, TCP, PEER)),
    tooShort,
    tooShort.subarray(0, 28),
  ];
  for (const packet of packets) t.ok(offer(near, packet));
  const last = error(3, cause(port));
  offer(near, last);
  near.flush();
  await farHost.until('the last arrives', () => farHost.packets.length > 0);
  t.equal(farHost.packets.length, 1);
  t.ok(farHost.packets[0].equals(last), 'only what concerns it');
}
