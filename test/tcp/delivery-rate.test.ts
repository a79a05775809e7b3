/** Delivery rate samples: what arrived, by the longer of sending and acknowledging it. */
import t from 'tap';
import { DeliveryRate } from '../../lib/tcp/delivery-rate';
import { SegmentTables } from '../../lib/tcp/segment-tables';

/** `length` bytes have arrived that left at `sentAt`, with these stamps. */
function note(rate: DeliveryRate, length: number, now: number, stamps: readonly number[]): void {
  const tables = new SegmentTables(3);
  const [sentAt, delivered, deliveredAt, firstSentAt, lost = 0, flight = 0] = stamps;
  tables.sentAt[1] = sentAt;
  tables.deliveredAtSend[1] = delivered;
  tables.deliveryTimeAtSend[1] = deliveredAt;
  tables.firstSentAtSend[1] = firstSentAt;
  tables.lostAtSend[1] = lost;
  tables.flightAtSend[1] = flight;
  rate.note(length, now, tables, 1);
}

t.test('a burst counts by the time its ACKs take, spread ACKs by theirs', (t) => {
  const rate = new DeliveryRate();
  rate.restart(100);
  rate.begin();
  note(rate, 1000, 200, [100, 0, 100, 100]);
  note(rate, 1000, 200, [100, 0, 100, 100]);
  t.equal(rate.sample(0), 20, '2000 bytes in 100 ms');
  rate.begin();
  note(rate, 1000, 300, [280, 2000, 200, 100]);
  t.equal(rate.sample(0), 1000 / 180, 'sending took 180 ms, the ACK 100');
  t.equal(rate.delivered, 3000);
  t.end();
});

t.test('no sample without an arrival, in no time, or in less than a round trip', (t) => {
  const rate = new DeliveryRate();
  rate.restart(100);
  rate.begin();
  t.ok(Number.isNaN(rate.sample(0)));
  note(rate, 1000, 100, [100, 0, 100, 100]);
  t.ok(Number.isNaN(rate.sample(0)));
  rate.begin();
  note(rate, 1000, 150, [100, 1000, 100, 100]);
  t.ok(Number.isNaN(rate.sample(80)));
  t.equal(rate.sample(50), 20);
  t.end();
});

t.test('what leaves while the user is slow to write, says nothing of the path', (t) => {
  const rate = new DeliveryRate();
  rate.restart(100);
  rate.begin();
  note(rate, 1000, 200, [100, 0, 100, 100]);
  rate.noteLimited(2000);
  rate.begin();
  note(rate, 1000, 210, [110, 500, 100, 100]);
  t.equal(rate.isLimited, false, 'it left before');
  rate.noteLimited(1000);
  for (const [prior, isLimited] of [
    [1000, true],
    [2999, true],
    [3000, false],
  ] as const) {
    rate.begin();
    note(rate, 0, 300, [200, prior, 200, 200]);
    t.equal(rate.isLimited, isLimited, `${prior}`);
  }
  t.end();
});

t.test('what was lost and on its way as the latest of the arrivals left, is kept with it', (t) => {
  const rate = new DeliveryRate();
  rate.begin();
  note(rate, 1000, 200, [110, 1000, 100, 100, 300, 4000]);
  note(rate, 1000, 200, [100, 500, 100, 100, 200, 9000]);
  t.equal(rate.priorLost, 300);
  t.equal(rate.priorFlight, 4000);
  t.end();
});
