/**
 * What is built, as a program of a user meets it: no test framework, no compiler, no loader. Run by
 * the Node that is to be tried, in a checkout.
 */
'use strict';
const assert = require('node:assert/strict');
const { execFileSync, spawn } = require('node:child_process');
const { once } = require('node:events');
const net = require('usernet');

const node = process.execPath;
const run = (...args) => execFileSync(node, args, { encoding: 'utf8' });

async function main() {
  assert.match(run('dist/lib/cli/main.js', 'demo'), /ESTABLISHED/);
  assert.match(run('examples/two-stacks.js'), /west read: good morning from the east/);
  const code = `
    import net, { connect, createServer } from 'usernet';
    const server = createServer((socket) => socket.end('from ESM')).listen(0, '127.0.0.1', () => {
      connect(server.address().port, '127.0.0.1').on('data', (data) => {
        console.log(String(data), net.connect === connect);
        server.close();
      });
    });`;
  assert.equal(run('--input-type=module', '-e', code), 'from ESM true\n');
  await preloaded('-r', '--import');
  await ended();
}

/** `usernet/register`, both ways. */
async function preloaded(...ways) {
  const code = `
    const http = require('node:http');
    const server = http.createServer((request, response) => response.end(request.url));
    server.listen(0, '127.0.0.1', async () => {
      const answer = await fetch('http://127.0.0.1:' + server.address().port + '/fetched');
      console.log(await answer.text(), require('usernet').defaultStack().stats().tcpOpened);
      server.close();
      server.closeAllConnections();
    });`;
  for (const way of ways) {
    assert.equal(run(way, 'usernet/register', '-e', code), '/fetched 1\n', way);
  }
}

/** A server and a client in two processes end by themselves. */
async function ended() {
  const listening = `require('usernet').createServer((socket) => socket.pipe(socket))
    .listen(0, '127.0.0.1', function () { console.log(this.address().port); })
    .on('connection', function () { this.close(); });`;
  const server = spawn(node, ['-e', listening], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(server.stdout, 'data');
  const socket = net.connect(Number(port), '127.0.0.1');
  socket.end('over the wire');
  let text = '';
  for await (const chunk of socket) text += chunk;
  assert.equal(text, 'over the wire');
  const [status] = await once(server, 'close');
  assert.equal(status, 0);
}

main();
