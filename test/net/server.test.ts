/** What a Server does on its own: limits, counting, disposing, holding the process. */
import { execFile } from 'node:child_process';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { Socket } from '../../lib/net/api';
import { onEachStack } from './each-stack';
import { event, stop } from './scenarios';

onEachStack('connections are counted until they are closed', async (t, net) => {
  const server = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await event(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const count = () =>
    new Promise<number>((resolve) => {
      server.getConnections((_error, connections) => resolve(connections));
    });
  const clients: Socket[] = [];
  for (let i = 1; i <= 3; i++) {
    clients.push(net.connect(port, '127.0.0.1').resume());
    await event(server, 'connection');
    t.equal(await count(), i);
  }
  for (const client of clients) client.end();
  await Promise.all(clients.map((client) => event(client, 'close')));
  await stop(server);
  t.equal(await count(), 0);
});

onEachStack('a server is disposed of when its connections are closed', async (t, net) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await event(server, 'listening');
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
  const accepted = (await event(server, 'connection')) as Socket;
  let disposed = false;
  const disposal = server[Symbol.asyncDispose]().then(() => {
    disposed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  t.notOk(disposed, 'not while there is a connection');
  accepted.end();
  await event(client, 'close');
  await disposal;
  t.notOk(server.listening);
  await server[Symbol.asyncDispose](); // a second time does nothing
});

onEachStack('highWaterMark and half-open are passed on', async (t, net) => {
  const options = { highWaterMark: 1234, allowHalfOpen: true };
  const server = net.createServer(options).listen(0, '127.0.0.1');
  await event(server, 'listening');
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
  const accepted = (await event(server, 'connection')) as Socket;
  t.equal(accepted.readableHighWaterMark, 1234);
  t.equal(accepted.writableHighWaterMark, 1234);
  t.ok(accepted.allowHalfOpen);
  t.notOk(client.allowHalfOpen);
  t.equal((accepted as unknown as { server: unknown }).server, server);
  client.destroy();
  accepted.destroy();
  await stop(server);
});

onEachStack('HTTP travels over it', async (t, net) => {
  const body = 'x'.repeat(100_000);
  const web = http.createServer((request, response) => {
    let received = 0;
    request.on('data', (chunk) => {
      received += chunk.length;
    });
    request.on('end', () => response.end(`${request.url} ${received} ${body}`));
  });
  const server = net.createServer((socket) => void web.emit('connection', socket));
  server.listen(0, '127.0.0.1');
  await event(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  (agent as unknown as { createConnection: unknown }).createConnection = net.createConnection;
  for (let i = 0; i < 3; i++) {
    const request = http.request({ port, host: '127.0.0.1', agent, path: `/${i}`, method: 'POST' });
    request.end(body);
    const response = (await event(request, 'response')) as http.IncomingMessage;
    t.equal(request.reusedSocket, i > 0);
    let text = '';
    for await (const chunk of response) text += chunk;
    t.equal(text, `/${i} 100000 ${body}`);
  }
  agent.destroy();
  await stop(server);
});

/** [what it does, whether the process must end by itself] */
const HOLDING: [string, string, boolean][] = [
  ['an open server', 'net.createServer().listen(0)', false],
  ['a server that is unreferenced', 'net.createServer().listen(0).unref()', true],
  ['a server unreferenced before', 'net.createServer().unref().listen(0)', true],
  ['a server referenced again', 'net.createServer().listen(0).unref().ref()', false],
  ['a closed server', 'net.createServer().listen(0).close()', true],
  ['an idle pair', 'pair(() => {})', false],
  ['an idle pair, unreferenced', 'pair((one, two) => { one.unref(); two.unref(); })', true],
  ['an idle pair, one end of it unreferenced', 'pair((one, two) => { one.unref(); })', false],
  ['a pair that has ended', 'pair((one, two) => { two.resume(); one.resume().end("x"); })', true],
  ['a pair in TIME-WAIT', 'pair((one, two) => { one.destroy(); two.resume(); })', true],
  ['a socket that was never connected', 'new net.Socket()', true],
];

const PRELUDE = `
  const net = require('./dist/lib/index.js');
  function pair(done) {
    const server = net.createServer((two) => { server.close(); one.on('ready', () => done(one, two)); });
    server.listen(0);
    const one = net.connect(server.address().port, '127.0.0.1');
  }
`;

for (const [name, script, ends] of HOLDING) {
  t.test(`${name} ${ends ? 'lets the process end' : 'holds the process'}`, async (t) => {
    // Held processes end here all the same, by a timer that holds nothing itself.
    const code = `${PRELUDE}${script}; setTimeout(() => process.exit(3), 300).unref();`;
    const env = { ...process.env, USERNET_LINK: 'loopback', NODE_OPTIONS: '' };
    const run = promisify(execFile)(process.execPath, ['-e', code], {
      cwd: join(__dirname, '..', '..'),
      env,
      timeout: 20_000,
    });
    const exit = await run.then(
      () => 0,
      (error) => error.code,
    );
    t.equal(exit, ends ? 0 : 3);
  });
}
