/** What programs see of IPv6, one small program each: for `node:net`, and for ours. */
import type { AddressInfo, ListenOptions, LookupFunction, Socket } from 'node:net';
import { event, type NetLike, stop } from './scenarios';

type Story = (net: NetLike) => Promise<unknown>;

/** Anything that differs from run to run, the same in all. */
function withoutPorts(text: string, ...ports: number[]): string {
  return ports.reduce((result, port) => result.replaceAll(`${port}`, 'PORT'), text);
}

function faultOf(error: Error & Record<string, unknown>, ...ports: number[]): object {
  const { code, errno, syscall, address, port, localAddress } = error;
  const message = withoutPorts(error.message, ...ports);
  return { message, code, errno, syscall, address, hasPort: port !== undefined, localAddress };
}

async function listening(net: NetLike, options: ListenOptions) {
  const server = net.createServer();
  server.listen({ port: 0, ...options });
  await event(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** Connects, and tells how both ends call themselves and each other. */
function ends(listen: ListenOptions, host: string, more: object = {}): Story {
  return async (net) => {
    const { server, port } = await listening(net, listen);
    const { port: _, ...bound } = server.address() as AddressInfo;
    const accepted = event(server, 'connection') as Promise<Socket>;
    const client = net.connect({ port, host, ...more });
    const result = await Promise.race([
      event(client, 'connect').then(async () => {
        const other = await accepted;
        const seen = [nameOf(client), nameOf(other)];
        other.destroy();
        return seen;
      }),
      event(client, 'error').then((error) => faultOf(error as never, port)),
    ]);
    client.destroy();
    await stop(server);
    return { bound, result };
  };
}

function nameOf(socket: Socket): object {
  const { localAddress, localFamily, remoteAddress, remoteFamily } = socket;
  return { localAddress, localFamily, remoteAddress, remoteFamily };
}

/** Listens twice on one port. */
function twice(first: ListenOptions, second: ListenOptions): Story {
  return async (net) => {
    const { server, port } = await listening(net, first);
    const other = net.createServer();
    other.listen({ ...second, port });
    const outcome = await Promise.race([
      event(other, 'listening').then(() => 'listens beside it'),
      event(other, 'error').then((error) => faultOf(error as never, port)),
    ]);
    if (outcome === 'listens beside it') await stop(other);
    await stop(server);
    return outcome;
  };
}

function refusedListen(options: ListenOptions): Story {
  return async (net) => {
    const server = net.createServer();
    server.listen({ port: 0, ...options });
    return faultOf((await event(server, 'error')) as never);
  };
}

/** A name with two addresses, of which one answers. */
function eitherFamily(listen: string, addresses: string[], more: object = {}): Story {
  return async (net) => {
    const { server, port } = await listening(net, { host: listen });
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const lookup = ((
      _name: string,
      options: { all?: boolean },
      done: (...args: unknown[]) => void,
    ) => {
      if (options.all) done(null, found);
      else done(null, found[0].address, found[0].family);
    }) as LookupFunction;
    const said: unknown[] = [];
    const client = net.connect({ port, host: 'either.test', lookup, ...more } as never);
    for (const name of ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connect']) {
      client.on(name, (...args: unknown[]) => {
        said.push(name, ...args.filter((one) => typeof one === 'string'));
      });
    }
    client.on('error', (error) => said.push(faultOf(error as never, port)));
    server.on('connection', (socket) => void socket.resume().on('end', () => socket.destroy()));
    await Promise.race([event(client, 'connect'), event(client, 'close')]);
    said.push(client.autoSelectFamilyAttemptedAddresses?.map((one) => withoutPorts(one, port)));
    said.push(nameOf(client));
    client.end();
    client.destroy();
    await stop(server);
    return said;
  };
}

const PLACES: [string, ListenOptions][] = [
  ['::', { host: '::' }],
  ['no host', {}],
  [':: alone', { host: '::', ipv6Only: true }],
  ['no host alone', { ipv6Only: true }],
  ['0.0.0.0', { host: '0.0.0.0' }],
  ['127.0.0.1', { host: '127.0.0.1' }],
  ['::1', { host: '::1' }],
  ['::1 alone', { host: '::1', ipv6Only: true }],
  ['::ffff:127.0.0.1', { host: '::ffff:127.0.0.1' }],
];

export const IPV6_SCENARIOS: [string, Story][] = [
  ...['::1', '127.0.0.1', '::ffff:127.0.0.1', 'localhost'].flatMap((host) =>
    PLACES.map(([place, options]): [string, Story] => [
      `from ${host} to a listener on ${place}`,
      ends(options, host, { family: host === 'localhost' ? 4 : 0 }),
    ]),
  ),
  ...PLACES.flatMap(([first, one]) =>
    PLACES.map(([second, two]): [string, Story] => [`${second} beside ${first}`, twice(one, two)]),
  ),
  ['ipv6Only in IPv4', ends({ host: '127.0.0.1', ipv6Only: true }, '127.0.0.1')],
  ['listening on a link-local address without its zone', refusedListen({ host: 'fe80::1' })],
  ['listening on an address of another', refusedListen({ host: '2001:db8::1' })],
  ['from ::1 to 127.0.0.1', ends({ host: '127.0.0.1' }, '127.0.0.1', { localAddress: '::1' })],
  ['from 127.0.0.1 to ::1', ends({ host: '::1' }, '::1', { localAddress: '127.0.0.1' })],
  ['from ::1 to ::1', ends({ host: '::1' }, '::1', { localAddress: '::1' })],
  ['from :: to ::1', ends({ host: '::1' }, '::1', { localAddress: '::' })],
  [
    'from an address of another to ::1',
    ends({ host: '::1' }, '::1', { localAddress: '2001:db8::1' }),
  ],
  ['to a multicast address', ends({ host: '::1' }, 'ff02::1')],
  ['to ::', ends({ host: '::1' }, '::')],
  ['either family, the first answers', eitherFamily('::1', ['::1', '127.0.0.1'])],
  ['either family, the second answers', eitherFamily('127.0.0.1', ['::1', '127.0.0.1'])],
  ['either family, IPv4 first', eitherFamily('::1', ['127.0.0.1', '::1'])],
  ['two of one family', eitherFamily('127.0.0.2', ['::1', '127.0.0.1', '127.0.0.2'])],
  ['one family of the two', eitherFamily('::1', ['::1', '127.0.0.1'], { family: 6 })],
  [
    'no choice of family',
    eitherFamily('127.0.0.1', ['::1', '127.0.0.1'], { autoSelectFamily: false }),
  ],
];
