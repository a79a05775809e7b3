/** Programs in virtual time: sockets, promises and timers, the same way every time. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { createNet } from '../../lib/net/create-net';
import { simulate } from '../../lib/sim/network';
import { play, useVirtualTimers } from '../../lib/sim/play';
import { VirtualClock } from '../../lib/sim/virtual-clock';

t.test('sockets and their timeouts live in virtual time, and repeat themselves', async (t) => {
  const story = async (): Promise<string[]> => {
    const { clock, hosts, path, close } = simulate({
      seed: 5,
      hosts: { a: {}, b: {} },
      paths: [['a', { delayMs: 20, loss: 0.1 }, 'b']],
    });
    const restore = useVirtualTimers(clock);
    const lines: string[] = [];
    const note = (text: string) => lines.push(`${clock.now()} ${text}`);
    const server = createNet(hosts.b.stack).createServer((socket) => socket.pipe(socket));
    server.listen(80, '10.0.0.2');
    const socket = createNet(hosts.a.stack).connect(80, '10.0.0.2');
    let isOver = false;
    let bytes = 0;
    socket.on('connect', () => socket.write(Buffer.alloc(50_000)));
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      note(`${bytes}`);
      if (bytes < 50_000) return;
      path('a', 'b').impair({ down: true });
      socket.setTimeout(3000, () => {
        note('timeout');
        isOver = true;
      });
    });
    const ended = await play(clock, () => isOver, 60_000);
    lines.push(String(ended));
    restore();
    close();
    return lines;
  };
  const first = await story();
  t.equal(first.at(-1), 'true');
  t.match(first.at(-2), /timeout/);
  t.ok(first.length > 5);
  t.same(await story(), first);
});

t.test('timers run, repeat, move and stop as Node’s do', async (t) => {
  const clock = new VirtualClock();
  const real = setTimeout;
  const restore = useVirtualTimers(clock);
  const seen: string[] = [];
  const note = (text: string) => seen.push(`${clock.now()} ${text}`);
  setTimeout((a: string, b: string) => note(a + b), 10, 'x', 'y');
  const interval = setInterval(() => note('again'), 20);
  const moved = setTimeout(() => note('moved'), 30);
  clearTimeout(setTimeout(() => note('never'), 5));
  setTimeout(() => moved.refresh(), 25);
  setTimeout(() => clearInterval(interval), 50);
  t.equal(moved.unref().hasRef(), false);
  t.equal(moved.ref().hasRef(), true);
  await play(clock, () => false);
  restore();
  t.same(seen, ['10 xy', '20 again', '40 again', '55 moved']);
  t.equal(setTimeout, real);
});

t.test('play ends where nothing is left, and at its limit', async (t) => {
  const clock = new VirtualClock();
  t.equal(await play(clock, () => false), false);
  clock.schedule(100, () => {});
  t.equal(await play(clock, () => false, 50), false);
  t.equal(clock.now(), 0);
  let isDone = false;
  Promise.resolve().then(() => {
    isDone = true;
  });
  t.equal(await play(clock, () => isDone, 50), true, 'promises have their turn');
});

t.test('the example tells the same story each time', async (t) => {
  const run = () =>
    execFileSync(process.execPath, [join(__dirname, '../../examples/lab.js')], {
      encoding: 'utf8',
    });
  const text = run();
  t.match(text, /all goes well +100000 bytes/);
  t.match(text, /20th packet is lost +100000 bytes/);
  t.match(text, /resets +ECONNRESET/);
  t.match(text, /vanishes +no answer for 5 s/);
  t.equal(run(), text);
});
