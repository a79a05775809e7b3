/** gRPC, both ends on usernet: calls, streams, deadlines, many at once over one connection. */

import t from 'tap';
import { checkCarried } from './support/own-stack';

/** Its types are not needed for what is used here. */
// biome-ignore lint/suspicious/noExplicitAny: see above
const grpc: any = require('@grpc/grpc-js');

const HOST = '127.0.0.1';
const CALLS = 50;

const same = (bytes: Buffer): Buffer => bytes;
const method = (name: string, streams: boolean): object => ({
  path: `/usernet.Echo/${name}`,
  requestStream: streams,
  responseStream: streams,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
});
const SERVICE = { once: method('once', false), often: method('often', true) };

interface Stream {
  on(name: string, listener: (chunk: Buffer) => void): void;
  write(chunk: Buffer): void;
  end(): void;
}

type Answer = (error: { code: number } | null, answer: Buffer) => void;

t.test('calls, streams and refusals', async (t) => {
  const server = new grpc.Server();
  server.addService(SERVICE, {
    once: (call: { request: Buffer }, answer: Answer) => answer(null, call.request),
    often: (stream: Stream) => {
      stream.on('data', (chunk) => stream.write(chunk));
      stream.on('end', () => stream.end());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    const insecure = grpc.ServerCredentials.createInsecure();
    server.bindAsync(`${HOST}:0`, insecure, (error: Error | null, found: number) =>
      error === null ? resolve(found) : reject(error),
    );
  });
  const Client = grpc.makeGenericClientConstructor(SERVICE, 'Echo');
  const connect = (to: number) => new Client(`${HOST}:${to}`, grpc.credentials.createInsecure());
  const client = connect(port);
  const call = (from: typeof client, bytes: number, options = {}): Promise<number> =>
    new Promise((resolve) => {
      from.once(Buffer.alloc(bytes, 1), options, (error: { code: number } | null, answer: Buffer) =>
        resolve(error === null ? answer.length : -error.code),
      );
    });
  const sizes = Array.from({ length: CALLS }, (_, i) => i * 5000);
  t.same(await Promise.all(sizes.map((bytes) => call(client, bytes))), sizes);

  const stream: Stream = client.often();
  for (let i = 0; i < CALLS; i++) stream.write(Buffer.alloc(10_000, i));
  stream.end();
  let heard = 0;
  stream.on('data', (chunk) => {
    heard += chunk.length;
  });
  await new Promise<unknown>((resolve) => stream.on('end', resolve));
  t.equal(heard, CALLS * 10_000);

  const nobody = connect(1);
  t.equal(await call(nobody, 1), -grpc.status.UNAVAILABLE);
  nobody.close();
  client.close();
  await new Promise((resolve) => server.tryShutdown(resolve));
  checkCarried(t, 1);
});
