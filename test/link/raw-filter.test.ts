/** The raw link's filter in the kernel: other programs' traffic never reaches the process. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import t from 'tap';
import type { HostLink } from '../../lib/link/host-link';
import { RawLink } from '../../lib/link/raw-link';
import type { RawLinkOptions } from '../../lib/link/raw-link-options';
import { RawSocketLink } from '../../lib/link/raw-socket-link';
import { VirtualClock } from '../../lib/sim/virtual-clock';
import { address, openDescriptors } from './link-cases';
import { needs } from './privileges';
import { RecordingHost, turns } from './recording-host';

const BYTES = 4 * 1024 * 1024;
const LOCAL = '127.0.0.1';

/** A transfer between two sockets of the kernel. @returns its server's port */
async function transfer(): Promise<number> {
  const server = createServer((socket) => socket.end(Buffer.alloc(BYTES)));
  await once(server.listen(0, LOCAL), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect(port, LOCAL).resume();
  await once(client, 'close');
  server.close();
  await once(server, 'close');
  return port;
}

const LINKS = [
  { name: 'raw', available: RawLink.available(), make: () => new RawLink() },
  { name: 'raw-socket', available: RawSocketLink.available(), make: () => new RawSocketLink() },
];

for (const { name, make, available } of LINKS)
  t.test(`the ${name} link`, needs(available), async (t) => {
    t.test('hears of its own ports only', async (t) => {
      const link = make();
      const clock = new VirtualClock();
      const host = Object.assign(new RecordingHost(), { clock });
      link.open(host);
      t.teardown(() => link.close());
      await transfer();
      await turns();
      t.same(heard(link), [0, 0], 'with no port');
      const claims = Array.from({ length: 40 }, () => link.claimPort(address(LOCAL), 0));
      clock.advanceTo(1000);
      await transfer();
      await turns();
      t.same(heard(link), [0, 0], 'with forty ports');
      const refused = connect(claims[7].port, LOCAL);
      await host.until('a SYN has come', () => host.packets.length > 0);
      t.equal(host.packets[0].readUInt16BE(22), claims[7].port);
      refused.destroy();
    });

    t.test('closes the filter for a port some time after its release', async (t) => {
      const clock = new VirtualClock();
      const link = make();
      link.open(Object.assign(new RecordingHost(), { clock }));
      t.teardown(() => link.close());
      const claim = link.claimPort(address(LOCAL), 0);
      claim.release();
      const again = await takePort(claim.port);
      await turns();
      const [, before] = heard(link);
      t.ok(before > 0, 'what is still let through is dropped here');
      t.equal(clock.pending, 1);
      clock.advanceTo(1000);
      again.connect();
      await again.done;
      await turns();
      t.equal(heard(link)[1], before);
      t.equal(clock.pending, 0);
    });

    t.test('leaves no timer and no descriptor behind', async (t) => {
      const before = openDescriptors();
      const clock = new VirtualClock();
      const link = make();
      link.open(Object.assign(new RecordingHost(), { clock }));
      link.claimPort(address(LOCAL), 0).release();
      const claim = link.claimPort(address(LOCAL), 0);
      link.close();
      claim.release();
      t.equal(clock.pending, 0);
      t.equal(openDescriptors(), before);
    });
  });

/** Packets handed on, and packets dropped because they were for others. */
function heard({ counters }: HostLink): [number, number] {
  return [counters.receivedPackets, counters.droppedForeign];
}

/** A server of the kernel on that port has one visitor, and another when `connect` is called. */
async function takePort(port: number): Promise<{ connect(): void; done: Promise<unknown> }> {
  const server = createServer((socket) => socket.end());
  await once(server.listen(port, LOCAL), 'listening');
  await once(connect(port, LOCAL).resume(), 'close');
  const done = once(server, 'close');
  return {
    done,
    connect() {
      connect(port, LOCAL)
        .resume()
        .on('close', () => server.close());
    },
  };
}

t.test('wrong options throw what Node throws', async (t) => {
  for (const [options, code] of [
    [null, 'ERR_INVALID_ARG_TYPE'],
    [{ namespace: 5 }, 'ERR_INVALID_ARG_TYPE'],
    [{ receiveBufferBytes: '4096' }, 'ERR_INVALID_ARG_TYPE'],
    [{ receiveBufferBytes: 2047 }, 'ERR_INVALID_ARG_VALUE'],
    [{ sendBufferBytes: 2 ** 30 }, 'ERR_INVALID_ARG_VALUE'],
    [{ sendBufferBytes: 4096.5 }, 'ERR_INVALID_ARG_VALUE'],
  ] as const) {
    t.throws(() => new RawLink(options as RawLinkOptions), { code, name: `TypeError [${code}]` });
  }
  t.ok(new RawLink({ sendBufferBytes: 2048, receiveBufferBytes: 2 ** 30 - 1 }));
});

t.test('a namespace that is not there', needs(RawLink.available()), async (t) => {
  const before = openDescriptors();
  const link = new RawLink({ namespace: 'usernet-nowhere' });
  const error = { code: 'EINVAL', message: /no network namespace usernet-nowhere.*ip netns list/ };
  t.throws(() => link.open(new RecordingHost()), error);
  t.equal(openDescriptors(), before);
});
