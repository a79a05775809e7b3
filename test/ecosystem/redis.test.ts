/** ioredis on usernet, over raw links, against Debian's redis-server. */
import '../../lib/register';

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { checkCarried, HOST, type ServerRecipe, serverTest } from './support/host-server';

const redisServer: ServerRecipe = {
  program: 'redis-server',
  args: ({ folder, port }) => [
    ...['--bind', HOST, '--port', String(port), '--dir', folder],
    ...['--save', '', '--appendonly', 'no', '--protected-mode', 'no'],
  ],
  ready: /Ready to accept connections/,
};

serverTest('ioredis sets, gets, pipelines, subscribes and blocks', redisServer, async (t, port) => {
  const redis = new Redis(port, HOST);
  t.equal(await redis.set('name', 'usernet'), 'OK');
  t.equal(await redis.get('name'), 'usernet');
  const large = randomBytes(4 << 20);
  await redis.set('large', large);
  t.ok(large.equals((await redis.getBuffer('large'))!), '4 MiB went both ways');

  const pipeline = redis.pipeline();
  for (let i = 0; i < 10_000; i++) pipeline.incr('count');
  const results = (await pipeline.exec())!;
  t.same(results.at(-1), [null, 10_000]);
  const swarm = Array.from({ length: 1000 }, (_, i) => redis.set(`key${i}`, i));
  t.equal((await Promise.all(swarm)).filter((one) => one === 'OK').length, 1000);
  await redis.set('text', 'now');
  await t.rejects(redis.incr('text'), /not an integer/);

  const listener = redis.duplicate();
  await listener.subscribe('news');
  const heard = once(listener, 'message');
  t.equal(await redis.publish('news', 'extra'), 1);
  t.same(await heard, ['news', 'extra']);

  const waiter = redis.duplicate();
  const popped = waiter.blpop('queue', 5);
  await redis.rpush('queue', 'job');
  t.same(await popped, ['queue', 'job']);
  checkCarried(t, port, 3);
  await Promise.all([redis.quit(), listener.quit(), waiter.quit()]);
});

serverTest('ioredis comes again when it has been thrown out', redisServer, async (t, port) => {
  const redis = new Redis(port, HOST, { retryStrategy: () => 10 });
  await redis.set('kept', 'yes');
  const admin = redis.duplicate();
  const again = once(redis, 'reconnecting');
  await admin.client('KILL', 'ID', await redis.client('ID'));
  await again;
  t.equal(await redis.get('kept'), 'yes');
  checkCarried(t, port, 2);
  await Promise.all([redis.quit(), admin.quit()]);
});

serverTest('a refused connection is an error with its code', redisServer, async (t) => {
  const redis = new Redis(1, HOST, { retryStrategy: () => null });
  redis.get('anything').catch(() => undefined);
  const [error] = await once(redis, 'error');
  t.match(error, { code: 'ECONNREFUSED', address: HOST, port: 1 });
});
