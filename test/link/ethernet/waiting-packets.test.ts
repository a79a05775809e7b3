import t from 'tap';
import {
  WAITING_BYTES,
  WAITING_BYTES_OF_LINK,
  WAITING_PACKETS,
  WaitingBudget,
  WaitingPackets,
} from '../../../lib/link/ethernet/waiting-packets';
import { packetMemory } from '../../../lib/support/memory';

const AT = packetMemory.allocate(WAITING_BYTES + 1);

function push(queue: WaitingPackets, mark: number, length = 100): number {
  packetMemory.bytes[AT] = mark;
  return queue.push(AT, length, mark + 1000);
}

function marks(queue: WaitingPackets): number[] {
  const all: number[] = [];
  queue.drain((offset, _length, pieceBytes) => {
    const mark = packetMemory.bytes[offset];
    all.push(pieceBytes === mark + 1000 ? mark : -1);
  });
  return all;
}

t.test('keeps copies in order, and the newest where there are too many', async (t) => {
  const before = packetMemory.allocated;
  const budget = new WaitingBudget();
  const queue = new WaitingPackets(budget);
  for (let i = 1; i <= WAITING_PACKETS; i++) t.equal(push(queue, i), 0);
  t.equal(push(queue, 99), 1, 'one more costs the oldest');
  t.equal(queue.count, WAITING_PACKETS);
  t.same(marks(queue), [...Array(WAITING_PACKETS).keys()].map((i) => i + 2).with(-1, 99));
  t.equal(queue.count, 0);
  t.equal(budget.bytes, 0);
  t.equal(packetMemory.allocated, before);
});

t.test('so many bytes for one neighbour', async (t) => {
  const queue = new WaitingPackets(new WaitingBudget());
  push(queue, 1, WAITING_BYTES - 100);
  t.equal(push(queue, 2, 100), 0, 'full');
  t.equal(push(queue, 3, 1), 1);
  t.equal(push(queue, 4, WAITING_BYTES), 2);
  t.equal(push(queue, 5, WAITING_BYTES + 1), 2, 'too long even for an empty queue');
  t.same(marks(queue), []);
  push(queue, 6);
  push(queue, 7);
  t.equal(queue.drop(), 2);
});

t.test('and for all of them', async (t) => {
  const budget = new WaitingBudget();
  const queues: WaitingPackets[] = [];
  for (let i = 0; i < WAITING_BYTES_OF_LINK / WAITING_BYTES; i++) {
    const queue = new WaitingPackets(budget);
    t.equal(push(queue, i, WAITING_BYTES), 0);
    queues.push(queue);
  }
  const late = new WaitingPackets(budget);
  t.equal(push(late, 1, 1), 1, 'who has nothing can take nothing from the others');
  t.equal(push(queues[0], 42, 1), 1, 'but may replace what is his');
  for (const queue of queues) queue.drop();
  t.equal(push(late, 1, 1), 0);
  late.drop();
  t.equal(budget.bytes, 0);
});
