/**
 * The other process of a test: talks the kernel's TCP, or usernet's over a link of its own, as its
 * first argument says. Does what its parent asks over the channel, and ends when that closes.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as nodeNet from 'node:net';
import { RawLink } from '../../../lib/link/raw-link';
import { RawSocketLink } from '../../../lib/link/raw-socket-link';
import { createNet } from '../../../lib/net/create-net';
import { Stack } from '../../../lib/stack/stack';
import { call, flood, type NetLike, type Outcome, type Part, serve } from './conversation';

export type PeerKind = 'kernel' | 'raw' | 'raw-socket';

/** What a parent may ask, by name. Arguments and results are plain data. */
export interface PeerMethods {
  serve(host: string, count: number, part: Part): Promise<{ port: number; ticket: number }>;
  /** Of the `serve` that gave the ticket. */
  outcomes(ticket: number): Promise<Outcome[]>;
  call(host: string, port: number, count: number, part: Part): Promise<Outcome[]>;
  /** A server that sends without end, and never reads what it is sent. @returns its port */
  flood(host: string): Promise<number>;
  /** A client that does the same. */
  callFlood(host: string, port: number): Promise<void>;
}

export interface PeerRequest {
  id: number;
  method: keyof PeerMethods;
  args: unknown[];
}

export interface PeerAnswer {
  id: number;
  result?: unknown;
  error?: string;
}

function makeMethods(net: NetLike): PeerMethods {
  const tickets: Promise<Outcome[]>[] = [];
  return {
    // With room for all of them, or a kernel forgets some and resets them (docs/links.md).
    async serve(host, count, part) {
      const { port, outcomes } = await serve(net, host, count, part, count);
      outcomes.catch(() => undefined); // asked for later
      return { port, ticket: tickets.push(outcomes) - 1 };
    },
    outcomes: (ticket) => tickets[ticket],
    call: (host, port, count, part) => call(net, host, port, count, part),
    async flood(host) {
      const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
      server.on('connection', flood);
      server.listen(0, host);
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },
    async callFlood(host, port) {
      const socket = net.connect({ host, port, allowHalfOpen: true });
      socket.pause();
      await once(socket, 'connect');
      flood(socket);
    },
  };
}

function netOf(kind: PeerKind): NetLike {
  if (kind === 'kernel') return nodeNet as NetLike;
  const link = kind === 'raw' ? new RawLink() : new RawSocketLink();
  return createNet(new Stack({ links: [link] })) as NetLike;
}

function main(kind: PeerKind): void {
  const methods = makeMethods(netOf(kind));
  process.on('message', async ({ id, method, args }: PeerRequest) => {
    const ask = methods[method] as (...values: unknown[]) => Promise<unknown>;
    const answer: PeerAnswer = { id };
    try {
      answer.result = await ask(...args);
    } catch (error) {
      answer.error = String(error);
    }
    process.send!(answer);
  });
  process.on('disconnect', () => process.exit());
  process.send!({ id: 0 } satisfies PeerAnswer);
}

if (require.main === module) main(process.argv[2] as PeerKind);
