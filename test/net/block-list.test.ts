/** Block lists, the limit of none, and what tracing tools hear. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { AddressInfo, LookupFunction } from 'node:net';
import * as nodeNet from 'node:net';
import t from 'tap';
import type { NetConnectOptions, ServerOptions, Socket } from '../../lib/net/api';
import { createNet } from '../../lib/net/create-net';
import { Stack } from '../../lib/stack/stack';
import { onEachStack } from './each-stack';
import { event, stop } from './scenarios';

const blockList = new nodeNet.BlockList();
blockList.addAddress('127.0.0.2');

onEachStack('nobody connects to a blocked address', async (t, net) => {
  const one = net.connect({ port: 1, host: '127.0.0.2', blockList });
  let attempts = 0;
  one.on('connectionAttempt', () => attempts++);
  t.match(await event(one, 'error'), {
    code: 'ERR_IP_BLOCKED',
    message: 'IP(127.0.0.2) is blocked by net.BlockList',
  });
  t.equal(attempts, 1);
  const server = net.createServer((socket) => socket.end()).listen(0);
  await event(server, 'listening');
  const addresses = ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }));
  const lookup = ((_host: string, _options: unknown, answer: (...args: unknown[]) => void) =>
    answer(null, addresses)) as unknown as LookupFunction;
  const { port } = server.address() as AddressInfo;
  const many = net.connect({ port, host: 'many.test', lookup, blockList }).resume();
  let reached: string | undefined;
  many.on('connect', () => {
    reached = many.remoteAddress;
  });
  await event(many, 'close');
  t.equal(reached, '127.0.0.1', 'the next one is tried');
  await stop(server);
});

onEachStack('a server turns blocked addresses away without a word', async (t, net) => {
  const own = new nodeNet.BlockList();
  own.addAddress('127.0.0.1');
  let accepted = 0;
  const server = net.createServer({ blockList: own }, () => accepted++).listen(0, '127.0.0.1');
  await event(server, 'listening');
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
  await event(client, 'end');
  t.equal(accepted, 0);
  await stop(server);
});

onEachStack('a block list has to be one', async (t, net) => {
  for (const value of ['127.0.0.1', 5, {}, ['127.0.0.1']]) {
    const options = { port: 1, blockList: value } as unknown as NetConnectOptions & ServerOptions;
    const error = {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /"options\.blockList" property must be/,
    };
    t.throws(() => new net.Socket(options), error);
    t.throws(() => net.connect(options), error);
    t.throws(() => net.createServer(options), error);
  }
});

onEachStack('diagnostics channels hear of sockets', async (t, net) => {
  const heard: unknown[] = [];
  const onClient = (message: unknown): unknown =>
    heard.push((message as { socket: Socket }).socket);
  subscribe('net.client.socket', onClient);
  subscribe('net.server.socket', onClient);
  t.teardown(() => {
    unsubscribe('net.client.socket', onClient);
    unsubscribe('net.server.socket', onClient);
  });
  const server = net.createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await event(server, 'listening');
  const accepting = event(server, 'connection');
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
  const accepted = await accepting;
  await event(client, 'close');
  t.equal(heard.length, 2);
  t.ok(heard[0] === client && heard[1] === accepted);
  await stop(server);
});

t.test('diagnostics channels hear what Node’s own would tell them', async (t) => {
  const stack = new Stack();
  t.teardown(() => stack.close());
  const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];
  const names = events.map((name) => `tracing:net.server.listen:${name}`);
  const heardFrom = async (net: typeof nodeNet): Promise<unknown[]> => {
    const heard: unknown[] = [];
    const note = (message: unknown, name: string | symbol): void => {
      const { server: _server, socket: _socket, options, error } = message as Record<string, Error>;
      const keys = Object.keys(message as object);
      heard.push([name, keys, options && Object.keys(options), error?.message.slice(0, 24)]);
    };
    for (const name of [...names, 'net.client.socket']) subscribe(name, note);
    const server = net.createServer().listen(0, '127.0.0.1');
    await event(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await event(net.createServer().listen({ port, host: '127.0.0.1' }), 'error');
    for (const connect of [net.connect, (...args: [number]) => new net.Socket().connect(...args)]) {
      connect(port, '127.0.0.1')
        .on('error', () => {})
        .destroy();
    }
    for (const name of [...names, 'net.client.socket']) unsubscribe(name, note);
    await stop(server);
    return heard;
  };
  const expected = await heardFrom(nodeNet);
  t.strictSame(await heardFrom(createNet(stack) as unknown as typeof nodeNet), expected);
  t.ok(expected.length >= 5, `${expected.length} messages`);
});

t.test('maxConnections of 0 means what it means in this Node', async (t) => {
  const stack = new Stack();
  t.teardown(() => stack.close());
  for (const net of [nodeNet, createNet(stack)]) {
    let accepted = 0;
    const server = (net as typeof nodeNet).createServer((socket) => {
      accepted++;
      socket.end();
    });
    server.maxConnections = 0;
    server.listen(0, '127.0.0.1');
    await event(server, 'listening');
    const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
    client.on('error', () => {});
    await event(client, 'close');
    t.equal(accepted, Number.parseInt(process.versions.node, 10) < 21 ? 1 : 0);
    await stop(server);
  }
});
