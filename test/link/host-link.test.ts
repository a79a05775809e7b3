/** What the links over the host's kernel say about the host. */
import { execFile } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { HostRoutes } from '../../lib/link/host-routes';
import { loadLibc } from '../../lib/link/libc';
import { compiled } from '../support/compiled';
import { address, openDescriptors } from './link-cases';
import { needs } from './privileges';

const run = promisify(execFile);
const child = [compiled(join(__dirname, 'child-host.ts'))];
const linux = process.platform === 'linux' ? true : 'the host links are for Linux';
const hasIpv6 = networkInterfaces().lo?.some(({ address: text }) => text === '::1');
const ipv6 = hasIpv6 ? true : 'this host has no ::1';
const root = process.getuid?.() === 0 ? true : 'making a network namespace needs root';

t.test('the addresses of the host are local', needs(linux), async (t) => {
  const routes = new HostRoutes(loadLibc());
  for (const list of Object.values(networkInterfaces())) {
    for (const { address: text, family } of list ?? []) {
      t.equal(routes.isLocal(address(text)), family === 'IPv4', text);
    }
  }
  for (const text of ['127.0.0.1', '127.1.2.3', '::ffff:127.0.0.1']) {
    t.ok(routes.isLocal(address(text)), text);
  }
  for (const text of ['198.51.100.77', '0.0.0.0', '255.255.255.255', '224.0.0.1', '::1']) {
    t.notOk(routes.isLocal(address(text)), text);
  }
  const before = openDescriptors();
  routes.close();
  t.equal(openDescriptors(), before - 1);
});

t.test('the same for IPv6, for who asks for it', needs(ipv6), async (t) => {
  const routes = new HostRoutes(loadLibc(), true);
  t.ok(routes.isLocal(address('::1')));
  t.match(routes.routeTo(address('::1')), { source: { text: '::1' }, mtu: 65_535 });
  t.notOk(routes.isLocal(address('2001:db8::77')));
  t.notOk(routes.isLocal(address('ff02::1')));
  const index = routes.zones.indexOf('lo');
  t.equal(routes.zones.nameOf(index), 'lo');
  t.equal(routes.zones.indexOf(String(index)), index, 'a zone by its number');
  for (const none of ['', 'no-such-interface', 'nosuch', '4000000']) {
    t.equal(routes.zones.indexOf(none), 0, none);
  }
  t.equal(routes.zones.nameOf(0), '');
  routes.close();
});

t.test('loopback is routed with the largest MTU', needs(linux), async (t) => {
  const routes = new HostRoutes(loadLibc());
  for (const text of ['127.0.0.1', '127.0.0.9']) {
    const route = routes.routeTo(address(text));
    t.equal(route?.source.text, '127.0.0.1', text);
    t.equal(route?.mtu, 65_535);
  }
  t.equal(routes.routeTo(address('::1')), null, 'IPv4 only');
  routes.close();
});

t.test('other destinations go the way of the host’s routes', needs(root), async (t) => {
  // In a namespace of its own: nothing leaves it, and nothing is sent in it either.
  const setUp = [
    'ip link set lo up',
    'ip link add one mtu 1400 type veth peer name two',
    'ip address add 10.9.0.1/24 dev one',
    'ip address add 10.9.1.1/32 dev lo',
    'ip link set one up',
    'ip link set two up',
    'ip route add 10.8.0.0/16 via 10.9.0.2',
    'exec "$@"',
  ].join(' && ');
  const asked = ['10.9.0.2', '10.8.1.1', '10.9.0.1', '10.9.1.1', '127.0.0.1', '10.7.0.1'];
  const args = ['-n', 'sh', '-c', setUp, 'sh', process.execPath, ...child, 'routes', ...asked];
  const { stdout } = await run('unshare', args);
  t.same(JSON.parse(stdout), [
    ['10.9.0.2', '10.9.0.1', 1400, false],
    ['10.8.1.1', '10.9.0.1', 1400, false],
    ['10.9.0.1', '10.9.0.1', 65_535, true],
    ['10.9.1.1', '10.9.1.1', 65_535, true],
    ['127.0.0.1', '127.0.0.1', 65_535, true],
    ['10.7.0.1', null, null, false],
  ]);
});

t.test('without privileges the links say what would help', needs(root), async (t) => {
  const { stdout } = await run(process.execPath, [...child, 'unprivileged']);
  const found = JSON.parse(stdout);
  t.ok(found.length > 0);
  for (const { available, code, message } of found) {
    t.equal(code, 'EPERM');
    t.equal(available, message);
    for (const remedy of ['root', 'setcap cap_net_raw+ep', 'unshare -Urn', 'packet link']) {
      t.ok(message.includes(remedy), remedy);
    }
  }
});
