/**
 * Each link with exactly the capabilities that docs/links.md asks for, and not one more: as in a
 * container, as a service of systemd, by setcap on a copy of Node; and what is said without them.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import * as nodeNet from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import t, { type Test } from 'tap';
import { EPERM } from '../../lib/link/errno';
import { type Libc, loadLibc, SO_ATTACH_FILTER, SOL_SOCKET } from '../../lib/link/libc';
import { PortGuard } from '../../lib/link/port-guard';
import { SECRET_BYTES } from '../../lib/link/silence';
import { IpAddress } from '../../lib/wire/ip-address';
import { compiled } from '../support/compiled';
import { BareNamespace } from './support/bare-namespace';
import { Capture } from './support/capture';
import { EthernetSegment } from './support/ethernet-segment';
import { PeerProcess } from './support/peer-process';
import { Program } from './support/program';
import { findLack, kernelTest, type Need } from './support/requirements';
import { until } from './support/within';

const NEEDS: Need[] = ['tun', 'setpriv'];
const PROJECT = join(__dirname, '..', '..');
const PROGRAM = join(__dirname, 'support', 'tun-program.ts');
const REGISTER = join(PROJECT, 'lib', 'register.ts');
const HEARD = 'heard 1000000 of 1000000 bytes\n';

/** What Docker gives to the root of a container (its default profile). */
const CONTAINER =
  'chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,' +
  'net_raw,sys_chroot,mknod,audit_write,setfcap';

/** Where an ordinary user finds a copy of Node, the project, and a device that is open to all. */
let folder = '';
let node = '';
let space: BareNamespace;
t.before(() => {
  if (NEEDS.some((need) => findLack(need) !== null)) return;
  folder = mkdtempSync(join(tmpdir(), 'usernet-privileges-'));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'project'));
  node = join(folder, 'node');
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
  space = new BareNamespace();
});
t.teardown(() => {
  if (folder === '') return;
  space.remove();
  rmSync(folder, { recursive: true });
});

/** In the container, root is root, with the capabilities that it was given. */
function rootWith(capabilities: string): string[] {
  return [`--bounding-set=-all,${plus(capabilities)}`, '--inh-caps=-all'];
}

/** A service's user, or somebody at a terminal. */
function userWith(capabilities: string): string[] {
  const list = capabilities === '' ? '-all' : `-all,${plus(capabilities)}`;
  const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  return [...user, `--bounding-set=${list}`, `--inh-caps=${list}`, `--ambient-caps=${list}`];
}

/** Of files: they count as far as the bounding set goes, which is the usual one. */
const SOMEBODY = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];

function plus(capabilities: string): string {
  return capabilities.replace(/[^,]+/g, '+$&');
}

/** The copies of the project and the device are seen in this program's own mount namespace only. */
const PREPARE = `
  mount --bind "$0" "$1/project" && rm -f "$1/tun" && mknod -m 666 "$1/tun" c 10 200 &&
  mount --bind "$1/tun" /dev/net/tun && cd / && shift && exec "$@"
`;

/** Node in the namespace, with these options of setpriv. */
function start(
  t: Test,
  who: string[],
  environment: Record<string, string>,
  args: string[],
  namespace = space.name,
): Program {
  const inside = ['unshare', '-m', 'sh', '-c', PREPARE, PROJECT, folder];
  // What watches over the programs of tests writes where this one may not.
  const plain = ['env', '-u', 'NODE_OPTIONS', node];
  const command = [...inside, 'setpriv', ...who, ...plain, ...args];
  const program = new Program('ip', ['netns', 'exec', namespace, ...command], environment);
  t.teardown(() => program.kill());
  return program;
}

/** @returns what it prints */
async function runAs(...how: Parameters<typeof start>): Promise<string> {
  const { output, errors } = await start(...how).finished();
  return `${output}${errors}`;
}

/** The program as it is seen from inside. */
function inside(path: string): string {
  return join(folder, 'project', relative(PROJECT, compiled(path)));
}

const raw = { USERNET_LINK: 'raw' };
const tun = { USERNET_LINK: 'tun', USERNET_TUN_ADDRESS: '10.77.0.2/24' };

/** [name, who, link, where the kernel is, what comes of it] */
const CASES: [string, string[], Record<string, string>, string, RegExp][] = [
  ['raw, in a container', rootWith(CONTAINER), raw, '127.0.0.1', ok()],
  ['raw, in one without NET_RAW', without('net_raw'), raw, '127.0.0.1', /^EPERM: .*CAP_NET_RAW/],
  ['raw, CAP_NET_RAW alone', userWith('net_raw'), raw, '127.0.0.1', ok()],
  ['raw, by the package', userWith('net_raw'), rawSocket(), '127.0.0.1', ok()],
  ['raw, all but CAP_NET_RAW', without('net_raw', '+all'), raw, '127.0.0.1', /^EPERM: /],
  ['TUN, in a container', rootWith(`${CONTAINER},net_admin`), tun, '10.77.0.1', ok()],
  ['TUN, without NET_ADMIN', rootWith(CONTAINER), tun, '10.77.0.1', /^EPERM: .*CAP_NET_ADMIN/],
  ['TUN, CAP_NET_ADMIN alone', userWith('net_admin'), tun, '10.77.0.1', ok()],
  ['TUN, CAP_NET_RAW alone', userWith('net_raw'), tun, '10.77.0.1', /^EPERM: .*CAP_NET_ADMIN/],
];

for (const [name, who, environment, host, expected] of CASES) {
  const needs: Need[] = environment.USERNET_LINK === 'raw-socket' ? ['raw-socket'] : [];
  kernelTest(name, [...NEEDS, ...needs], async (t) => {
    t.match(await runAs(t, who, environment, [inside(PROGRAM), host, 'end']), expected);
  });
}

kernelTest('Ethernet, CAP_NET_RAW alone', NEEDS, async (t) => {
  const segment = new EthernetSegment();
  t.teardown(() => segment.remove());
  const peer = await PeerProcess.start('kernel', segment.kernel.name);
  t.teardown(() => peer.stop());
  const port = await peer.flood(segment.kernelAddress);
  const program = `require('net').connect(${port}, '${segment.kernelAddress}').once('data', function () {
    console.log('heard of', this.remoteAddress);
    this.destroy();
  }).on('error', (error) => console.log(error.message));`;
  const environment = {
    USERNET_LINK: 'ethernet',
    USERNET_ETHERNET_INTERFACE: segment.device,
    USERNET_ETHERNET_ADDRESS: `${segment.stationAddress}/24`,
    USERNET_ETHERNET_PROBE_MS: '0',
  };
  const args = ['-r', inside(REGISTER), '-e', program];
  const { name } = segment.station;
  const heard = await runAs(t, userWith('net_raw'), environment, args, name);
  t.equal(heard, `heard of ${segment.kernelAddress}\n`);
  const refused = await runAs(t, userWith('net_admin'), environment, args, name);
  t.match(refused, /CAP_NET_RAW/);
});

for (const [capability, environment, host] of [
  ['cap_net_raw', raw, '127.0.0.1'],
  ['cap_net_admin', tun, '10.77.0.1'],
] as const) {
  kernelTest(`setcap ${capability}+ep on a copy of Node`, [...NEEDS, 'setcap'], async (t) => {
    const args = [inside(PROGRAM), host, 'end'];
    t.match(await runAs(t, SOMEBODY, environment, args), /^EPERM: .*setcap/, 'before');
    execFileSync('setcap', [`${capability}+ep`, node]);
    t.teardown(() => execFileSync('setcap', ['-r', node]));
    t.equal(await runAs(t, SOMEBODY, environment, args), HEARD);
  });
}

/** [where it guards, where it is called] */
const GUARDS = [
  ['127.0.0.1', '127.0.0.1'],
  ['::1', '::1'],
  ['::', '::1'],
  ['::', '127.0.0.1'],
];

kernelTest('a port is guarded without a filter, too', NEEDS, async (t) => {
  const libc = loadLibc();
  let isRefused = false;
  const refusing: Libc = {
    ...libc,
    setsockopt(fd, level, name, ...value) {
      isRefused = level === SOL_SOCKET && name === SO_ATTACH_FILTER;
      return isRefused ? -1 : libc.setsockopt(fd, level, name, ...value);
    },
    errno: () => (isRefused ? EPERM : libc.errno()),
  };
  // A SYN that got neither RST nor answer is repeated after one second (RFC 6298 §2.1).
  const calls = GUARDS.map(async ([address, host]) => {
    const guard = new PortGuard(refusing, randomBytes(SECRET_BYTES), IpAddress.parse(address)!, 0);
    const capture = new Capture(host);
    const client = nodeNet.connect(guard.port, host);
    client.on('error', (error) => t.fail(`${address}: ${error.message}`));
    client.on('connect', () => t.fail(`${address}: connected`));
    const seen = () =>
      capture
        .read()
        .filter(({ from, to }) => [from, to].some((one) => one.endsWith(`:${guard.port}`)));
    await until(5000, 'the SYN again', () => seen().length >= 2);
    const syns = seen().filter(({ isSyn, ack }) => isSyn && ack < 0);
    t.equal(syns.length, seen().length, `${address}, called at ${host}: nothing but SYNs`);
    client.destroy();
    capture.close();
    guard.close();
  });
  await Promise.all(calls);
});

kernelTest('raw, CAP_NET_RAW alone, as a server', NEEDS, async (t) => {
  const serve = `const server = require('net').createServer((socket) => {
    socket.pipe(socket).on('close', () => server.close());
  }).listen(7000, '127.0.0.1', () => console.log('ready'));`;
  const call = `const socket = require('net').connect(7000, '127.0.0.1');
    socket.end(Buffer.alloc(500000, 97));
    let heard = 0;
    socket.on('data', (chunk) => { heard += chunk.length; }).on('close', () => console.log(heard));
    socket.on('error', (error) => console.log(error.message));`;
  const server = start(t, userWith('net_raw'), raw, ['-r', inside(REGISTER), '-e', serve]);
  await server.announced(/ready/);
  t.equal(space.run(process.execPath, '-e', call), '500000\n');
  const { status, errors } = await server.finished();
  t.equal(status, 0, errors);
});

function ok(): RegExp {
  return new RegExp(`^${HEARD}$`);
}

function rawSocket(): Record<string, string> {
  return { USERNET_LINK: 'raw-socket' };
}

/** Root with all of the list but one. */
function without(capability: string, list = `-all,${plus(CONTAINER)}`): string[] {
  return [`--bounding-set=${list},-${capability}`, '--inh-caps=-all'];
}
