/**
 * The basic set: what every link over the host must do with the host's kernel, whichever of the two
 * calls. One table of who sends when; the tests choose link and sizes.
 */
import type { Test } from 'tap';
import { call, type NetLike, type Outcome, type Part, serve } from './conversation';
import type { PeerProcess } from './peer-process';
import { within } from './within';

/** Longest that one exchange may take, ms. */
const EXCHANGE_MS = 25_000;

export interface Scenario {
  name: string;
  connections: number;
  client: Part;
  server: Part;
  /** Longest that it may take, ms; a while unless given. */
  patienceMs?: number;
}

const MIB = 1024 * 1024;

/** @param bytes in each direction that carries data */
export function transfers(bytes: number): Scenario[] {
  const sends = { bytes, afterEnd: false };
  const answers = { bytes: 0, afterEnd: true };
  const size = `${bytes / MIB} MiB`;
  return [
    { name: `${size} up`, connections: 1, client: sends, server: answers },
    { name: `${size} down`, connections: 1, client: answers, server: sends },
    { name: `${size} both ways at once`, connections: 1, client: sends, server: sends },
  ];
}

/** One side ends at once, or after a little, and then reads for long what the other still sends. */
export function halfCloses(bytes: number): Scenario[] {
  const first = { bytes: 10_000, afterEnd: false };
  const silent = { bytes: 0, afterEnd: false };
  const last = { bytes, afterEnd: true };
  const size = `${bytes / MIB} MiB`;
  return [
    { name: `client ends, then reads ${size}`, connections: 1, client: first, server: last },
    { name: `server ends, then reads ${size}`, connections: 1, client: last, server: first },
    {
      name: `client ends without a word, then reads ${size}`,
      connections: 1,
      client: silent,
      server: last,
    },
    {
      name: `server ends without a word, then reads ${size}`,
      connections: 1,
      client: last,
      server: silent,
    },
  ];
}

/** All of them are established before any of them sends. */
export function crowd(connections: number, bytes: number): Scenario[] {
  const part = { bytes, afterEnd: false };
  const name = `${connections} connections at once, ${bytes / 1024} KiB each way`;
  return [{ name, connections, client: part, server: part }];
}

/** A usernet client against the peer's server. */
export async function callPeer(
  t: Test,
  net: NetLike,
  peer: PeerProcess,
  host: string,
  scenario: Scenario,
  listenOn = host,
): Promise<void> {
  const { connections, client, server } = scenario;
  const { port, outcomes } = await peer.serve(listenOn, connections, server);
  const called = call(net, host, port, connections, client);
  const both = within(
    scenario.patienceMs ?? EXCHANGE_MS,
    scenario.name,
    Promise.all([called, outcomes]),
  );
  checkOutcomes(t, scenario, ...(await both));
}

/** The peer's client against a usernet server. */
export async function servePeer(
  t: Test,
  net: NetLike,
  peer: PeerProcess,
  host: string,
  scenario: Scenario,
  listenOn = host,
): Promise<void> {
  const { connections, client, server } = scenario;
  const { port, outcomes } = await serve(net, listenOn, connections, server);
  const called = peer.call(host, port, connections, client);
  const both = within(
    scenario.patienceMs ?? EXCHANGE_MS,
    scenario.name,
    Promise.all([called, outcomes]),
  );
  checkOutcomes(t, scenario, ...(await both));
}

/** Each end got what the other sent, byte for byte, and closed without an error. */
function checkOutcomes(
  t: Test,
  scenario: Scenario,
  ofClient: Outcome[],
  ofServer: Outcome[],
): void {
  const byPort = new Map(ofServer.map((one) => [one.clientPort, one]));
  t.equal(byPort.size, scenario.connections, 'every connection was served');
  const faults = ofClient.flatMap((client) => {
    const server = byPort.get(client.clientPort);
    return server === undefined ? ['not served'] : compare(scenario, client, server);
  });
  t.same(faults, [], 'every byte arrived both ways, and every close was clean');
}

function compare(scenario: Scenario, client: Outcome, server: Outcome): string[] {
  const faults: string[] = [];
  const expect = (isTrue: boolean, what: string): void => {
    if (!isTrue) faults.push(`port ${client.clientPort}: ${what}`);
  };
  expect(client.error === null, `the client's error is ${client.error}`);
  expect(server.error === null, `the server's error is ${server.error}`);
  const { bytes: up } = scenario.client;
  const { bytes: down } = scenario.server;
  expect(server.receivedBytes === up, `up, ${server.receivedBytes} of ${up} bytes arrived`);
  expect(client.receivedBytes === down, `down, ${client.receivedBytes} of ${down} bytes arrived`);
  expect(client.sent === server.received, 'the hashes of what went up differ');
  expect(server.sent === client.received, 'the hashes of what went down differ');
  return faults;
}
