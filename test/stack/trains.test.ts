/** Trains (lib/tcp/train) through a stack: whatever room the link has, the wire sees plain segments. */
import t from 'tap';
import { describePacket, type PacketText, packet } from './support/packet';
import { address, setUp, type TestStack } from './support/setup';

const TEXT_BYTES = 14_600;

/** A connection to 10.0.0.2:80 whose peer has a large window. */
function established(takesTrains: boolean): TestStack & { port: number; send(): void } {
  const test = setUp({ takesTrains }, { initialSequence: () => 0 });
  const user = test.connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
  test.turn();
  const port = user.connection!.localPort;
  const line = 'S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK>';
  test.link.deliver([packet('10.0.0.2:80', `10.0.0.1:${port}`, line)]);
  test.turn();
  test.link.take();
  const chunk = Buffer.alloc(TEXT_BYTES, 0x61);
  return Object.assign(test, { port, send: () => void user.connection!.send(chunk) });
}

function textOf({ sent }: TestStack['link']): PacketText[] {
  return sent.map((one) => describePacket(one));
}

t.test('the same packets leave as without', async (t) => {
  const [plain, trains] = [false, true].map((takesTrains) => {
    const test = established(takesTrains);
    test.send();
    test.turn();
    return textOf(test.link);
  });
  t.equal(plain.length, 10);
  t.ok(plain.every(({ sound }) => sound));
  t.same(
    trains.map(({ text, sound }) => [text, sound]),
    plain.map(({ text, sound }) => [text, sound]),
  );
});

t.test('a link without room gets the rest when it has some', async (t) => {
  const test = established(true);
  test.link.room = 3;
  test.send();
  test.turn();
  t.equal(test.link.sent.length, 3);
  for (const room of [1, 4, 9]) {
    test.link.room = room;
    test.link.host!.writable();
    test.turn();
  }
  const starts = textOf(test.link).map(({ text }) => Number(/ (\d+):/.exec(text)?.[1]));
  const expected = Array.from({ length: 10 }, (_, i) => 1 + 1460 * i);
  t.same(starts, expected, 'in order, each once');
});

t.test('who aborts in the middle of a train sends no more of it', async (t) => {
  const test = setUp({ takesTrains: true }, { initialSequence: () => 0 });
  const user = test.connect({ remoteAddress: address('10.0.0.2'), remotePort: 80 });
  test.turn();
  const line = 'S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK>';
  const to = `10.0.0.1:${user.connection!.localPort}`;
  test.link.deliver([packet('10.0.0.2:80', to, line)]);
  test.turn();
  test.link.take();
  test.link.room = 2;
  user.connection!.send(Buffer.alloc(TEXT_BYTES));
  test.turn();
  user.connection!.abort();
  test.link.room = 9;
  test.link.host!.writable();
  test.turn();
  const flags = textOf(test.link).map(({ text }) => text.split(' ')[0]);
  t.same(flags.length, 3);
  t.match(flags[2], /R/);
});
