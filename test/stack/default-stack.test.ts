import { execFile } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { RawLink } from '../../lib/link/raw-link';
import { WithheldLink } from '../../lib/stack/withheld-link';
import { compiled } from '../support/compiled';
import { address } from './support/setup';

const CHILD = join(__dirname, 'support', 'default-stack-child.ts');
const privileged = RawLink.available() === true;
const needsPrivilege = privileged ? false : 'needs CAP_NET_RAW';
/** An address of this host besides the loopback. */
const own = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address;

interface ChildOptions {
  /** USERNET_LINK */
  link?: string;
  /** Without CAP_NET_RAW, whatever we have. */
  unprivileged?: boolean;
}

/** What the child printed, line by line. It must end by itself. */
function run(scene: string, options: ChildOptions = {}): Promise<string[]> {
  const node = [process.execPath, compiled(CHILD), scene, own ?? '127.0.0.1'];
  // setpriv is part of util-linux; without privileges there is nothing to drop.
  const drop = ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw'];
  const [file, ...args] = options.unprivileged && privileged ? [...drop, ...node] : node;
  const env = { ...process.env, USERNET_LINK: options.link ?? '' };
  return new Promise((resolve, reject) => {
    execFile(file, args, { env, timeout: 30_000 }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`${error.message}\n${stdout}\n${stderr}`));
      else resolve(stdout.trim().split('\n'));
    });
  });
}

t.test('without the privilege the loopback works and the outside says why not', async (t) => {
  const lines = await run('reach', { unprivileged: true });
  const outcome = (what: string) => {
    const line = lines.find((one) => one.startsWith(`${what}: `)) ?? 'nothing';
    return line.slice(what.length + 2);
  };
  t.equal(outcome('listen 127.0.0.1'), 'well');
  t.equal(outcome('connect 127.0.0.1'), 'well');
  for (const what of ['listen 0.0.0.0', 'listen ::', 'connect 192.0.2.1']) {
    t.match(outcome(what), /^EACCES .*CAP_NET_RAW.*setcap.*USERNET_LINK=loopback/, what);
  }
  t.match(outcome('listen 192.0.2.1'), /^EADDRNOTAVAIL/, 'not an address of the host');
  if (own !== undefined) {
    t.match(outcome(`listen ${own}`), /^EACCES/);
    t.match(outcome(`connect ${own}`), /^EACCES/);
  }
});

t.test('USERNET_LINK=loopback stays inside, on purpose', async (t) => {
  const lines = await run('reach', { link: 'loopback' });
  t.ok(lines.includes('listen 0.0.0.0: well'));
  t.ok(lines.includes('listen ::: well'));
  t.match(lines.at(-1), /^connect 192\.0\.2\.1: ENETUNREACH/);
});

t.test('a USERNET_LINK that is none is an error', async (t) => {
  const lines = await run('reach', { link: 'carrier-pigeon' });
  for (const line of lines) t.match(line, /EINVAL .*carrier-pigeon.*loopback, raw, raw-socket/);
});

t.test('USERNET_LINK=tun asks for an address', async (t) => {
  for (const line of await run('reach', { link: 'tun' })) {
    t.match(line, /EINVAL .*set USERNET_TUN_ADDRESS to an address/);
  }
});

t.test('with the privilege the host’s addresses are there', { skip: needsPrivilege }, async (t) => {
  const lines = await run('listen');
  for (const line of lines.slice(0, 4)) t.match(line, /: well$/);
  t.match(lines[4], /^listen 192\.0\.2\.1: EADDRNOTAVAIL/);
});

t.test('a process ends when its connections have, TIME-WAIT or not', async (t) => {
  for (const options of [{ link: 'loopback' }, { unprivileged: true }, {}]) {
    const lines = await run('converse', options);
    t.same(lines, ['heard connect end close']);
  }
});

t.test('peers hear of the end of the process', { skip: needsPrivilege }, async (t) => {
  t.same(await run('end'), ['peer hears read ECONNRESET']);
});

t.test('the default stack can be chosen, before it is used', async (t) => {
  const [chosen, late] = await run('configure');
  t.equal(chosen, 'chosen: true');
  t.match(late, /^too late: EINVAL/);
  t.match((await run('links'))[0], /^connect 192\.0\.2\.1: ENETUNREACH/);
});

t.test('the withheld link carries nothing', async (t) => {
  const link = new WithheldLink('because');
  t.equal(link.reserve(), -1);
  t.equal(link.route(address('127.0.0.1')), null);
  t.equal(link.isLocal(address('127.0.0.1')), false);
  t.equal(link.isLocal(address('192.0.2.1')), false);
  t.throws(() => link.route(address('192.0.2.1')), { code: 'EACCES', message: /because/ });
  t.throws(() => link.claimPort(address('0.0.0.0')), { code: 'EACCES', message: /because/ });
});
