/** mysql2 on usernet, over raw links, against Debian's mariadb-server. */
import '../../lib/register';

import { createConnection, createPool, type RowDataPacket } from 'mysql2/promise';
import { checkCarried, HOST, type ServerRecipe, serverTest } from './support/host-server';

const mariadb: ServerRecipe = {
  program: 'mariadbd',
  user: 'mysql',
  prepare: ({ folder }) => [
    [
      'mariadb-install-db',
      [
        '--no-defaults',
        `--datadir=${folder}/data`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
      ],
    ],
    // The only user may come from anywhere, without a password: the server is for this test alone.
    [
      'sh',
      [
        '-c',
        'printf "%s;\\n" "$1" "$2" > "$3"',
        'sh',
        "create user tester@'%'",
        "grant all on *.* to tester@'%'",
        `${folder}/users.sql`,
      ],
    ],
  ],
  args: ({ folder, port }) => [
    '--no-defaults',
    `--datadir=${folder}/data`,
    `--socket=${folder}/socket`,
    `--bind-address=${HOST}`,
    `--port=${port}`,
    `--init-file=${folder}/users.sql`,
    '--skip-name-resolve',
    '--innodb-flush-log-at-trx-commit=0',
    '--max-allowed-packet=16M',
  ],
  ready: /ready for connections/,
};

serverTest('mysql2 queries, prepares, pools and rolls back', mariadb, async (t, port) => {
  const options = { host: HOST, port, user: 'tester' };
  const connection = await createConnection(options);
  await connection.query('create database things');
  await connection.query('use things');
  await connection.query('create table thing (id int primary key, name varchar(100))');
  for (let id = 0; id < 100; id++) {
    await connection.execute('insert into thing values (?, ?)', [id, `thing ${id}`]);
  }
  const [rows] = await connection.query<RowDataPacket[]>('select * from thing order by id');
  t.equal(rows.length, 100);
  t.same(rows[99], { id: 99, name: 'thing 99' });
  await t.rejects(connection.query('insert into thing values (1, null)'), { code: 'ER_DUP_ENTRY' });

  const text = 'm'.repeat(4 << 20);
  const [back] = await connection.query<RowDataPacket[]>('select ? as text', [text]);
  t.ok(back[0].text === text, '4 MiB went both ways');
  await connection.beginTransaction();
  await connection.query('delete from thing');
  await connection.rollback();

  const pool = createPool({ ...options, database: 'things', connectionLimit: 10 });
  const names = await Promise.all(
    Array.from({ length: 100 }, async (_, id) => {
      const query = 'select name, sleep(0.001) from thing where id = ?';
      const [found] = await pool.execute<RowDataPacket[]>(query, [id]);
      return found[0].name;
    }),
  );
  t.same(
    names,
    names.map((_, id) => `thing ${id}`),
  );
  checkCarried(t, port, 10);
  await pool.end();
  await connection.end();
});
