/** The raw link's sending half against a kernel that says no in every way a kernel can. */
import t from 'tap';
import { EAGAIN, EBADF, EINTR, ENOBUFS } from '../../lib/link/errno';
import { type Libc, loadLibc } from '../../lib/link/libc';
import { LinkCounters } from '../../lib/link/link-counters';
import { RawTransmitter } from '../../lib/link/raw-transmitter';
import { packetMemory } from '../../lib/support/memory';

const EPERM = 1;
const MESSAGE_BYTES = 64;

/** What the kernel does at the next calls: takes so many packets, or fails with -errno. */
type Answer = number;

class FakeKernel {
  readonly answers: Answer[] = [];
  /** First payload byte and length of each packet taken, in order. */
  readonly taken: [number, number][] = [];
  /** Scopes of the IPv6 addresses that small packets went to. */
  readonly scopes: number[] = [];
  /** The descriptor of each call. */
  readonly descriptors: number[] = [];
  /** Of packets that came in several: each of them. */
  readonly pieces: Buffer[] = [];
  /** How many packets were offered at each call; 0 for a sendto. */
  readonly calls: number[] = [];
  readonly base = Number(packetMemoryBase());
  #errno = 0;

  readonly libc = {
    addressOf: () => this.base,
    errno: () => this.#errno,
    sendto: (fd: number, address: number, length: number) =>
      this.#answer(fd, 0, 1, () => this.#take(address - this.base, length), length),
    sendmmsg: (fd: number, messages: number, count: number) =>
      this.#answer(fd, count, count, (i) => this.#takeMessage(messages - this.base, i), 0),
  } as unknown as Libc;

  #answer(
    fd: number,
    call: number,
    count: number,
    take: (i: number) => void,
    result: number,
  ): number {
    this.calls.push(call);
    this.descriptors.push(fd);
    const answer = this.answers.shift() ?? count;
    if (answer < 0) {
      this.#errno = -answer;
      return -1;
    }
    for (let i = 0; i < answer; i++) take(i);
    return call === 0 ? result : answer;
  }

  /** Follows the structures as the kernel would, and checks the destination. */
  #takeMessage(messages: number, index: number): void {
    const message = messages + index * MESSAGE_BYTES;
    const iov = this.#pointer(message + 16);
    const name = this.#pointer(message);
    const { view } = packetMemory;
    const packet = this.#pointer(iov);
    const isV6 = packetMemory.bytes[packet] >> 4 === 6;
    const [inName, inPacket] = isV6 ? [20, 36] : [4, 16];
    if (view.getInt32(name + inName) !== view.getInt32(packet + inPacket)) {
      throw new Error('destination');
    }
    if (view.getUint16(name, true) !== (isV6 ? 10 : 2)) throw new Error('family');
    if (view.getUint32(message + 8, true) !== (isV6 ? 28 : 16)) {
      throw new Error('length of the name');
    }
    if (isV6) this.scopes.push(view.getInt32(name + 24, true));
    let length = 0;
    const pieces = view.getUint32(message + 24, true);
    for (let i = 0; i < pieces; i++) {
      const at = this.#pointer(iov + 16 * i);
      const bytes = view.getUint32(iov + 16 * i + 8, true);
      if (pieces > 1) this.pieces.push(Buffer.from(packetMemory.bytes.slice(at, at + bytes)));
      length += bytes;
    }
    this.#take(packet, length);
  }

  #pointer(at: number): number {
    return Number(packetMemory.view.getBigUint64(at, true)) - this.base;
  }

  #take(offset: number, length: number): void {
    this.taken.push([packetMemory.bytes[offset + 20], length]);
  }
}

function packetMemoryBase(): number {
  return process.platform === 'linux' ? loadLibc().addressOf(packetMemory.bytes) : 2 ** 40;
}

function setUp() {
  const kernel = new FakeKernel();
  const counters = new LinkCounters();
  const events = { blocked: 0, failures: [] as Error[], refused: [] as [number, string][] };
  const transmitter = new RawTransmitter(kernel.libc, 3, 4, counters, {
    handleBlocked: () => events.blocked++,
    handleRefused: (offset, _length, code) =>
      events.refused.push([packetMemory.bytes[offset + 20], code]),
    handleFailure: (error) => events.failures.push(error),
  });
  let next = 0;
  const commit = (length: number): boolean => {
    const offset = transmitter.reserve(length);
    if (offset < 0) return false;
    packetMemory.bytes[offset] = 0x45;
    packetMemory.view.setInt32(offset + 16, 0x7f000001 + next);
    packetMemory.bytes[offset + 20] = next++;
    transmitter.commit(length);
    return true;
  };
  return { kernel, counters, events, transmitter, commit };
}

t.test('small packets leave together, large ones at once and in order', async (t) => {
  const { kernel, counters, transmitter, commit } = setUp();
  commit(100);
  commit(200);
  t.same(kernel.calls, [], 'nothing is sent before flush');
  commit(16_384);
  t.same(kernel.calls, [2, 0], 'a large packet takes the small ones before it along');
  commit(300);
  transmitter.flush();
  transmitter.flush();
  t.same(kernel.calls, [2, 0, 0], 'a single one by itself');
  t.same(kernel.taken, [
    [0, 100],
    [1, 200],
    [2, 16_384],
    [3, 300],
  ]);
  t.equal(counters.sentPackets, 4);
  t.equal(counters.sentBytes, 100 + 200 + 16_384 + 300);
  transmitter.dispose();
});

t.test('sixty-four small packets go without a flush', async (t) => {
  const { kernel, transmitter, commit } = setUp();
  for (let i = 0; i < 64; i++) t.ok(commit(100));
  t.same(kernel.calls, [64]);
  transmitter.dispose();
});

for (const errno of [EAGAIN, ENOBUFS]) {
  t.test(`keeps what errno ${errno} refused, and sends it in order later`, async (t) => {
    const { kernel, counters, events, transmitter, commit } = setUp();
    kernel.answers.push(2, -errno);
    for (let i = 0; i < 5; i++) commit(100);
    transmitter.flush();
    t.same(kernel.calls, [5, 3], 'two were taken, the rest refused');
    t.equal(events.blocked, 1);
    t.ok(transmitter.blocked);

    let accepted = 5;
    while (commit(20_000)) accepted++;
    transmitter.flush();
    t.same(kernel.calls, [5, 3], 'nothing is tried while it is blocked');
    t.ok(accepted > 10, `${accepted} fit into the queue`);

    kernel.answers.push(1, -errno);
    t.notOk(transmitter.handleWritable(), 'still no room');
    t.equal(events.blocked, 2);
    t.ok(transmitter.handleWritable(), 'room, and somebody had found none');
    t.notOk(transmitter.blocked);
    t.notOk(transmitter.handleWritable(), 'said once');
    t.same(
      kernel.taken.map(([first]) => first),
      [...Array(accepted).keys()],
    );
    t.equal(counters.droppedRefused, 0);
    transmitter.dispose();
  });
}

t.test('a packet that the kernel will never send is dropped alone, and counted', async (t) => {
  const { kernel, counters, events, transmitter, commit } = setUp();
  kernel.answers.push(1, -EPERM, -EINTR);
  for (let i = 0; i < 4; i++) commit(100);
  transmitter.flush();
  t.same(
    kernel.taken.map(([first]) => first),
    [0, 2, 3],
    'an interrupted call is repeated',
  );
  t.equal(counters.droppedRefused, 1);
  t.equal(counters.sentPackets, 3);
  t.equal(events.blocked, 0);
  kernel.answers.push(-EPERM);
  commit(30_000);
  t.equal(counters.droppedRefused, 2, 'also a large one');
  t.same(
    events.refused,
    [
      [1, 'EPERM'],
      [4, 'EPERM'],
    ],
    'and somebody hears which',
  );
  transmitter.dispose();
});

t.test('a large packet leaves from where its text is, or waits as a copy', async (t) => {
  const { kernel, counters, transmitter, commit } = setUp();
  const text = packetMemory.allocate(32_768);
  packetMemory.bytes.fill(7, text, text + 16_384);
  packetMemory.bytes.fill(8, text + 16_384, text + 32_768);
  const gather = (first: number, textBytes: number, moreBytes: number): void => {
    const offset = transmitter.reserve(40 + textBytes + moreBytes);
    packetMemory.bytes.fill(0x45, offset, offset + 40);
    packetMemory.bytes[offset + 20] = first;
    transmitter.commitText(40, text, textBytes, text + 16_384, moreBytes);
  };
  commit(100);
  gather(50, 16_000, 5000);
  t.same(kernel.calls, [0, 1], 'what was waiting goes first');
  t.same(
    kernel.pieces.map(({ length }) => length),
    [40, 16_000, 5000],
  );
  t.ok(kernel.pieces[1].every((byte) => byte === 7) && kernel.pieces[2].every((b) => b === 8));
  gather(51, 100, 100);
  t.same(kernel.calls, [0, 1], 'a small one waits for others');
  transmitter.flush();
  kernel.answers.push(-EAGAIN, -EAGAIN);
  gather(52, 16_384, 1);
  gather(53, 16_384, 1);
  t.ok(transmitter.blocked);
  packetMemory.bytes.fill(9, text, text + 16_384);
  t.notOk(transmitter.handleWritable(), 'nobody had found no room');
  const firsts = kernel.taken.map(([first, length]) => [first, length]);
  t.same(firsts.slice(1), [
    [50, 21_040],
    [51, 240],
    [52, 16_425],
    [53, 16_425],
  ]);
  t.equal(counters.sentPackets, 5);
  t.equal(counters.sentBytes, 100 + 21_040 + 240 + 2 * 16_425);
  packetMemory.release(text, 32_768);
  transmitter.dispose();
});

t.test('each reason of a refusal is counted by its name', async (t) => {
  const { kernel, counters, events, transmitter, commit } = setUp();
  for (const errno of [1, 13, 22, 90, 100, 101, 113]) {
    kernel.answers.push(-errno);
    commit(100);
    transmitter.flush();
  }
  const codes = events.refused.map(([, code]) => code);
  const unreachable = ['ENETDOWN', 'ENETUNREACH', 'EHOSTUNREACH'];
  t.same(codes, ['EPERM', 'EACCES', 'EINVAL', 'EMSGSIZE', ...unreachable]);
  const { droppedRefused, refusedTooLong, refusedUnreachable, refusedForbidden } = counters;
  const counted = [droppedRefused, refusedTooLong, refusedUnreachable, refusedForbidden];
  t.same(counted, [7, 1, 3, 2]);
  transmitter.dispose();
});

t.test('a broken socket is reported once', async (t) => {
  const { kernel, events, transmitter, commit } = setUp();
  kernel.answers.push(-EBADF);
  commit(100);
  transmitter.flush();
  transmitter.flush();
  t.equal(events.failures.length, 1);
  t.equal(kernel.calls.length, 1);
  transmitter.dispose();
});

t.test('gives its memory back', async (t) => {
  const before = packetMemory.allocated;
  const { transmitter, commit } = setUp();
  t.ok(packetMemory.allocated > before);
  commit(100);
  transmitter.dispose();
  t.equal(packetMemory.allocated, before);
});

t.test('each family leaves by its own socket, in order, and zones by their number', async (t) => {
  const { kernel, transmitter, commit } = setUp();
  const commit6 = (first: number, scope: number): void => {
    const offset = transmitter.reserve(100);
    packetMemory.bytes.fill(0, offset, offset + 100);
    packetMemory.bytes[offset] = 0x60;
    for (const at of [8, 24]) {
      packetMemory.view.setInt32(offset + at, first);
      packetMemory.view.setInt32(offset + at + 4, scope);
    }
    packetMemory.view.setInt32(offset + 36, 7);
    transmitter.commit(100);
  };
  commit(100);
  commit6(0xfe800000, 5);
  commit6(0x20010db8, 9);
  commit(100);
  kernel.answers.push(1, 1, -EAGAIN);
  transmitter.flush();
  t.same(kernel.descriptors, [3, 4, 4]);
  t.equal(transmitter.blocked, true);
  transmitter.handleWritable();
  t.same(kernel.descriptors, [3, 4, 4, 4, 3]);
  t.same(kernel.scopes, [5, 0], 'a global address keeps its second word, and has no scope');
  transmitter.dispose();
});
