/** What is loaded when, in this process, which has asked for nothing before. */
import { basename, join } from 'node:path';
import t from 'tap';
import * as usernet from '../../lib/index';

const LINKS = join(__dirname, '../../lib/link');
const exported: Readonly<Record<string, unknown>> = usernet;
const ON_DEMAND = [
  'CaptureFile',
  'EthernetLink',
  'PacketLink',
  'RawLink',
  'RawSocketLink',
  'TunLink',
  'createCaptureLink',
  'createEthernetLink',
  'createImpairLink',
  'createTunLink',
];

function loadedLinks(): string[] {
  const files = Object.keys(require.cache).filter((file) => file.startsWith(LINKS));
  return files.map((file) => basename(file).replace(/\.[jt]s$/, ''));
}

t.test('a stack of its own loads no link to the outside', (t) => {
  const server = usernet.createNet(new usernet.Stack({ links: [] })).createServer();
  server.close();
  const loaded = loadedLinks();
  t.ok(loaded.includes('loopback-link'), 'the cache knows what is loaded');
  for (const name of ['raw-link', 'raw-socket-link', 'tun-link', 'ethernet-link', 'libc']) {
    t.notOk(loaded.includes(name), name);
  }
  t.end();
});

t.test('one link does not bring the others', (t) => {
  t.type(usernet.createTunLink, 'function');
  const loaded = loadedLinks();
  t.ok(loaded.includes('tun-link'));
  t.notOk(loaded.includes('raw-link'));
  t.notOk(loaded.includes('ethernet-link'));
  t.end();
});

t.test('each name is among the exports, and is what it says', (t) => {
  for (const name of ON_DEMAND) {
    t.ok(Object.keys(exported).includes(name), `${name} is exported`);
    t.equal((exported[name] as { name: string }).name, name);
    t.equal(exported[name], exported[name], 'the same each time');
  }
  t.end();
});
