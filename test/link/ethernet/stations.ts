/** What stations on a hub do in the tests of either family. */
import type { Test } from 'tap';
import { createNet } from '../../../lib/net/create-net';
import { type Attached, Hub, type StationOptions, settle } from './hub';

export interface Couple {
  hub: Hub;
  anne: Attached;
  bert: Attached;
}

/** Both stations, announced and quiet. */
export function attachBoth(anne: StationOptions, bert: StationOptions, hub = new Hub()): Couple {
  const couple = { hub, anne: hub.attach(anne), bert: hub.attach(bert) };
  hub.pass(3_000);
  return couple;
}

export function close(...attached: Attached[]): void {
  for (const { stack } of attached) stack.close();
}

/** Connects and keeps what becomes of it. */
export function connect(from: Attached, host: string, port = 80) {
  const seen: string[] = [];
  const socket = createNet(from.stack).connect({ port, host });
  socket.on('connect', () => seen.push('connect'));
  socket.on('error', (error: NodeJS.ErrnoException) => seen.push(error.code!));
  return { socket, seen };
}

/** Anne calls Bert for the first time, and he says hello. @returns every frame of it */
export async function meet(t: Test, { hub, anne, bert }: Couple, host: string): Promise<string[]> {
  const server = createNet(bert.stack).createServer((socket) => socket.end('hello'));
  server.listen(80, host);
  const { socket, seen } = connect(anne, host);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const sent = await settle(hub, 100);
  t.same(seen, ['connect']);
  t.equal(text, 'hello');
  t.same(anne.link.neighbours(), [{ address: host, mac: '02:00:00:00:00:02', state: 'REACHABLE' }]);
  server.close();
  return sent;
}
