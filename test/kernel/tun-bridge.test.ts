/**
 * TUN links without a stack: two kernels talk to each other through two devices that this process
 * joins, packet by packet.
 */
import { createTunLink, type TunLink } from '../../lib/link/tun-link';
import { RealClock } from '../../lib/stack/real-clock';
import { packetMemory } from '../../lib/support/memory';
import type { LinkHost } from '../../types/link';
import { BareNamespace } from './support/bare-namespace';
import { PeerProcess } from './support/peer-process';
import { kernelTest } from './support/requirements';
import { within } from './support/within';

const MIB = 1024 * 1024;
const LEFT = '10.77.0.1';
const RIGHT = '10.77.0.2';

/** Hands everything on to the other device; what that has no room for is lost, as on a wire. */
class Bridge implements LinkHost {
  readonly clock = new RealClock();
  readonly failures: Error[] = [];
  carried = 0;
  readonly #other: TunLink;

  constructor(other: TunLink) {
    this.#other = other;
  }

  receive(offset: number, length: number): void {
    const place = this.#other.reserve(length);
    if (place === -1) return;
    packetMemory.bytes.copyWithin(place, offset, offset + length);
    this.#other.commit(length);
    this.carried++;
  }

  receivedBatch(): void {
    this.#other.flush();
  }

  writable(): void {}

  failed(error: Error): void {
    this.failures.push(error);
  }

  defer(fn: () => void): void {
    setImmediate(fn);
  }

  random(target: Uint8Array): void {
    target.fill(4);
  }
}

kernelTest('two kernels talk through two devices that are joined here', ['tun'], async (t) => {
  const memory = packetMemory.allocated;
  const [left, right] = [new BareNamespace(), new BareNamespace()];
  const make = (space: BareNamespace, own: string, other: string): TunLink =>
    createTunLink({
      addresses: `${other}/24`,
      hostAddresses: `${own}/24`,
      namespace: space.name,
      offload: false,
    });
  const links = [make(left, LEFT, RIGHT), make(right, RIGHT, LEFT)] as const;
  const bridges = [new Bridge(links[1]), new Bridge(links[0])] as const;
  for (const [i, link] of links.entries()) link.open(bridges[i]);
  const peers = [
    await PeerProcess.start('kernel', left.name),
    await PeerProcess.start('kernel', right.name),
  ] as const;
  t.teardown(async () => {
    for (const peer of peers) await peer.stop();
    for (const link of links) link.close();
    for (const space of [left, right]) space.remove();
  });
  const part = { bytes: 4 * MIB, afterEnd: false };
  const { port, outcomes } = await peers[0].serve(LEFT, 1, part);
  const called = peers[1].call(LEFT, port, 1, part);
  const [[client], [server]] = await within(20_000, 'exchange', Promise.all([called, outcomes]));
  t.equal(client.sent, server.received, 'every byte that went up');
  t.equal(server.sent, client.received, 'and down');
  t.same([client.error, server.error], [null, null]);
  t.ok(bridges[0].carried > 1000 && bridges[1].carried > 1000, 'through this process');
  t.same([...bridges[0].failures, ...bridges[1].failures], []);
  for (const link of links) link.close();
  t.equal(packetMemory.allocated, memory, 'packet memory is given back');
});
