/** Run as a process of its own: does what its argument says on the default stack. */
import * as net from 'node:net';
import { configure, defaultStack } from '../../../lib/stack/default-stack';
import { Stack } from '../../../lib/stack/stack';
import { NotingHandler } from './handler';
import { address } from './setup';

const LOOPBACK = address('127.0.0.1');

function attempt(what: string, fn: () => unknown): void {
  try {
    fn();
    console.log(`${what}: well`);
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    console.log(`${what}: ${code} ${message}`);
  }
}

function listen(text: string): void {
  attempt(`listen ${text}`, () => {
    defaultStack()
      .listen({ address: address(text), port: 0, backlog: 5 }, () => {})
      .unref();
  });
}

function connect(text: string): void {
  attempt(`connect ${text}`, () => {
    const request = { remoteAddress: address(text), remotePort: 9 };
    defaultStack().connect(request, new NotingHandler()).abort();
  });
}

const ownAddress = () => process.argv[3];

const scenes: Record<string, () => void> = {
  listen() {
    for (const text of ['127.0.0.1', '0.0.0.0', '::', ownAddress(), '192.0.2.1']) listen(text);
  },
  /** Only for stacks that cannot reach the outside. */
  reach() {
    scenes.listen();
    for (const text of ['127.0.0.1', ownAddress(), '192.0.2.1']) connect(text);
  },
  /** A conversation inside the process; ends by itself though both ends are in TIME-WAIT or idle. */
  converse() {
    const stack = defaultStack();
    const client = new NotingHandler();
    const listener = stack.listen({ address: LOOPBACK, port: 0, backlog: 5 }, (connection) => {
      const server = new NotingHandler();
      server.connection = connection;
      connection.handler = server;
      server.react = (what) => {
        if (what === 'end') connection.shutdown();
        if (what === 'close') connection.release();
      };
      listener.close();
    });
    const request = { remoteAddress: LOOPBACK, remotePort: listener.port };
    client.connection = stack.connect(request, client);
    client.connection.send(Buffer.from('hello'));
    client.connection.shutdown();
    client.react = (what) => {
      if (what === 'close') client.connection!.release();
    };
    process.on('exit', () => console.log(`heard ${client.heard.join(' ')}`));
  },
  configure() {
    const own = new Stack();
    configure({ stack: own });
    console.log(`chosen: ${defaultStack() === own && defaultStack() === own}`);
    attempt('too late', () => configure({}));
  },
  links() {
    configure({ links: [] });
    connect('192.0.2.1');
  },
  /** Against the kernel: what a peer hears when this process ends in the middle of a connection. */
  async end() {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    server.once('connection', (socket) => {
      socket.once('error', (error) => console.log(`peer hears ${error.message}`));
      socket.once('data', () => {
        // The kernel's socket must outlive ours: it is closed by what it hears.
        process.emit('exit', 0);
      });
      socket.once('close', () => process.exit());
    });
    const client = new NotingHandler();
    client.connection = defaultStack().connect(
      { remoteAddress: LOOPBACK, remotePort: port },
      client,
    );
    client.connection.send(Buffer.from('x'));
  },
};

void scenes[process.argv[2]]();
