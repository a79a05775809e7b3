/** pg on usernet, over raw links, against Debian's PostgreSQL. */
import '../../lib/register';

import { once } from 'node:events';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import { cert, key } from './support/certificate';
import { checkCarried, HOST, type ServerRecipe, serverTest } from './support/host-server';

const NAME = 'postgres';

const postgres: ServerRecipe = {
  program: 'postgres',
  user: NAME,
  prepare: ({ folder }) => [
    ['initdb', ['-D', folder, '-A', 'trust', '-U', NAME, '--no-sync', '-E', 'UTF8']],
    ...['server.crt', 'server.key'].map((name): [string, string[]] => {
      const text = name.endsWith('key') ? key : cert;
      const script = 'umask 077; printf %s "$1" > "$2"';
      return ['sh', ['-c', script, 'sh', text, join(folder, name)]];
    }),
  ],
  args: ({ folder, port }) => [
    ...['-D', folder, '-h', HOST, '-p', String(port), '-k', folder, '-F'],
    ...['-c', 'ssl=on', '-c', 'max_connections=30'],
  ],
  ready: /ready to accept connections/,
};

serverTest('pg queries, streams, pools, listens and cancels', postgres, async (t, port) => {
  const options = { host: HOST, port, user: NAME, database: NAME };
  const pool = new Pool({ ...options, max: 10 });
  const sum = 'select sum(n)::int as sum from generate_series(1, $1) n';
  const answers = await Promise.all(
    Array.from({ length: 100 }, async (_, n) => (await pool.query(sum, [n + 1])).rows[0].sum),
  );
  t.same(
    answers,
    answers.map((_, n) => ((n + 1) * (n + 2)) / 2),
  );
  const wide = "select n, repeat('x', 1000) as text from generate_series(1, 5000) n";
  const { rows } = await pool.query(wide);
  t.equal(rows.length, 5000);
  t.ok(rows.every(({ n, text }, i) => n === i + 1 && text.length === 1000));
  const text = 'é'.repeat(2 << 20);
  const back = await pool.query('select $1::text as text', [text]);
  t.ok(back.rows[0].text === text, '4 MiB of text went both ways');
  await t.rejects(pool.query('select 1/0'), { code: '22012' });
  checkCarried(t, port, 10);
  await pool.end();

  const listener = new Client(options);
  await listener.connect();
  await listener.query('listen news');
  const heard = once(listener, 'notification');
  await listener.query("notify news, 'extra'");
  t.match((await heard)[0], { channel: 'news', payload: 'extra' });
  await listener.query("set statement_timeout = '50ms'");
  await t.rejects(listener.query('select pg_sleep(10)'), { code: '57014' });
  await listener.end();
});

serverTest('pg raises its connection to TLS', postgres, async (t, port) => {
  const ssl = { ca: cert, checkServerIdentity: () => undefined };
  const client = new Client({ host: HOST, port, user: NAME, database: NAME, ssl });
  await client.connect();
  const { rows } = await client.query(
    'select ssl, version from pg_stat_ssl join pg_stat_activity using (pid) where pid = pg_backend_pid()',
  );
  t.match(rows, [{ ssl: true, version: /^TLSv1/ }]);
  const wide = await client.query("select repeat('s', 3000000) as text");
  t.equal(wide.rows[0].text.length, 3_000_000);
  checkCarried(t, port);
  await client.end();
});

serverTest('pg comes by a pipe, with the same Socket', postgres, async (t, port) => {
  const direct = new Client({ host: HOST, port, user: NAME, database: NAME });
  await direct.connect();
  const { rows } = await direct.query('show unix_socket_directories');
  await direct.end();
  const host = rows[0].unix_socket_directories;
  const client = new Client({ host, port, user: NAME, database: NAME });
  await client.connect();
  const wide = await client.query("select repeat('p', 3000000) as text");
  t.equal(wide.rows[0].text.length, 3_000_000);
  await client.end();
});
