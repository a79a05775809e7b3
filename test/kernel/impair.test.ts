/** A real connection to the kernel, broken on purpose: all of it arrives all the same. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createImpairLink } from '../../lib/link/impair-link';
import { RawLink } from '../../lib/link/raw-link';
import { createNet } from '../../lib/net/create-net';
import { Stack } from '../../lib/stack/stack';
import { SeededRandom } from '../../lib/support/random';
import { kernelTest } from './support/requirements';
import { HOST } from './support/rig';

/** Some dozens of packets: those of the loopback device are large. */
const BYTES = 2_000_000;
const BAD = {
  seed: 11,
  delayMs: 5,
  loss: 0.1,
  duplicate: 0.02,
  reorder: 0.02,
  reorderDelayMs: 3,
  corrupt: 0.1,
};

function open() {
  const link = createImpairLink(new RawLink(), BAD);
  const stack = new Stack({ links: [link] });
  return { link, stack, net: createNet(stack) };
}

const text = Buffer.alloc(BYTES);
new SeededRandom(9).fill(text);

/** Sends everything, and reads it back. */
function echo(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks)));
    socket.on('error', reject);
    socket.end(text);
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, HOST, () => resolve((server.address() as { port: number }).port));
  });
}

kernelTest('usernet calls the kernel over a bad link', ['raw'], async (t) => {
  const { link, stack, net } = open();
  const server = createServer((socket) => socket.pipe(socket));
  const port = await listen(server);
  const back = await echo(net.connect(port, HOST));
  t.ok(back.equals(text), 'the echo is what was sent, byte for byte');
  const { lost, corrupted } = link.outgoing.counters;
  t.ok(lost > 0 && corrupted > 0, `${lost} lost, ${corrupted} corrupted on the way out`);
  stack.close();
  await new Promise((resolve) => server.close(resolve));
});

kernelTest('the kernel calls usernet over a bad link', ['raw'], async (t) => {
  const { link, stack, net } = open();
  const server = net.createServer((socket) => socket.pipe(socket));
  const port = await listen(server as unknown as Server);
  const back = await echo(connect(port, HOST));
  t.ok(back.equals(text));
  t.ok(link.incoming.counters.delivered > 0);
  server.close();
  stack.close();
});
