/**
 * Transfers over a path that becomes narrower while they run: all of them arrive, byte for byte.
 */
import t, { type Test as Tap } from 'tap';
import { VirtualClock } from '../../lib/sim/virtual-clock';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import { IPV4_ANY } from '../../lib/wire/ip-address';
import type { TcpConfig, TcpInfo } from '../../types/tcp';
import '../support/invariant-check';
import { Router } from '../support/router';
import { TransferUser } from '../support/transfer-user';

const PORT = 80;
const BYTES = 1_000_000;
const EVENTS = 2_000_000;

interface Course {
  /** What happens, and after how many carried packets. */
  changes: [number, (router: Router) => void][];
  /** Who sends: the host that called, the one that was called, or both. */
  senders?: ('caller' | 'called')[];
  tcp?: Partial<TcpConfig>;
}

interface Outcome {
  router: Router;
  caller: TcpInfo;
  called: TcpInfo;
  ms: number;
}

function transfer(t: Tap, course: Course): Outcome {
  const memory = packetMemory.allocated;
  const clock = new VirtualClock();
  const router = new Router({ clock, delayMs: 10, seed: 1191, tcp: course.tcp });
  const { senders = ['caller'] } = course;
  const users: TransferUser[] = [];
  const plan = (name: 'caller' | 'called') => ({
    bytes: senders.includes(name) ? BYTES : 0,
    writeSeed: name === 'caller' ? 1 : 2,
    readSeed: name === 'caller' ? 2 : 1,
    largestWrite: 65_536,
    dawdle: 0,
    dawdleMs: 0,
    waitsForEnd: name === 'called',
  });
  const [near, far] = router.hosts;
  far.stack.listen({ address: IPV4_ANY, port: PORT, backlog: 8 }, (connection) => {
    users[1] = new TransferUser(connection, plan('called'), new SeededRandom(2), clock);
    connection.handler = users[1];
  });
  const request = { remoteAddress: far.address, remotePort: PORT };
  const connection = near.stack.connect(request, ignore());
  users[0] = new TransferUser(connection, plan('caller'), new SeededRandom(1), clock);
  connection.handler = users[0];
  const changes = [...course.changes];
  const isOver = (): boolean => {
    while (changes.length > 0 && router.carried >= changes[0][0]) changes.shift()![1](router);
    return users.length === 2 && users.every(({ isClosed }) => isClosed);
  };
  t.ok(clock.run(isOver, EVENTS), 'both users know that all is over');
  t.equal(changes.length, 0, 'the path has changed meanwhile');
  const ms = clock.now();
  t.equal(users[0].findLack(plan('called').bytes), '', 'the caller has everything');
  t.equal(users[1].findLack(plan('caller').bytes), '', 'the called one has everything');
  const infos = users.map((user) => user.connection.info());
  clock.run(undefined, EVENTS);
  router.close();
  t.equal(packetMemory.allocated, memory, 'no packet memory is kept');
  return { router, caller: infos[0], called: infos[1], ms };
}

function ignore() {
  const nothing = (): void => {};
  return {
    handleConnect: nothing,
    handleUrgent: nothing,
    handleReadable: nothing,
    handleWritable: nothing,
    handleError: nothing,
    handleClose: nothing,
  };
}

const narrowTo =
  (mtu: number, side: 0 | 1 = 1) =>
  (router: Router): void => {
    router.mtus[side] = mtu;
  };

t.test('the MTU drops to 1,000 in the middle, whoever sends', async (t) => {
  for (const senders of [['caller'], ['called'], ['caller', 'called']] as const) {
    await t.test(senders.join(' and '), async (t) => {
      const changes: Course['changes'] = [
        [300, narrowTo(1000)],
        [301, narrowTo(1000, 0)],
      ];
      const { router, caller, called, ms } = transfer(t, { changes, senders: [...senders] });
      t.ok(router.refused > 0, `${router.refused} packets did not fit`);
      for (const [name, info] of [
        ['caller', caller],
        ['called', called],
      ] as const) {
        if (!senders.includes(name as never)) continue;
        t.equal(info.snd_mss, 1000 - 40 - 12, `${name} sends what fits`);
        t.equal(info.backoff, 0);
      }
      t.ok(ms < 5000, `${Math.round(ms)} ms: nobody waited for a timeout in vain`);
    });
  }
});

t.test('it drops again and again, and once the router does not say to what', async (t) => {
  const vague = (router: Router): void => {
    router.speaks = 'vaguely';
    router.mtus[1] = 600;
  };
  const changes: Course['changes'] = [
    [100, narrowTo(1400)],
    [200, narrowTo(1300)],
    [300, narrowTo(1006)],
    [400, vague],
  ];
  const { router, caller } = transfer(t, { changes });
  t.ok(router.refused > 3);
  t.equal(caller.snd_mss, 552 - 40 - 12, 'the next plateau below 1,006 is below the floor');
});

t.test('below the floor routers cut what is sent', async (t) => {
  const { router, caller } = transfer(t, { changes: [[300, narrowTo(400)]] });
  t.equal(caller.snd_mss, 552 - 40 - 12);
  t.ok(router.cut > 100, `${router.cut} packets were cut`);
});

t.test('a path that swallows large packets without a word is found out', async (t) => {
  const silent = (router: Router): void => {
    router.speaks = 'not at all';
    router.mtus[1] = 1000;
  };
  for (const carried of [2, 300]) {
    const { router, caller, ms } = transfer(t, { changes: [[carried, silent]] });
    t.ok(router.refused > 0);
    t.ok(caller.snd_mss <= 1000 - 40 - 12, `segments of ${caller.snd_mss} bytes get through`);
    t.comment(`${Math.round(ms)} ms, when ${carried} packets had been carried`);
  }
});

t.test('a path that widens again does no harm', async (t) => {
  const changes: Course['changes'] = [
    [100, narrowTo(700)],
    [400, narrowTo(1500)],
  ];
  const { caller } = transfer(t, { changes });
  t.equal(caller.snd_mss, 700 - 40 - 12, 'the connection keeps to what it has learnt');
});
