/** Scenarios: names, timeouts, signals, limits, and what a server says. */
import type { LookupFunction } from 'node:net';
import {
  closedPort,
  describe,
  event,
  listening,
  type Scenario,
  stop,
  Tape,
  turns,
} from './scenarios';

type Answer = (error: Error | null, result: unknown, family?: number) => void;

/** A lookup that answers late with the same each time. */
function lookup(error: Error | null, result: unknown, family?: number): LookupFunction {
  return ((_host: string, _options: unknown, answer: Answer) => {
    setTimeout(() => answer(error, result, family), 2);
  }) as unknown as LookupFunction;
}

function noteLookups(tape: {
  note(party: string, what: string): void;
}): (...args: unknown[]) => void {
  return (error, address, family, host) => {
    tape.note('client', `lookup ${error} ${address} ${family} ${host}`);
  };
}

export const optionScenarios: Scenario[] = [
  {
    name: 'a name with one address',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.end());
      const options = { port, host: 'one.test', family: 4, lookup: lookup(null, '127.0.0.1', 4) };
      const client = tape.socket('client', net.connect(options)).resume();
      client.on('lookup', noteLookups(tape));
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'a name with several addresses, the first of which refuses',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.end());
      const addresses = [
        { address: '127.0.0.2', family: 4 },
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ];
      const options = { port, host: 'many.test', lookup: lookup(null, addresses) };
      const client = tape.socket('client', net.connect(options)).resume();
      client.on('lookup', noteLookups(tape));
      client.on('connectionAttemptFailed', (ip, _port, family, error) => {
        tape.note('client', `failed ${ip} ${family} ${describe(error)}`);
      });
      await event(client, 'close');
      const tried = client.autoSelectFamilyAttemptedAddresses.map((end) => end.split(':')[0]);
      tape.note('client', tried.join());
      await stop(server);
    },
  },
  {
    name: 'a name with several addresses, all of which refuse',
    async run(net, tape) {
      const port = await closedPort(net);
      const addresses = [
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ];
      const options = { port, host: 'none.test', lookup: lookup(null, addresses) };
      const client = tape.socket('client', net.connect(options));
      await event(client, 'close');
    },
  },
  ...(
    [
      ['fails', lookup(new Error('no such name'), undefined)],
      ['answers no address', lookup(null, 'nonsense', 4)],
      ['answers a strange family', lookup(null, '127.0.0.1', 5)],
    ] as const
  ).map(([what, answer]) => ({
    name: `a lookup that ${what}`,
    async run(net: typeof import('node:net'), tape: Tape) {
      const options = { port: 1, host: 'bad.test', family: 4, lookup: answer };
      const client = tape.socket('client', net.connect(options));
      client.on('lookup', noteLookups(tape));
      await event(client, 'close');
    },
  })),
  {
    name: 'a lookup that answers no address where all were asked for',
    async run(net, tape) {
      const answer = lookup(null, [{ address: 'nonsense', family: 4 }]);
      const client = tape.socket(
        'client',
        net.connect({ port: 1, host: 'bad.test', lookup: answer }),
      );
      await event(client, 'close');
    },
  },
  {
    name: 'destroyed during the lookup',
    async run(net, tape) {
      const answer = lookup(null, '127.0.0.1', 4);
      const options = { port: 1, host: 'late.test', family: 4, lookup: answer };
      const client = tape.socket('client', net.connect(options));
      client.on('lookup', noteLookups(tape));
      client.destroy();
      await event(client, 'close');
      await turns(4);
    },
  },
  {
    name: 'port 0',
    async run(net, tape) {
      await event(tape.socket('client', net.connect({ port: 0, host: '127.0.0.1' })), 'close');
    },
  },
  {
    name: 'a second connect while the first is under way',
    async run(net, tape) {
      // Whether the server ever hears of it depends on who is faster.
      const { server, port } = await listening(net, new Tape(), {}, (socket) => socket.resume());
      const client = tape.socket('client', net.connect(port, '127.0.0.1'));
      client.connect(port, '127.0.0.1');
      await event(client, 'close');
      await turns(3);
      await stop(server);
    },
  },
  {
    name: 'a local address that is not ours',
    async run(net, tape) {
      const options = { port: 1, host: '127.0.0.1', localAddress: '192.0.2.1' };
      await event(tape.socket('client', net.connect(options)), 'close');
    },
  },
  {
    name: 'a local port that a server has',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {});
      const options = { port: 1, host: '127.0.0.1', localAddress: '127.0.0.1', localPort: port };
      await event(tape.socket('client', net.connect(options)), 'close');
      await stop(server);
    },
  },
  {
    name: 'a refused connection from a chosen local port',
    async run(net, tape) {
      const localPort = await closedPort(net);
      const port = await closedPort(net);
      const options = { port, host: '127.0.0.1', localAddress: '127.0.0.1', localPort };
      const client = tape.socket('client', net.connect(options));
      client.on('error', (error) => tape.note('client', Object.keys(error).join()));
      await event(client, 'close');
    },
  },
  {
    name: 'an idle timeout',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.resume());
      const client = tape.socket('client', net.connect(port, '127.0.0.1'));
      // From the connection on: how long that takes on a busy machine is no part of the scenario.
      client.once('connect', () => {
        client.setTimeout(20, () => {
          tape.note('client', `timeout callback ${client.timeout}`);
          client.end();
        });
      });
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'a timeout option, and one that is taken back',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.resume());
      const client = tape.socket('client', net.connect({ port, host: '127.0.0.1', timeout: 50 }));
      await event(client, 'timeout');
      const callback = () => tape.note('client', 'never');
      client.setTimeout(3, callback);
      client.setTimeout(0, callback);
      await turns(8);
      client.destroy();
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'a signal aborts the socket',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.resume());
      const abort = new AbortController();
      const options = { port, host: '127.0.0.1', signal: abort.signal };
      const client = tape.socket('client', net.connect(options));
      client.on('connect', () => abort.abort());
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'a signal was aborted before',
    async run(net, tape) {
      const options = { port: 1, host: '127.0.0.1', signal: AbortSignal.abort() };
      await event(tape.socket('client', net.connect(options)), 'close');
    },
  },
  {
    name: 'a server that pauses what it accepts',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, { pauseOnConnect: true }, (socket) => {
        tape.data('accepted', socket);
        tape.note('accepted', `paused ${socket.isPaused()}`);
        setTimeout(() => socket.resume(), 3);
      });
      const client = tape.socket('client', net.connect(port, '127.0.0.1')).resume();
      client.end('waiting');
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'a server with room for one',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.resume());
      server.maxConnections = 1;
      server.on('drop', (data) => tape.note('server', `drop ${Object.keys(data ?? {})}`));
      const first = tape.socket('first', net.connect(port, '127.0.0.1')).resume();
      await event(first, 'connect');
      const second = tape.socket('second', net.connect(port, '127.0.0.1')).resume();
      await event(second, 'close');
      const count = await new Promise((resolve) => {
        server.getConnections((error, connections) => resolve(`${error} ${connections}`));
      });
      tape.note('server', `connections ${count}`);
      first.end();
      await event(first, 'close');
      await stop(server);
    },
  },
  {
    name: 'what a server says',
    async run(net, tape) {
      const server = tape.server(
        'server',
        net.createServer((socket) => socket.end()),
      );
      server.close((error) => tape.note('server', `first close ${error && describe(error)}`));
      await event(server, 'close');
      server.listen(0, '127.0.0.1', () => tape.note('server', 'callback'));
      tape.note('server', `listening ${server.listening} ${server.address()}`);
      await event(server, 'listening');
      const { port } = server.address() as { port: number };
      const client = net.connect(port, '127.0.0.1').resume();
      await event(client, 'connect');
      server.close((error) => tape.note('server', `closed ${error}`));
      tape.note('server', `listening ${server.listening} ${server.address()}`);
      await event(server, 'close');
      server.close((error) => tape.note('server', `again ${error && describe(error)}`));
      await event(server, 'close');
    },
  },
  {
    name: 'a port that is taken, and an address that is not ours',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {});
      const second = tape.server('second', net.createServer());
      second.listen(port, '127.0.0.1');
      await event(second, 'error');
      const third = tape.server('third', net.createServer());
      third.listen(port, '192.0.2.1');
      await event(third, 'error');
      tape.note('third', `${third.listening}`);
      await stop(server);
    },
  },
  {
    name: 'a server closed before it listened',
    async run(net, tape) {
      const server = tape.server('server', net.createServer());
      server.listen(0);
      server.close();
      await event(server, 'close');
      await turns(2);
    },
  },
  {
    name: 'a server stopped by a signal',
    async run(net, tape) {
      const abort = new AbortController();
      const server = tape.server('server', net.createServer());
      server.listen({ port: 0, host: '127.0.0.1', signal: abort.signal });
      await event(server, 'listening');
      abort.abort();
      await event(server, 'close');
    },
  },
];
