/** Every port of a raw link costs a descriptor: what happens where a process may have few. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import * as nodeNet from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { kernelTest } from './support/requirements';
import { HOST } from './support/rig';

const USERNET = JSON.stringify(join(__dirname, '..', '..', 'dist', 'lib', 'index.js'));
/** As a shell sets it; Node and its threads need some thirty of them. */
const LIMIT = 160;

const PRELUDE = `
  const { connect, defaultStack } = require(${USERNET});
  const errors = new Set();
  let echoed = 0;
  const one = () => new Promise((resolve) => {
    const socket = connect(Number(process.argv[1]), '${HOST}');
    socket.on('error', (error) => errors.add(error.message)).on('close', resolve);
    socket.on('data', () => { echoed++; socket.end(); });
    socket.write('x');
  });
  const report = () => {
    const { heldPorts, timeWaitRetired } = defaultStack().stats();
    console.log(JSON.stringify({ echoed, errors: [...errors], heldPorts, timeWaitRetired }));
  };`;

kernelTest('connections one after the other need few descriptors', ['raw'], async (t) => {
  const found = await runLimited(
    t,
    `(async () => {
      for (let i = 0; i < 400; i++) await one();
      require('node:fs').readdirSync('.'); // the program has some left
      report();
    })();`,
  );
  t.match(found, { echoed: 400, errors: [] });
  t.ok(found.heldPorts <= LIMIT / 2, `${found.heldPorts} ports held at the end`);
  t.ok(found.timeWaitRetired > 200, `${found.timeWaitRetired} ended early`);
});

kernelTest('too many at once fail, and say what to do', ['raw'], async (t) => {
  const code = 'Promise.all(Array.from({ length: 300 }, one)).then(report);';
  const { echoed, errors } = await runLimited(t, code);
  t.ok(echoed > LIMIT / 3 && echoed < LIMIT, `${echoed} connections`);
  t.equal(errors.length, 1);
  t.match(
    errors[0],
    /^connect EMFILE .*raise the limit of 160 \(ulimit -n\) or have fewer at once$/,
  );
});

interface Report {
  echoed: number;
  errors: string[];
  heldPorts: number;
  timeWaitRetired: number;
}

/** Runs `code` with few descriptors, against a server of the kernel's. */
async function runLimited(t: Test, code: string): Promise<Report> {
  const server = nodeNet.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  server.listen(0, HOST);
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as nodeNet.AddressInfo;
  const script = `ulimit -n ${LIMIT} && exec "$@"`;
  const args = ['-c', script, 'sh', process.execPath, '-e', PRELUDE + code, String(port)];
  const { stdout } = await promisify(execFile)('sh', args, { timeout: 50_000 });
  return JSON.parse(stdout);
}
