/**
 * Where raw sockets are out of reach: what is inside the process works, and the rest says why not.
 *
 * Other systems are played by a process that is told it runs on one before it loads usernet.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

const USERNET = JSON.stringify(join(__dirname, '..', '..', 'dist', 'lib', 'index.js'));

const asPlatform = (name: string): string =>
  `Object.defineProperty(process, 'platform', { value: '${name}' });`;
const withoutKoffi = (reason: string): string => `
  const Module = require('node:module');
  const load = Module._load;
  Module._load = (name, ...rest) => {
    if (name === 'koffi') throw new Error(${JSON.stringify(reason)});
    return load(name, ...rest);
  };`;

/** [what it is played by, what each refusal says, name] */
const PLACES: readonly (readonly [string, RegExp, string])[] = [
  [asPlatform('darwin'), /the kernel of darwin does not hand TCP to raw sockets/, 'macOS'],
  [asPlatform('win32'), /the kernel of win32 does not hand TCP to raw sockets/, 'Windows'],
  [withoutKoffi('Cannot find module koffi'), /koffi cannot be loaded: Cannot find/, 'no koffi'],
  [
    withoutKoffi('Error loading shared library ld-linux-x86-64.so.2: No such file'),
    /koffi cannot be loaded: Error loading shared library/,
    'a koffi for another C library',
  ],
  [
    `require('node:os').endianness = () => 'BE';`,
    /raw links do not know the structures of/,
    'a big-endian machine',
  ],
];

const ATTEMPT = `
  const usernet = require(${USERNET});
  const { createNet, PacketLink, Stack, RawLink, RawSocketLink } = usernet;
  const told = {};
  const failure = (emitter) => new Promise((resolve) => emitter.once('error', (error) => {
    resolve({ code: error.code, message: error.message });
  }));
  const echo = (net, host) => new Promise((resolve) => {
    const server = net.createServer((socket) => socket.pipe(socket)).listen(0, host, () => {
      const socket = net.connect(server.address().port, host);
      socket.end('hello');
      socket.on('data', (data) => resolve(String(data))).on('close', () => server.close());
    });
  });
  const refusal = (Link) => {
    const available = Link.available();
    try {
      new Stack({ links: [new Link()] });
    } catch ({ code, message }) {
      return { code, message, available };
    }
  };
  (async () => {
    told.inside = await echo(usernet, '127.0.0.1');
    const link = new PacketLink({ addresses: '10.0.0.1', send: () => true });
    told.carried = await echo(createNet(new Stack({ links: [link] })), '10.0.0.1');
    told.listen = await failure(usernet.createServer().listen(0, '0.0.0.0'));
    told.connect = await failure(usernet.connect(80, '192.0.2.1'));
    told.raw = refusal(RawLink);
    told.rawSocket = refusal(RawSocketLink);
    console.log(JSON.stringify(told));
  })();`;

for (const [play, reason, name] of PLACES) {
  t.test(name, async (t) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', play + ATTEMPT]);
    const told = JSON.parse(stdout);
    t.equal(told.inside, 'hello', 'within the process');
    t.equal(told.carried, 'hello', 'over a packet link');
    for (const what of ['listen', 'connect']) {
      t.equal(told[what].code, 'EACCES', what);
      t.match(told[what].message, reason);
      t.match(told[what].message, /USERNET_LINK=loopback/);
    }
    for (const what of ['raw', 'rawSocket']) {
      t.equal(told[what].code, 'ENOTSUP', what);
      t.match(told[what].message, reason);
      t.equal(told[what].available, told[what].message);
    }
  });
}
