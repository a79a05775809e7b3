/** autocannon fires at a usernet http server for ten seconds, and there is not one error. */
import '../lib/register';

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import autocannon, { type Result } from 'autocannon';
import t, { type Test } from 'tap';
import { kernelTest } from '../test/kernel/support/requirements';
import { HOST } from '../test/kernel/support/rig';

const SECONDS = 10;
const CONNECTIONS = 50;
const PIPELINING = 4;
const BODY = 'usernet '.repeat(1000);

kernelTest('over a raw link, from a process on the kernel', ['raw'], async (t) => {
  await serve(t, async (port) => {
    const options = ['-d', SECONDS, '-c', CONNECTIONS, '-p', PIPELINING].map(String);
    const program = require.resolve('autocannon');
    const args = [program, '--json', ...options, `http://${HOST}:${port}/`];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout);
  });
});

// Both ends share one thread here.
t.test('within the process, autocannon on usernet, too', async (t) => {
  await serve(t, async (port) => {
    const url = `http://${HOST}:${port}/`;
    return await autocannon({
      url,
      duration: SECONDS,
      connections: CONNECTIONS,
      pipelining: PIPELINING,
    });
  });
});

async function serve(t: Test, fire: (port: number) => Promise<Result>): Promise<void> {
  let answered = 0;
  const server = http.createServer((_request, response) => {
    answered++;
    response.end(BODY);
  });
  const faults: string[] = [];
  server.on('clientError', (error, socket) => {
    faults.push(String(error));
    socket.destroy();
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  const result = await fire((server.address() as AddressInfo).port);
  const { errors, timeouts, mismatches, non2xx, resets, requests } = result;
  t.match({ errors, timeouts, mismatches, non2xx }, { errors: 0, timeouts: 0, mismatches: 0 });
  t.equal(non2xx, 0);
  t.equal(resets, 0);
  t.ok(requests.total > 1000, `${requests.total} requests, ${requests.average} a second`);
  t.ok(answered >= requests.total);
  // What is in flight when the time is over is cut off by autocannon.
  const cut = /ECONNRESET|EPIPE|Parse Error/;
  t.same(
    faults.filter((one) => !cut.test(one)),
    [],
  );
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
