/**
 * How many times a second does a message of 64 bytes go there and back between two sockets of one
 * process, against `node:net` on loopback in the same run?
 */
import type { Socket } from 'node:net';
import { listening, type NetLike } from './support/bulk-transfer';
import { compareInTurns, type Measured } from './support/in-turns';
import { ProcessCost } from './support/process-cost';
import { printHeading, samplesOf } from './support/report';

const SAMPLES = samplesOf(5);
const MESSAGE_BYTES = 64;
const ROUND_TRIPS = 60_000;
const WARM_UP = 10_000;

async function pingPong(net: NetLike): Promise<Measured> {
  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => socket.write(chunk));
    socket.on('error', () => socket.destroy());
  });
  const client = net.connect(await listening(server), '127.0.0.1');
  client.setNoDelay(true);
  await bounce(client, WARM_UP);
  const cost = new ProcessCost();
  await bounce(client, ROUND_TRIPS);
  const result = {
    rate: ROUND_TRIPS / cost.seconds / 1000,
    cpu: cost.cpuMicroseconds / ROUND_TRIPS,
  };
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
  return result;
}

function bounce(client: Socket, times: number): Promise<void> {
  const message = Buffer.alloc(MESSAGE_BYTES, 0x61);
  return new Promise((resolve, reject) => {
    let left = times;
    let missing = MESSAGE_BYTES;
    const onData = (chunk: Buffer): void => {
      missing -= chunk.length;
      if (missing > 0) return;
      missing = MESSAGE_BYTES;
      if (--left > 0) {
        client.write(message);
        return;
      }
      client.off('data', onData);
      resolve();
    };
    client.on('data', onData);
    client.once('error', reject);
    client.write(message);
  });
}

async function main(): Promise<void> {
  printHeading('ping-pong: 64 bytes there and back, one connection, both ends in one process');
  await compareInTurns(
    SAMPLES,
    [
      { key: 'rate', name: 'round trips', unit: 'thousand a second', digits: 1 },
      { key: 'cpu', name: 'CPU a round trip', unit: 'µs' },
    ],
    pingPong,
  );
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
