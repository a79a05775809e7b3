/** Workers of a cluster have a TCP each: a port is one worker's, and the others hear why. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from './support/program';
import { kernelTest } from './support/requirements';
import { HOST } from './support/rig';

const USERNET = JSON.stringify(join(__dirname, '..', '..', 'dist', 'lib', 'index.js'));

/** Two workers listen on the port that the first has found; all hear how it went. */
const PROGRAM = `
  const cluster = require('node:cluster');
  if (cluster.isPrimary) {
    const first = cluster.fork({ PORT: 0 });
    first.once('message', (port) => {
      const second = cluster.fork({ PORT: port });
      second.once('message', (message) => {
        console.log(message);
        first.kill();
        second.kill();
      });
    });
  } else {
    const server = require(${USERNET}).createServer();
    server.on('error', (error) => process.send(error.message));
    server.listen({ port: Number(process.env.PORT), host: '${HOST}', reusePort: true }, () => {
      process.send(server.address().port);
    });
  }`;

const NAME = 'the second worker of a cluster hears that listeners are not shared';

kernelTest(NAME, ['raw'], async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'usernet-cluster-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'program.js'); // which its workers run again
  writeFileSync(path, PROGRAM);
  const { output, errors, status } = await new Program(process.execPath, [path]).finished();
  t.same([status, errors], [0, '']);
  const said =
    /^listen EADDRINUSE: address already in use [\d.:]+: workers of a cluster do not share/;
  t.match(String(output), said);
});
