/**
 * `USERNET_CAPTURE=file node -r usernet/register app.js`: a whole program in one file, inside the
 * process and out, and what tshark says of it.
 */
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import * as nodeNet from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { compiled } from '../support/compiled';
import { type CapturedFile, readPcapng } from '../support/pcapng-reader';
import { readWithTshark } from '../support/tshark';
import { Program } from './support/program';
import { kernelTest } from './support/requirements';
import { HOST } from './support/rig';
import { until } from './support/within';

const REGISTER = join(__dirname, '..', '..', 'lib', 'register.ts');
const RST = 4;
const BYTES = 300_000;

/** Talks to itself, to the kernel's server at HOST, and to a port of the kernel's where nobody is. */
const PROGRAM = `
  const net = require('net');
  const [port, nobody] = process.argv.slice(1).map(Number);
  const inside = net.createServer((socket) => socket.end('inside')).listen(0, '127.0.0.1', () => {
    net.connect(inside.address().port, '127.0.0.1').resume().on('close', () => {
      inside.close();
      const out = net.connect(port, '${HOST}', () => out.end(Buffer.alloc(${BYTES}, 97)));
      out.resume().on('close', () => {
        net.connect(nobody, '${HOST}').on('error', (error) => {
          console.log(error.code);
          const last = process.argv[3];
          if (last === 'kill') setImmediate(setImmediate, process.kill, process.pid, 'SIGKILL');
        });
      });
    });
  });
`;

/** Runs it to its end. @returns its capture's path, and what there was to hear */
async function runCaptured(t: Test, last: string) {
  const received: number[] = [];
  const server = nodeNet.createServer((socket) => {
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    // Only now: what a killed program has not sent yet goes with it.
    socket.on('end', () => {
      received.push(bytes);
      socket.end('outside');
    });
  });
  const closed = nodeNet.createServer().listen(0, HOST);
  await Promise.all([once(server.listen(0, HOST), 'listening'), once(closed, 'listening')]);
  const nobody = (closed.address() as AddressInfo).port;
  closed.close();
  const { port } = server.address() as AddressInfo;
  const file = join(t.testdir(), 'all.pcapng');
  const args = ['-r', compiled(REGISTER), '-e', PROGRAM, '--'];
  const program = new Program(process.execPath, [...args, `${port}`, `${nobody}`, last], {
    USERNET_CAPTURE: file,
    USERNET_LINK: 'raw',
  });
  t.teardown(() => {
    program.kill();
    server.close();
  });
  const { output, signal } = await program.finished();
  t.equal(String(output), 'ECONNREFUSED\n');
  await until(5000, 'end of the data', () => received[0] === BYTES);
  return { file, signal, port, nobody };
}

function countPackets({ packets }: CapturedFile, name: string, direction: string): number {
  return packets.filter((one) => one.interface.name === name && one.direction === direction).length;
}

kernelTest(
  'a program is captured whole, and tshark finds no fault',
  ['raw', 'tshark'],
  async (t) => {
    const { file, nobody } = await runCaptured(t, '');
    const capture = readPcapng(readFileSync(file));
    t.same(capture.interfaces.map(({ name }) => name).sort(), ['loopback', 'raw']);
    t.ok(countPackets(capture, 'loopback', 'in') >= 7, 'from SYN to the last ACK');
    t.equal(countPackets(capture, 'loopback', 'out'), 0, 'and each once');
    t.ok(countPackets(capture, 'raw', 'in') > 5);
    t.ok(countPackets(capture, 'raw', 'out') > 5);
    const text = capture.packets.reduce((sum, { bytes }) => sum + countLetters(bytes), 0);
    t.ok(text >= BYTES, 'all that was sent is there');

    const packets = readWithTshark(file);
    t.equal(packets.length, capture.packets.length);
    t.same(
      packets.filter(({ malformed }) => malformed),
      [],
    );
    const complaints = packets.flatMap((one) => one.complaints);
    t.same(complaints, [], 'no checksum is bad');
    const resets = packets.filter(({ flags }) => (flags & RST) !== 0);
    t.same(
      resets.map(({ interface: name, source }) => [name, source]),
      [['raw', HOST]],
      `the kernel's answer from port ${nobody} is the one reset`,
    );
  },
);

kernelTest('a program that is killed has lost no more than its last turn', ['raw'], async (t) => {
  const { file, signal } = await runCaptured(t, 'kill');
  t.equal(signal, 'SIGKILL');
  t.ok(readPcapng(readFileSync(file)).packets.some(({ bytes }) => bytes[33] === 0x14));
});

kernelTest('a child process writes a file of its own', ['raw'], async (t) => {
  const folder = t.testdir();
  const use = `require('net').createServer().listen(0, '127.0.0.1', function () { this.close(); });`;
  const program = `${use} if (process.argv[1] !== 'child')
    require('child_process').spawnSync(process.execPath, [...process.execArgv, '--', 'child'],
      { stdio: 'inherit' });`;
  const args = ['-r', compiled(REGISTER), '-e', program];
  const environment = { USERNET_CAPTURE: join(folder, 'a.pcapng'), USERNET_LINK: 'loopback' };
  const { status, errors } = await new Program(process.execPath, args, environment).finished();
  t.equal(status, 0, errors);
  t.ok(existsSync(join(folder, 'a.pcapng')));
  t.match(readdirSync(folder).sort(), [/^a-\d+\.pcapng$/, 'a.pcapng']);
});

kernelTest('a file that cannot be made is said at once', ['raw'], async (t) => {
  const program = `require('net').createServer().on('error', (error) => console.log(error.message))
    .listen(0, '127.0.0.1');`;
  const args = ['-r', compiled(REGISTER), '-e', program];
  const environment = { USERNET_CAPTURE: '/nowhere/at/all.pcapng' };
  const { output, errors } = await new Program(process.execPath, args, environment).finished();
  t.match(String(output) + errors, /the capture cannot be written: ENOENT.*all\.pcapng/);
});

function countLetters(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte === 97) count++;
  return count;
}
