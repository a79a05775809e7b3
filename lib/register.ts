/**
 * `node -r usernet/register app.js`, `node --import usernet/register app.mjs`: puts usernet under
 * the `net` of a whole process, and so under `http`, `https`, `tls`, `http2` and `fetch`.
 *
 * What it does, on loading:
 * - `net.Socket`, `Stream`, `Server`, `connect`, `createConnection`, `createServer` and the
 *   defaults of auto-select become those of the default stack, in `require('net')`,
 *   `require('node:net')` and `import … from 'node:net'`;
 * - the server classes of `http`, `https`, `tls` and `http2` are built on that `net.Server`;
 * - `http.Agent`, `tls.connect` and everything that asks them (`https.Agent`, Node's `fetch`, npm's
 *   undici) make such sockets; a TLSSocket can lie upon one.
 *
 * What it cannot reach, and stays with the kernel or without an answer:
 * - pipes, descriptors and handles, on purpose;
 * - what was taken out of `net` before (`const { connect } = require('net')`), and sockets and
 *   servers made before;
 * - listeners shared by workers of `cluster`, and sockets sent to child processes;
 * - the inspector, `dns.resolve`, `dgram`, and addons that open sockets of their own;
 * - the addresses of an `http2` session in the clear, which Node asks of no JavaScript stream;
 * - a worker thread has a `net`, and so a stack, of its own.
 *
 * `unregister()` undoes it for what is made from then on; what is there lives on as it is.
 */
import 'node:child_process';
import 'node:tty';
import http from 'node:http';
import http2 from 'node:http2';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import tls from 'node:tls';
import { createNet } from './net/create-net';
import { BridgedSocket } from './register/bridged-socket';
import { BridgedServer, bridgeClass, unbridgeClass } from './register/server-bridge';
import { installTls, uninstallTls } from './register/tls-sockets';

type Members = Record<string, unknown>;

// Modules that take `net.Socket` or `net.Server` apart when they are loaded are imported above,
// so that they have seen Node's.
const BUILT_ON_SERVER = [
  http.Server,
  tls.Server,
  (http2.createServer() as object).constructor as typeof http.Server,
];

const ours = createNet(null);
const replacements: Members = {
  Socket: BridgedSocket,
  Stream: BridgedSocket,
  Server: BridgedServer,
  connect: ours.connect,
  createConnection: ours.connect,
  createServer: (options?: object, listener?: () => void) => new BridgedServer(options, listener),
  getDefaultAutoSelectFamily: ours.getDefaultAutoSelectFamily,
  setDefaultAutoSelectFamily: ours.setDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout: ours.getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout: ours.setDefaultAutoSelectFamilyAttemptTimeout,
};
const originals: Members = {};
for (const name of Object.keys(replacements)) originals[name] = (net as unknown as Members)[name];

const agent = http.Agent.prototype as unknown as Members;
const originalAgentConnect = agent.createConnection;
let registered = false;

/** Does nothing where it is done already. */
export function register(): void {
  if (registered) return;
  registered = true;
  Object.assign(net, replacements);
  for (const one of BUILT_ON_SERVER) bridgeClass(one);
  agent.createConnection = ours.connect;
  installTls();
  syncBuiltinESMExports();
}

/** Sockets and servers made from now on are Node's again. */
export function unregister(): void {
  if (!registered) return;
  registered = false;
  Object.assign(net, originals);
  for (const one of BUILT_ON_SERVER) unbridgeClass(one);
  agent.createConnection = originalAgentConnect;
  uninstallTls();
  syncBuiltinESMExports();
}

register();
