/**
 * One address served by several worker threads, a stack in each, the kernel steering each flow to
 * one of them: by queues of one TUN device, and by a route over several devices.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Test } from 'tap';
import type { TunLinkOptions } from '../lib/link/tun-options';
import { BareNamespace } from '../test/kernel/support/bare-namespace';
import { run as runProgram } from '../test/kernel/support/program';
import { kernelTest } from '../test/kernel/support/requirements';
import { within } from '../test/kernel/support/within';

/** As a user has it: built. */
const USERNET = JSON.stringify(join(__dirname, '..', 'dist', 'lib', 'index.js'));
const BOUND_MS = 20_000;
const CONNECTIONS = 64;
const PORT = 7000;
/** The device forgets after three seconds over which queue a flow came last. */
const IDLE_MS = 4000;

const ECHO = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { createNet, createTunLink, Stack } = require(${USERNET});
  const stack = new Stack({ links: [createTunLink(workerData.link)] });
  let accepted = 0;
  const server = createNet(stack).createServer((socket) => {
    accepted++;
    socket.on('error', () => {}).pipe(socket);
  });
  server.listen(${PORT}, workerData.address, () => parentPort.postMessage('listening'));
  parentPort.once('message', () => {
    parentPort.postMessage(accepted);
    stack.close();
    parentPort.close();
  });`;

/** Says a word on each of many connections, is silent for a while, and says it again. */
const CLIENT = `
  const { once } = require('node:events');
  async function talk(host) {
    const socket = require('node:net').connect(${PORT}, host);
    let heard = '';
    socket.setEncoding('latin1').on('data', (chunk) => (heard += chunk));
    await once(socket, 'connect');
    for (const pause of [${IDLE_MS}, 0]) {
      const length = heard.length;
      socket.write('word');
      while (heard.length < length + 4) await once(socket, 'data');
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    socket.end();
    await once(socket, 'close');
    return heard;
  }
  Promise.all(Array.from({ length: ${CONNECTIONS} }, () => talk(process.argv[1]))).then(
    (heard) => console.log(heard.every((text) => text === 'wordword') ? 'all heard' : heard),
    (error) => console.log(String(error)),
  );`;

kernelTest('two workers serve one address over two queues of a device', ['tun'], async (t) => {
  const space = new BareNamespace();
  t.teardown(() => space.remove());
  const link = {
    name: 'shared0',
    shared: true,
    addresses: '10.79.0.2/24',
    namespace: space.name,
  };
  const first = await begin(t, { ...link, hostAddresses: '10.79.0.1/24' }, '10.79.0.2');
  const second = await begin(t, { ...link, hostAddresses: [] }, '10.79.0.2');
  await converse(t, space, '10.79.0.2', [first, second]);
});

kernelTest('two workers serve one address behind a route over two devices', ['tun'], async (t) => {
  const space = new BareNamespace();
  t.teardown(() => space.remove());
  const workers: Worker[] = [];
  for (const name of ['lane0', 'lane1']) {
    space.ip('tuntap', 'add', 'dev', name, 'mode', 'tun');
    space.ip('link', 'set', name, 'up');
    const link = { name, existing: true, addresses: '10.79.9.9/32', namespace: space.name };
    workers.push(await begin(t, link, '10.79.9.9'));
  }
  space.ip('address', 'add', '10.79.9.1/32', 'dev', 'lo');
  space.run('sysctl', '-qw', 'net.ipv4.fib_multipath_hash_policy=1');
  const lanes = ['nexthop', 'dev', 'lane0', 'nexthop', 'dev', 'lane1'];
  space.ip('route', 'add', '10.79.9.9/32', 'src', '10.79.9.1', ...lanes);
  await converse(t, space, '10.79.9.9', workers);
});

async function begin(t: Test, link: TunLinkOptions, address: string): Promise<Worker> {
  const worker = new Worker(ECHO, { eval: true, workerData: { link, address }, execArgv: [] });
  t.teardown(() => worker.terminate());
  t.equal(await answer(worker), 'listening');
  return worker;
}

async function converse(
  t: Test,
  space: BareNamespace,
  host: string,
  workers: readonly Worker[],
): Promise<void> {
  const node = ['netns', 'exec', space.name, process.execPath, '-e', CLIENT, host];
  const { output, errors } = await runProgram('ip', node);
  t.equal(String(output).trim() + errors, 'all heard');
  const accepted: number[] = [];
  for (const worker of workers) {
    worker.postMessage('leave');
    accepted.push(Number(await answer(worker)));
    await within(BOUND_MS, 'end of a worker', once(worker, 'exit'));
  }
  t.equal(accepted[0] + accepted[1], CONNECTIONS);
  t.ok(Math.min(...accepted) > 0, `each has its share: ${accepted}`);
}

function answer(worker: Worker): Promise<unknown> {
  const said = once(worker, 'message').then(([message]) => message);
  return within(BOUND_MS, 'word from a worker', said);
}
