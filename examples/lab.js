'use strict';
// Your program on a bad network, in virtual time, and the same way every time. Here it is an HTTP client
// of Node's that calls a server over two simulated hosts: first a packet of the answer is lost, then the
// server resets the connection, then the server's machine vanishes without a word.
//
//   node examples/lab.js

const http = require('node:http');
const { createNet } = require('usernet');
const { play, simulate, useVirtualTimers } = require('usernet/sim');

const { clock, hosts, path, close } = simulate({
  seed: 7,
  hosts: { client: { address: '10.0.0.1' }, server: { address: '10.0.0.2' } },
  routers: ['provider'],
  paths: [['client', { rate: 2e7, delayMs: 10 }, 'provider', { rate: 1e8, delayMs: 15 }, 'server']],
});
const restore = useVirtualTimers(clock);
const clientNet = createNet(hosts.client.stack);
const serverNet = createNet(hosts.server.stack);

// The server speaks HTTP over sockets of its own host.
const web = http.createServer((request, response) => {
  if (request.url === '/reset') request.socket.resetAndDestroy();
  else if (request.url !== '/vanish') response.end(Buffer.alloc(100_000, 'x'));
});
serverNet.createServer((socket) => web.emit('connection', socket)).listen(80, '10.0.0.2');

// The client knows nothing of all this: it is given an agent.
const agent = new http.Agent();
agent.createConnection = (options) => clientNet.connect(options.port, '10.0.0.2');

function get(url) {
  return new Promise((resolve) => {
    let bytes = 0;
    const request = http.get({ host: 'server', port: 80, path: url, agent }, (response) => {
      response.on('data', (chunk) => (bytes += chunk.length));
      response.on('end', () => resolve(`${bytes} bytes`));
    });
    request.on('socket', (socket) =>
      socket.setTimeout(5000, () => request.destroy(new Error('no answer for 5 s'))),
    );
    request.on('error', (error) => resolve(error.code ?? error.message));
  });
}

async function show(what, url) {
  const begin = clock.now();
  let outcome = null;
  get(url).then((text) => (outcome = text));
  await play(clock, () => outcome !== null);
  console.log(
    `${what.padEnd(34)} ${outcome.padEnd(20)} after ${(clock.now() - begin).toFixed(3)} ms`,
  );
}

async function main() {
  await show('all goes well', '/');

  const toClient = path('server', 'provider');
  let packets = 0;
  toClient.observer = (fate) => {
    if (fate === 'sent') toClient.impair({ down: ++packets === 20 });
  };
  await show('the 20th packet is lost', '/');
  toClient.observer = null;
  toClient.impair({ down: false });

  await show('the server resets', '/reset');

  setTimeout(() => {
    path('server', 'provider').impair({ down: true });
    path('provider', 'server').impair({ down: true });
  }, 60);
  await show('the server vanishes', '/vanish');
  close();
  restore();
}

main();
