/**
 * How many connections a second are opened, used for one byte there and back, and closed, fifty at
 * once in one process, against `node:net` on loopback in the same run?
 */
import { listening, type NetLike } from './support/bulk-transfer';
import { compareInTurns, type Measured } from './support/in-turns';
import { ProcessCost } from './support/process-cost';
import { printHeading, samplesOf } from './support/report';

const SAMPLES = samplesOf(5);
const CONNECTIONS = 5000;
/** So many, for V8 compiles the last of what a connection runs through after some ten thousand. */
const WARM_UP = 8000;
const AT_ONCE = 50;

async function connections(net: NetLike): Promise<Measured> {
  const server = net.createServer((socket) => {
    socket.on('data', (chunk: Buffer) => socket.end(chunk));
    socket.on('error', () => socket.destroy());
  });
  const port = await listening(server);
  await openAndClose(net, port, WARM_UP);
  const cost = new ProcessCost();
  await openAndClose(net, port, CONNECTIONS);
  const result = {
    rate: CONNECTIONS / cost.seconds / 1000,
    cpu: cost.cpuMicroseconds / CONNECTIONS,
  };
  await new Promise((resolve) => server.close(resolve));
  return result;
}

function openAndClose(net: NetLike, port: number, total: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let begun = 0;
    let over = 0;
    const next = (): void => {
      if (begun === total) return;
      begun++;
      const socket = net.connect(port, '127.0.0.1');
      socket.write('x');
      socket.resume();
      socket.once('error', reject);
      socket.once('close', () => {
        if (++over === total) resolve();
        else next();
      });
    };
    for (let i = 0; i < AT_ONCE; i++) next();
  });
}

async function main(): Promise<void> {
  printHeading('connections: connect, one byte there and back, close; 50 at once, one process');
  await compareInTurns(
    SAMPLES,
    [
      { key: 'rate', name: 'connections', unit: 'thousand a second' },
      { key: 'cpu', name: 'CPU a connection, both ends', unit: 'µs', digits: 1 },
    ],
    connections,
  );
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
