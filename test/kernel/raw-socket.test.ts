/** The basic set again over the npm package raw-socket, which is slower: in smaller sizes. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import t from 'tap';
import { RawSocketLink } from '../../lib/link/raw-socket-link';
import * as mishaps from './support/mishaps';
import { PeerProcess } from './support/peer-process';
import { run } from './support/program';
import { checkRecorded } from './support/recorder';
import { findLack, kernelTest } from './support/requirements';
import { HOST, Rig } from './support/rig';
import { callPeer, crowd, halfCloses, servePeer, transfers } from './support/scenarios';

const MIB = 1024 * 1024;
const SCENARIOS = [...transfers(8 * MIB), ...halfCloses(2 * MIB), ...crowd(40, 16 * 1024)];

let peer: PeerProcess | undefined;
t.before(async () => {
  if (findLack('raw-socket') === null) peer = await PeerProcess.start('kernel');
});
t.teardown(() => peer?.stop());

for (const scenario of SCENARIOS) {
  kernelTest(`usernet calls the kernel: ${scenario.name}`, ['raw-socket'], async (t) => {
    const rig = new Rig(new RawSocketLink());
    await callPeer(t, rig.net, peer!, HOST, scenario);
    await rig.finish(t);
  });

  kernelTest(`the kernel calls usernet: ${scenario.name}`, ['raw-socket'], async (t) => {
    const rig = new Rig(new RawSocketLink());
    await servePeer(t, rig.net, peer!, HOST, scenario);
    await rig.finish(t);
  });
}

kernelTest('curl posts to http on usernet', ['raw-socket', 'curl'], async (t) => {
  const rig = new Rig(new RawSocketLink());
  const web = http.createServer((request, response) => request.pipe(response));
  const createServer = rig.net.createServer as unknown as (on: (socket: Socket) => void) => Server;
  const server = createServer((socket) => web.emit('connection', socket)).listen(0, HOST);
  await once(server, 'listening');
  const url = `http://${HOST}:${(server.address() as AddressInfo).port}/`;
  const body = randomBytes(MIB);
  const { status, output, errors } = await run('curl', ['-sS', '--data-binary', '@-', url], body);
  t.equal(status, 0, errors);
  t.ok(output.equals(body));
  server.close();
  web.close();
  await rig.finish(t);
});

for (const [name, meet] of [
  ['the kernel refuses a usernet client', mishaps.refusedByKernel],
  ['usernet refuses a client of the kernel', mishaps.refusedByUsernet],
  ['a usernet client resets: the kernel server sees it', mishaps.resetByUsernet],
  ['a kernel server is killed: the usernet client sees a reset', mishaps.kernelServerKilled],
  ['a kernel client is killed: the usernet server sees a reset', mishaps.kernelClientKilled],
] as const) {
  kernelTest(name, ['raw-socket'], (t) => meet(t, new RawSocketLink()));
}
kernelTest('a usernet server is killed: the kernel client sees a reset', ['raw-socket'], (t) =>
  mishaps.usernetServerKilled(t, 'raw-socket'),
);
kernelTest('a usernet client is killed: the kernel server sees a reset', ['raw-socket'], (t) =>
  mishaps.usernetClientKilled(t, 'raw-socket'),
);

checkRecorded();
