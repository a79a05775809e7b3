/** The TUN link's sending half against a device that says no in every way a device can. */
import t from 'tap';
import { EAGAIN, EBADF, EBADFD, EINTR, EIO } from '../../lib/link/errno';
import type { Libc } from '../../lib/link/libc';
import { LinkCounters } from '../../lib/link/link-counters';
import { OVERSIZE_BYTES } from '../../lib/link/oversize';
import { TunTransmitter } from '../../lib/link/tun-transmitter';
import { packetMemory } from '../../lib/support/memory';

const EINVAL = 22;
const BASE = 2 ** 40;
const FD = 3;

class FakeDevice {
  /** errnos of the next calls; 0: it is taken. */
  readonly answers: number[] = [];
  /** Descriptor, length, and last byte of each packet taken. */
  readonly taken: [number, number, number][] = [];
  /** What came in pieces, put together. */
  readonly gathered: string[] = [];
  calls = 0;
  #errno = 0;

  readonly libc = {
    addressOf: () => BASE,
    errno: () => this.#errno,
    write: (fd: number, address: number, length: number) => {
      this.calls++;
      this.#errno = this.answers.shift() ?? 0;
      if (this.#errno !== 0) return -1;
      this.taken.push([fd, length, packetMemory.bytes[address - BASE + length - 1]]);
      return length;
    },
    writev: (_fd: number, pieces: number, count: number) => {
      this.calls++;
      this.#errno = this.answers.shift() ?? 0;
      if (this.#errno !== 0) return -1;
      const { view, bytes } = packetMemory;
      const parts: Uint8Array[] = [];
      for (let at = pieces - BASE, left = count; left > 0; left--, at += 16) {
        const offset = Number(view.getBigUint64(at, true)) - BASE;
        parts.push(bytes.subarray(offset, offset + Number(view.getBigUint64(at + 8, true))));
      }
      this.gathered.push(Buffer.concat(parts).toString('hex'));
      return 1;
    },
  } as unknown as Libc;
}

function setUp({ descriptors = [FD], hasHeader = false } = {}) {
  const device = new FakeDevice();
  const counters = new LinkCounters();
  const events = { blocked: [] as number[], failures: [] as string[] };
  const transmitter = new TunTransmitter(device.libc, descriptors, hasHeader, counters, {
    handleBlocked: (fd) => events.blocked.push(fd),
    handleFailure: (error) => events.failures.push((error as NodeJS.ErrnoException).code!),
  });
  let next = 0;
  const send = (length: number, port = 1): boolean => {
    const offset = transmitter.reserve(length);
    if (offset < 0) return false;
    packetMemory.bytes.fill(0, offset, offset + length);
    packetMemory.bytes[offset] = 0x45;
    packetMemory.view.setUint16(offset + 20, port);
    packetMemory.bytes[offset + length - 1] = ++next;
    transmitter.commit(length, 0);
    return true;
  };
  return { device, counters, events, transmitter, send };
}

t.test('each packet is written when it is complete, at the same place', async (t) => {
  const { device, counters, transmitter, send } = setUp();
  const first = transmitter.reserve(100);
  t.equal(transmitter.reserve(OVERSIZE_BYTES), first);
  t.equal(transmitter.reserve(OVERSIZE_BYTES + 1), -1);
  t.ok(send(100) && send(65_535));
  t.same(device.taken, [
    [FD, 100, 1],
    [FD, 65_535, 2],
  ]);
  t.match(counters, { sentPackets: 2, sentBytes: 65_635 });
  transmitter.dispose();
});

t.test('the virtio header goes before it, and does not count', async (t) => {
  const { device, counters, transmitter, send } = setUp({ hasHeader: true });
  t.ok(send(100));
  t.same(device.taken, [[FD, 110, 1]]);
  t.equal(counters.sentBytes, 100);
  transmitter.dispose();
});

t.test('keeps what the device has no room for, and nothing is lost', async (t) => {
  const { device, counters, events, transmitter, send } = setUp();
  device.answers.push(EAGAIN, EAGAIN);
  t.ok(send(100), 'it is taken all the same');
  t.same(events.blocked, [FD]);
  t.ok(transmitter.blocked);
  t.notOk(send(100), 'but there is no room for another');
  t.notOk(transmitter.handleWritable(), 'still none');
  t.same(events.blocked, [FD, FD]);
  t.ok(transmitter.handleWritable(), 'now there is, and somebody has been waiting');
  t.notOk(transmitter.blocked);
  t.notOk(transmitter.handleWritable(), 'said once');
  t.ok(send(100));
  t.same(
    device.taken.map(([, , last]) => last),
    [1, 2],
  );
  t.equal(counters.sentPackets, 2);
  device.answers.push(EAGAIN);
  send(100);
  t.notOk(transmitter.handleWritable(), 'nobody waits');
  transmitter.dispose();
});

t.test(
  'an interrupted write is repeated, a refused packet counted, a device down too',
  async (t) => {
    const { device, counters, events, transmitter, send } = setUp();
    device.answers.push(EINTR);
    t.ok(send(100));
    device.answers.push(EINVAL);
    t.ok(send(100));
    device.answers.push(EIO);
    t.ok(send(100));
    t.ok(send(100));
    t.same(
      device.taken.map(([, , last]) => last),
      [1, 4],
    );
    t.match(counters, { sentPackets: 2, droppedRefused: 1, droppedDown: 1 });
    t.same(events.failures, []);
    transmitter.dispose();
  },
);

for (const [errno, code] of [
  [EBADF, 'EINVAL'],
  [EBADFD, 'ENODEV'],
] as const) {
  t.test(`errno ${errno} is the end of the device`, async (t) => {
    const { device, events, transmitter, send } = setUp();
    device.answers.push(errno);
    send(100);
    t.same(events.failures, [code]);
    transmitter.dispose();
  });
}

t.test('text is taken from where it lies, and copied only to wait', async (t) => {
  const { device, counters, transmitter } = setUp({ hasHeader: true });
  const text = packetMemory.allocate(256);
  packetMemory.bytes.set([1, 2, 3, 4, 5, 6], text);
  const commit = (more: number): void => {
    const offset = transmitter.reserve(6);
    packetMemory.bytes.set([0x45, 0xee], offset);
    transmitter.commitText(2, text + 1, 2, text + 4, more, 0);
  };
  commit(2);
  commit(0);
  const header = '00'.repeat(10);
  t.same(device.gathered, [`${header}45ee02030506`, `${header}45ee0203`]);
  t.match(counters, { sentPackets: 2, sentBytes: 10 });
  device.answers.push(EAGAIN, EAGAIN);
  commit(2);
  t.ok(transmitter.blocked);
  packetMemory.bytes.fill(0, text, text + 6);
  transmitter.handleWritable();
  t.same(device.taken, [[FD, 16, 6]], 'what waited is as it was');
  t.match(counters, { sentPackets: 3, sentBytes: 16 });
  packetMemory.release(text, 256);
  transmitter.dispose();
});

t.test('a flow keeps to its queue, and flows are spread', async (t) => {
  const descriptors = [3, 4, 5, 6];
  const { device, transmitter, send } = setUp({ descriptors });
  for (let port = 1; port <= 200; port++) {
    send(100, port);
    send(100, port);
  }
  for (let i = 0; i < 400; i += 2) t.equal(device.taken[i][0], device.taken[i + 1][0]);
  for (const fd of descriptors) {
    const share = device.taken.filter(([one]) => one === fd).length;
    t.ok(share > 50 && share < 150, `${share} of 400`);
  }
  transmitter.dispose();
});

t.test('gives its memory back', async (t) => {
  const before = packetMemory.allocated;
  const { transmitter } = setUp();
  t.ok(packetMemory.allocated > before);
  transmitter.dispose();
  t.equal(packetMemory.allocated, before);
});
