/** The capture sees what the other tests count on it to see: above all, a reset of the kernel's. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as nodeNet from 'node:net';
import { RawLink } from '../../lib/link/raw-link';
import { Stack } from '../../lib/stack/stack';
import { IpAddress } from '../../lib/wire/ip-address';
import type { ConnectionHandler } from '../../types/stack';
import { Capture } from './support/capture';
import { kernelTest } from './support/requirements';
import { HOST } from './support/rig';
import { until, within } from './support/within';

const HANDLER: ConnectionHandler = {
  handleConnect() {},
  handleUrgent() {},
  handleReadable() {},
  handleWritable() {},
  handleError() {},
  handleClose() {},
};

kernelTest('sees a refused connection as one SYN and one reset', ['raw'], async (t) => {
  const server = nodeNet.createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const capture = new Capture(HOST);
  t.teardown(() => capture.close());
  const client = nodeNet.connect(port, HOST);
  const [error] = await within(2000, 'refusal', once(client, 'error'));
  t.equal(error.code, 'ECONNREFUSED');
  t.equal(capture.countSyns(), 1);
  const [reset, ...others] = capture.resets();
  t.match(reset, `${HOST}:${port} > 127.0.0.1:`);
  t.same(others, []);
  t.equal(capture.countMissed(), 0);
});

kernelTest('sees each segment of a clean connection once, and no reset', ['raw'], async (t) => {
  const capture = new Capture(HOST);
  t.teardown(() => capture.close());
  const server = nodeNet.createServer((socket) => socket.end('hello')).listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = nodeNet.connect(port, HOST).resume();
  await within(2000, 'close', once(client, 'close'));
  server.close();
  await once(server, 'close');
  await until(2000, 'both FINs', () => capture.read().filter(({ isFin }) => isFin).length === 2);
  t.equal(capture.countSyns(), 2);
  t.same(capture.resets(), []);
});

kernelTest('sees nothing of other addresses', ['raw'], async (t) => {
  const capture = new Capture('127.63.0.1');
  t.teardown(() => capture.close());
  const server = nodeNet.createServer((socket) => socket.end()).listen(0, HOST);
  await once(server, 'listening');
  const client = nodeNet.connect((server.address() as AddressInfo).port, HOST).resume();
  await within(2000, 'close', once(client, 'close'));
  server.close();
  await once(server, 'close');
  t.same(capture.read(), []);
});

/** What the port guard is for: without it the kernel resets what it did not begin. */
class UnguardedLink extends RawLink {
  override claimPort(address: IpAddress, port: number): { port: number; release(): void } {
    const claim = super.claimPort(address, port);
    claim.release();
    return { port: claim.port, release() {} };
  }
}

kernelTest("sees the kernel's reset to a SYN-ACK for a port without guard", ['raw'], async (t) => {
  const server = nodeNet.createServer(() => t.fail('a connection')).listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const capture = new Capture(HOST);
  const stack = new Stack({ links: [new UnguardedLink()] });
  t.teardown(() => {
    stack.close();
    capture.close();
    server.close();
  });
  const remoteAddress = IpAddress.parse(HOST)!;
  const connection = stack.connect({ remoteAddress, remotePort: port }, HANDLER);
  await until(2000, 'a reset', () => capture.resets().length > 0);
  t.equal(capture.resets()[0], `127.0.0.1:${connection.localPort} > ${HOST}:${port}`);
  t.equal(capture.strangeResets()[0], capture.resets()[0], 'and nothing explains it');
  t.equal(stack.stats().resetsOut, 0, 'the stack sent none');
});
