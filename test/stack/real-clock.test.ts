import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import t from 'tap';
import { RealClock } from '../../lib/stack/real-clock';

const clock = new RealClock();

/** Node's timers that would keep the process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

t.test('a timer runs at its time or after it, never before', async (t) => {
  // A test runner's own timers end this loop if something is broken.
  for (const delayMs of [0.2, 1, 3.7, 12.5]) {
    const at = clock.now() + delayMs;
    await new Promise<void>((resolve) => {
      clock.schedule(at, resolve);
    });
    t.ok(clock.now() >= at, `${delayMs} ms`);
  }
});

t.test('a timer that is moved to a later time keeps its Node timer', async (t) => {
  const real = globalThis.setTimeout;
  let armings = 0;
  globalThis.setTimeout = ((fn: () => void, delayMs: number) => {
    armings++;
    return real(fn, delayMs);
  }) as typeof setTimeout;
  t.teardown(() => {
    globalThis.setTimeout = real;
  });
  const start = clock.now();
  let ranAt = 0;
  await new Promise<void>((resolve) => {
    const timer = clock.schedule(start + 10, () => {
      ranAt = clock.now();
      resolve();
    });
    for (let ms = 10; ms <= 30; ms += 0.01) timer.reschedule(start + ms);
  });
  t.ok(ranAt >= start + 30 - 0.01, 'ran at the last time');
  t.ok(armings <= 4, `${armings} armings for 2,000 moves`);
});

t.test('a timer that is moved to an earlier time runs earlier', async (t) => {
  const start = clock.now();
  await new Promise<void>((resolve) => {
    const timer = clock.schedule(start + 60_000, resolve);
    timer.reschedule(start + 2);
  });
  t.ok(clock.now() >= start + 2);
  t.ok(clock.now() < start + 30_000);
});

t.test('a cancelled timer does not run, and may be armed again', async (t) => {
  let runs = 0;
  const timer = clock.schedule(clock.now() + 1, () => runs++);
  timer.cancel();
  await new Promise((resolve) => clock.schedule(clock.now() + 5, () => resolve(null)));
  t.equal(runs, 0);
  await new Promise<void>((resolve) => {
    const again = clock.schedule(clock.now() + 1, () => {
      runs++;
      if (runs < 3) again.reschedule(clock.now() + 1);
      else resolve();
    });
  });
  t.equal(runs, 3);
});

t.test('a timer that the process is late for lets in first what has arrived', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [peer] = (await once(server, 'connection')) as [Socket];
  for (const [answer, soon, later] of [
    ['cancelled', 0, 0],
    ['moved', 0, 1],
    ['left alone', 1, 1],
  ] as const) {
    let ran = 0;
    await new Promise((resolve) => setImmediate(resolve)); // timers come next, then input
    const timer = clock.schedule(clock.now() + 5, () => ran++);
    const arrival = new Promise((resolve) => {
      socket.once('data', () => {
        t.equal(ran, 0, `${answer}: not before`);
        if (answer === 'cancelled') timer.cancel();
        if (answer === 'moved') timer.reschedule(clock.now() + 20);
        setImmediate(resolve);
      });
    });
    peer.write('x'); // which the kernel hands over at once
    for (const end = clock.now() + 20; clock.now() < end; );
    await arrival;
    t.equal(ran, soon, answer);
    await new Promise((resolve) => setTimeout(() => setImmediate(resolve), 30));
    t.equal(ran, later, answer);
  }
  socket.destroy();
  peer.destroy();
  server.close();
});

t.test('a timer at Infinity only keeps the process alive, and only while referenced', async (t) => {
  const before = timers();
  const timer = clock.schedule(Number.POSITIVE_INFINITY, () => t.fail('ran'));
  t.equal(timers(), before + 1);
  timer.unref();
  t.equal(timers(), before);
  timer.reschedule(clock.now() + 60_000);
  t.equal(timers(), before, 'stays unreferenced when it is armed anew');
  timer.ref();
  t.equal(timers(), before + 1);
  timer.cancel();
  t.equal(timers(), before);
});

t.test('a timer that does not keep the process alive is not late for that', async (t) => {
  // An immediate without a reference waits for whatever else the loop waits for.
  const real = globalThis.setImmediate;
  t.teardown(() => {
    globalThis.setImmediate = real;
  });
  const referenced: boolean[] = [];
  globalThis.setImmediate = ((fn: () => void) => {
    const immediate = real(fn);
    queueMicrotask(() => referenced.push(immediate.hasRef()));
    return immediate;
  }) as typeof setImmediate;
  const other = setTimeout(() => undefined, 60_000);
  await new Promise<void>((resolve) => clock.schedule(clock.now() + 5, resolve).unref());
  clearTimeout(other);
  t.same(referenced, [true]);
});

t.test('a time that is none is refused', async (t) => {
  t.throws(() => clock.schedule(Number.NaN, () => {}), RangeError);
});

t.test('urgent deferrals run before the event loop turns, the others after', async (t) => {
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    clock.defer(() => {
      order.push('patient');
      resolve();
    }, false);
    clock.defer(() => order.push('urgent'), true);
    order.push('now');
  });
  t.same(order, ['now', 'urgent', 'patient']);
});
