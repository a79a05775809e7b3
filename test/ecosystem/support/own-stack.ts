/**
 * Puts usernet under the whole test process, on a loopback of its own, and says afterwards whether
 * everything went there.
 */
import '../../../lib/register';

import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import type { Test } from 'tap';
import { configure, defaultStack } from '../../../lib';

configure({ links: [] });

/** @returns its port, on 127.0.0.1 */
export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

/** Did connections, this many at least, run on the default stack, and none in the kernel? */
export function checkCarried(t: Test, connections: number): void {
  const { tcpOpened } = defaultStack().stats();
  t.ok(tcpOpened >= connections, `${connections} of ${tcpOpened} connections ran on the stack`);
  const ofKernel = process.getActiveResourcesInfo().filter((one) => one.startsWith('TCP'));
  t.same(ofKernel, [], 'the kernel has no TCP socket of this process');
}
