/** Short exchanges with a peer in another process: how long a message takes, how many calls go. */
import type { Socket } from 'node:net';
import type { NetLike } from './bulk-transfer';

const MESSAGE_BYTES = 64;

/** Of the times that single messages took there and back, in µs. */
export interface RoundTripTimes {
  p50: number;
  p99: number;
}

/** 64 bytes to an echo server and back, one message at a time. */
export async function roundTripTimes(
  net: NetLike,
  port: number,
  times: number,
): Promise<RoundTripTimes> {
  const client = net.connect(port, '127.0.0.1');
  client.setNoDelay(true);
  await bounce(client, times >> 2);
  const took = await bounce(client, times);
  client.destroy();
  took.sort();
  return { p50: took[times >> 1] / 1000, p99: took[Math.floor(times * 0.99)] / 1000 };
}

/** Connect, one byte there and back, the server closes. @returns connections a second */
export function callsPerSecond(
  net: NetLike,
  port: number,
  total: number,
  atOnce: number,
): Promise<number> {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    let begun = 0;
    let over = 0;
    const next = (): void => {
      if (begun++ >= total) return;
      const socket = net.connect(port, '127.0.0.1');
      socket.write('x');
      socket.resume();
      socket.once('error', reject);
      socket.once('close', () => {
        if (++over === total) resolve((total * 1000) / (performance.now() - begin));
        else next();
      });
    };
    for (let i = 0; i < atOnce; i++) next();
  });
}

/** @returns how long each took, ns */
function bounce(client: Socket, times: number): Promise<Float64Array> {
  const message = Buffer.alloc(MESSAGE_BYTES, 0x61);
  const took = new Float64Array(times);
  return new Promise((resolve, reject) => {
    let done = 0;
    let missing = MESSAGE_BYTES;
    let begin = process.hrtime.bigint();
    const onData = (chunk: Buffer): void => {
      missing -= chunk.length;
      if (missing > 0) return;
      const now = process.hrtime.bigint();
      took[done++] = Number(now - begin);
      if (done === times) {
        client.off('data', onData);
        resolve(took);
        return;
      }
      missing = MESSAGE_BYTES;
      begin = now;
      client.write(message);
    };
    client.on('data', onData);
    client.once('error', reject);
    client.write(message);
  });
}
