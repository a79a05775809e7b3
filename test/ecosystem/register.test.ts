/** What `usernet/register` reaches in a process, how it undoes it, and what it leaves alone. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

const ROOT = join(__dirname, '..', '..');
/** What is built, as users have it. */
const BUILT = join(ROOT, 'dist', 'lib');
const REGISTER = join(BUILT, 'register.js');
const RUN_MS = 20_000;

/** `isOurs` tells whose socket it is; each program says what it found as one line of JSON. */
const IS_OURS = "const isOurs = (it) => typeof it.tcpInfo === 'function';";

const SERVE = `
  ${IS_OURS}
  const server = net.createServer((socket) => socket.end(isOurs(socket) ? 'ours' : 'theirs'));
  server.listen(0, '127.0.0.1', () => {
    const socket = createConnection(server.address().port, '127.0.0.1');
    const kind = socket instanceof Socket && server instanceof Server;
    socket.on('data', (chunk) => say([isOurs(socket), String(chunk), kind]));
    socket.on('close', () => server.close());
  });
`;

const SAY = 'const say = (value) => console.log(JSON.stringify(value));';

t.test('-r: require', async (t) => {
  const head = `const net = require('net');
    const { Socket, Server, createConnection } = require('node:net');`;
  t.same(await runScript(`${head} ${SAY} ${SERVE}`), [true, 'ours', true]);
});

t.test('--import: default, namespace and named imports', async (t) => {
  const head = `import net, { Socket, Server, createConnection } from 'node:net';
    import * as space from 'net';`;
  const same = 'if (space.connect !== net.connect) throw new Error("not in step");';
  t.same(await runModule(`${head} ${SAY} ${same} ${SERVE}`), [true, 'ours', true]);
});

t.test('classes may extend Socket and Server in the old way and the new', async (t) => {
  const script = `
    const net = require('net');
    const util = require('util');
    class New extends net.Socket {}
    function Old() { net.Socket.call(this); }
    util.inherits(Old, net.Socket);
    class Server extends require('http').Server {
      listen(...args) { this.overridden = true; return super.listen(...args); }
    }
    ${SAY} ${IS_OURS}
    const server = new Server((request, response) => response.end());
    server.listen(0, '127.0.0.1', () => {
      const sockets = [new New(), new Old()];
      const all = sockets.map((socket) => new Promise((resolve) => {
        socket.connect(server.address().port, '127.0.0.1', () => {
          socket.destroy();
          resolve([isOurs(socket), socket instanceof net.Socket]);
        });
      }));
      Promise.all(all).then((found) => {
        server.close(() => say([...found, server.overridden, server instanceof net.Server]));
      });
    });`;
  t.same(await runScript(script), [[true, true], [true, true], true, true]);
});

t.test('unregister gives Node back, and what is there lives on', async (t) => {
  const script = `
    const { once } = require('events');
    const net = require('net');
    const http = require('http');
    const tls = require('tls');
    const { register, unregister } = require(${JSON.stringify(REGISTER)});
    ${SAY} ${IS_OURS}
    const names = Object.keys(net);
    const answer = (request, response) => response.end(String(isOurs(request.socket)));
    const ask = async (port, path) => await (await fetch('http://127.0.0.1:' + port)).text();
    const serve = async () => {
      const server = http.createServer(answer);
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return server;
    };
    (async () => {
      const first = await serve();
      const port = first.address().port;
      const found = [await ask(port)];
      const { connect, Socket } = net;
      unregister();
      found.push(net.connect !== connect, net.Socket !== Socket, isOurs(new net.Socket()));
      const second = await serve();
      found.push(await ask(second.address().port), first.listening, first.address().port === port);
      for (const server of [first, second]) {
        server.closeAllConnections();
        await once(server.close(), 'close');
      }
      register();
      register();
      const early = net.connect === connect && new net.Socket() instanceof Socket;
      const third = await serve();
      found.push(early, await ask(third.address().port), second.listening);
      third.closeAllConnections();
      third.close(() => say([...found, String(Object.keys(net)) === String(names)]));
    })();`;
  const ours = ['true', true, true, false];
  const theirs = ['false', true, true];
  t.same(await runScript(script), [...ours, ...theirs, true, 'true', false, true]);
});

t.test('pipes, children and the standard streams stay with Node', async (t) => {
  const script = `
    const { execFileSync, spawn } = require('child_process');
    const net = require('net');
    const http = require('http');
    const { mkdtempSync, rmSync } = require('fs');
    const { join } = require('path');
    const { tmpdir } = require('os');
    ${SAY} ${IS_OURS}
    const folder = mkdtempSync(join(tmpdir(), 'usernet-'));
    const path = join(folder, 'pipe');
    const server = http.createServer((request, response) => response.end('by pipe'));
    server.listen(path, () => {
      http.get({ socketPath: path, agent: false }, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        const child = spawn(process.execPath, ['-p', '6 * 7']);
        let said = '';
        for await (const chunk of child.stdout) said += chunk;
        const standard = [child.stdout, process.stdout].map((one) => one instanceof net.Socket);
        server.close(() => {
          rmSync(folder, { recursive: true });
          say([text, Number(said), server.address(), ...standard.concat(isOurs(child.stdout))]);
        });
      });
    });`;
  t.same(await runScript(script), ['by pipe', 42, null, true, true, false]);
});

t.test('nothing changes where it is not registered', async (t) => {
  const script = `
    const net = require('net');
    const before = { ...net };
    require(${JSON.stringify(join(BUILT, 'index.js'))});
    ${SAY}
    say(Object.keys(before).every((name) => before[name] === net[name]));`;
  t.equal(await runNode(['-e', script]), true);
});

function runScript(script: string): Promise<unknown> {
  return runNode(['-r', REGISTER, '-e', script]);
}

function runModule(script: string): Promise<unknown> {
  return runNode(['--import', REGISTER, '--input-type=module', '-e', script]);
}

/** Everything inside the child's process: the test needs no privilege. */
async function runNode(args: string[]): Promise<unknown> {
  const env = { ...process.env, USERNET_LINK: 'loopback', NODE_OPTIONS: '' };
  const options = { cwd: ROOT, env, timeout: RUN_MS };
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  return JSON.parse(stdout);
}
