/** Connecting: when its news comes, what options reach the stack, and attempts that take too long. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import type { AddressInfo, LookupFunction } from 'node:net';
import t from 'tap';
import { createNet } from '../../lib/net/create-net';
import { NetworkError } from '../../lib/support/network-error';
import type { ConnectRequest, ListenRequest } from '../../types/stack';
import { onEachStack } from './each-stack';
import { type FakeConnection, FakeStack } from './fake-stack';
import { event, stop, turns } from './scenarios';

onEachStack('a program that awaits hears of nothing too late', async (t, net) => {
  const server = net.createServer((socket) => socket.resetAndDestroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = net.connect(port, '127.0.0.1');
  for (let i = 0; i < 10; i++) await Promise.resolve();
  await once(client, 'connect');
  for (let i = 0; i < 10; i++) await Promise.resolve();
  const [error] = await once(client.resume(), 'error');
  t.match(error, { code: 'ECONNRESET', syscall: 'read' });
  await stop(server);
});

onEachStack('addresses of both ends', async (t, net) => {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await event(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.strictSame(server.address(), { address: '127.0.0.1', family: 'IPv4', port });
  const client = net.connect(port, '127.0.0.1');
  t.strictSame(client.address(), {}, 'none yet');
  t.equal(client.remoteAddress, undefined);
  const accepted = (await event(server, 'connection')) as typeof client;
  if (client.connecting) await event(client, 'connect');
  t.strictSame(client.address(), {
    address: '127.0.0.1',
    family: 'IPv4',
    port: client.localPort,
  });
  t.equal(client.localPort, accepted.remotePort);
  t.equal(client.remotePort, port);
  t.equal(accepted.localPort, port);
  t.equal(accepted.remoteAddress, '127.0.0.1');
  t.equal(accepted.remoteFamily, 'IPv4');
  client.end();
  accepted.end();
  await Promise.all([event(client, 'close'), event(accepted, 'close')]);
  t.equal(client.remotePort, port, 'the peer, once asked for, is remembered');
  t.equal(client.localAddress, undefined);
  await stop(server);
});

onEachStack('a server of both families calls IPv4 peers by mapped addresses', async (t, net) => {
  const server = net.createServer().listen(0);
  const { port, ...rest } = server.address() as AddressInfo;
  t.strictSame(rest, { address: '::', family: 'IPv6' });
  const client = net.connect(port, '127.0.0.1');
  const accepted = (await event(server, 'connection')) as typeof client;
  t.equal(accepted.remoteAddress, '::ffff:127.0.0.1');
  t.equal(accepted.remoteFamily, 'IPv6');
  client.destroy();
  accepted.destroy();
  await stop(server);
});

/** A stack that notes what it is asked for, and refuses what it is told to. */
class NotingStack extends FakeStack {
  readonly asked: (ConnectRequest | ListenRequest)[] = [];
  refuseIpv6 = false;

  override connect(...args: Parameters<FakeStack['connect']>): FakeConnection {
    this.asked.push(args[0]);
    if (this.refuseIpv6 && args[0].remoteAddress.family === 6) this.#refuse();
    return super.connect(...args) as FakeConnection;
  }

  override listen(...args: Parameters<FakeStack['listen']>): ReturnType<FakeStack['listen']> {
    this.asked.push(args[0]);
    if (this.refuseIpv6 && args[0].address.family === 6) this.#refuse();
    return super.listen(...args);
  }

  #refuse(): never {
    throw new NetworkError('EAFNOSUPPORT', 'no IPv6');
  }
}

t.test('what a request says', async (t) => {
  const stack = new NotingStack();
  const net = createNet(stack);
  const server = net.createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 7 });
  await event(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const options = { host: '127.0.0.1', port, localAddress: '127.0.0.1', localPort: 5000 };
  const client = net.connect(options);
  await event(client, 'connect');
  const [listen, connect] = stack.asked as [ListenRequest, ConnectRequest];
  t.match(listen, { address: { text: '127.0.0.1' }, port: 0, backlog: 7 });
  t.match(connect, {
    remoteAddress: { text: '127.0.0.1' },
    remotePort: port,
    localAddress: { text: '127.0.0.1' },
    localPort: 5000,
  });
  t.equal(client.localPort, 5000);
  stack.close();
  const backlogs: unknown[][] = [[0], [0, 9], [0, '127.0.0.1', 11], [0, '127.0.0.1', '12']];
  stack.asked.length = 0;
  for (const args of backlogs) {
    const other = net.createServer();
    (other.listen as (...values: unknown[]) => void)(...args);
    await event(other, 'listening');
    other.close();
  }
  t.same(
    (stack.asked as ListenRequest[]).map(({ backlog }) => backlog),
    [511, 9, 11, 12],
  );
  client.destroy();
});

t.test('without IPv6 a server listens on every IPv4 address', async (t) => {
  const stack = new NotingStack();
  stack.refuseIpv6 = true;
  const net = createNet(stack);
  const server = net.createServer().listen(8000);
  t.match(server.address(), { address: '0.0.0.0', family: 'IPv4' });
  const second = net.createServer().listen(8000);
  const expected = 'listen EADDRINUSE: address already in use 0.0.0.0:8000';
  t.equal(((await event(second, 'error')) as Error).message, expected);
  server.close();
});

t.test('without IPv6 the next address of a name is tried', async (t) => {
  const stack = new NotingStack();
  stack.refuseIpv6 = true;
  const net = createNet(stack);
  const server = net.createServer().listen(8001, '127.0.0.1');
  await event(server, 'listening');
  const addresses = [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ];
  const client = net.connect({ port: 8001, host: 'both.test', lookup: answering(addresses) });
  const failed = event(client, 'connectionAttemptFailed');
  await event(client, 'connect');
  t.equal(await failed, '::1');
  t.same(client.autoSelectFamilyAttemptedAddresses, ['::1:8001', '127.0.0.1:8001']);
  client.destroy();
  server.close();
});

function answering(addresses: { address: string; family: number }[]): LookupFunction {
  return ((_host: string, _options: object, answer: (error: null, found: object) => void) => {
    setImmediate(answer, null, addresses);
  }) as unknown as LookupFunction;
}

t.test('an address that takes too long is given up for the next', async (t) => {
  const stack = new FakeStack();
  stack.silentAddresses.add('127.0.0.2');
  const net = createNet(stack);
  const server = net.createServer().listen(8002, '127.0.0.1');
  await event(server, 'listening');
  const addresses = [
    { address: '127.0.0.2', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  const options = { port: 8002, host: 'slow.test', autoSelectFamilyAttemptTimeout: 10 };
  const client = net.connect({ ...options, lookup: answering(addresses) });
  const attempts: string[] = [];
  for (const name of ['connectionAttempt', 'connectionAttemptTimeout'] as const) {
    client.on(name, (address: string) => attempts.push(`${name} ${address}`));
  }
  const alive = setInterval(() => {}, 1000);
  await event(client, 'connect');
  clearInterval(alive);
  t.same(attempts, [
    'connectionAttempt 127.0.0.2',
    'connectionAttemptTimeout 127.0.0.2',
    'connectionAttempt 127.0.0.1',
  ]);
  t.equal(stack.connections.size, 2, 'the first attempt has left nothing');
  client.destroy();
  stack.close();
});

t.test('options of the socket reach the connection', async (t) => {
  const stack = new FakeStack();
  const net = createNet(stack);
  const server = net.createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 3500 });
  server.listen(0);
  const { port } = server.address() as AddressInfo;
  const early = net.connect({ port, host: '127.0.0.1', noDelay: true, keepAlive: true });
  const late = net.connect({ port, host: '127.0.0.1' });
  late.setNoDelay(true).setKeepAlive(true, 2000).unref();
  t.equal(late.setNoDelay(false).setNoDelay(), late);
  await Promise.all([event(early, 'connect'), event(late, 'connect')]);
  const summary = (remotePort: number | undefined): object => {
    for (const one of stack.connections) {
      if (one.localPort !== remotePort) continue;
      return [one.noDelay, one.keepAlive, one.referenced];
    }
    return [];
  };
  t.same(summary(early.localPort), [true, [true, 0], true]);
  t.same(summary(late.localPort), [true, [true, 2000], false]);
  const accepted = [...stack.connections].filter((one) => one.localPort === port);
  t.equal(accepted.length, 2);
  for (const one of accepted) t.same([one.noDelay, one.keepAlive], [true, [true, 3000]]);
  late.setNoDelay(false).setKeepAlive(false).ref();
  t.same(summary(late.localPort), [false, [false, 0], true]);
  const unconnected = new net.Socket().unref();
  unconnected.connect(port, '127.0.0.1');
  await event(unconnected, 'connect');
  t.same(summary(unconnected.localPort), [false, [false, 0], false]);
  stack.close();
});

t.test('a name that nobody knows', async (t) => {
  const net = createNet(new FakeStack());
  const client = net.connect({ port: 1, host: 'nowhere.invalid' });
  t.match(await event(client, 'error'), { syscall: 'getaddrinfo', hostname: 'nowhere.invalid' });
  const server = net.createServer().listen(0, 'nowhere.invalid');
  t.match(await event(server, 'error'), { syscall: 'getaddrinfo' });
  await turns(1);
});

onEachStack('listeners run in the async context of connect and of listen', async (t, net) => {
  const storage = new AsyncLocalStorage<string>();
  const heard = new Set<string>();
  const note = (what: string): void => void heard.add(`${what} in ${storage.getStore()}`);
  const server = net.createServer((socket) => {
    note('connection');
    socket.on('data', () => note('server data')).on('close', () => note('server close'));
    socket.pipe(socket);
  });
  storage.run('listen', () => server.listen(0, '127.0.0.1'));
  await event(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clients = ['first', 'second'].map((name) =>
    storage.run(name, () => {
      const client = net.connect(port, '127.0.0.1', () => note(`${name} connect`));
      client.on('data', () => note(`${name} data`));
      return client.on('close', () => note(`${name} close`));
    }),
  );
  await storage.run('elsewhere', async () => {
    for (const client of clients) client.end(Buffer.alloc(200_000));
    await Promise.all(clients.map((client) => event(client, 'close')));
  });
  await stop(server);
  await turns(1);
  t.same([...heard].sort(), [
    'connection in listen',
    'first close in first',
    'first connect in first',
    'first data in first',
    'second close in second',
    'second connect in second',
    'second data in second',
    'server close in listen',
    'server data in listen',
  ]);
});
