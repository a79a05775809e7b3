/** Scenarios: from connecting to 'close', in the orders in which that can go. */
import { closedPort, describe, event, listening, type Scenario, stop, turns } from './scenarios';

export const lifetimeScenarios: Scenario[] = [
  {
    name: 'the client ends after the echo',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.pipe(socket));
      const client = tape.data('client', tape.socket('client', net.connect(port, '127.0.0.1')));
      client.write('hello');
      client.once('data', () => client.end());
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'the server ends first',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => {
        tape.data('accepted', socket);
        socket.end('bye');
      });
      const client = tape.data('client', tape.socket('client', net.connect(port, '127.0.0.1')));
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'writes and end before connect, with callbacks',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => {
        tape.data('accepted', socket);
      });
      const client = tape.socket('client', net.connect({ port, host: '127.0.0.1' }));
      for (const text of ['a', 'b', 'c']) {
        client.write(text, () => tape.note('client', `written ${text}`));
      }
      client.end('d', () => tape.note('client', 'end callback'));
      tape.note('client', `${client.bytesWritten} ${client.writableLength} ${client.readyState}`);
      client.resume();
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'a half-open client goes on writing after the server has ended',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, { allowHalfOpen: true }, (socket) => {
        tape.data('accepted', socket);
        socket.end('first');
      });
      const options = { port, host: '127.0.0.1', allowHalfOpen: true };
      const client = tape.data('client', tape.socket('client', net.connect(options)));
      await event(client, 'end');
      tape.note('client', client.readyState);
      client.write('second');
      await turns(5);
      client.end('third');
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'a half-open server goes on writing after the client has ended',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, { allowHalfOpen: true }, (socket) => {
        tape.data('accepted', socket);
        socket.on('end', () => {
          tape.note('accepted', socket.readyState);
          socket.write('late');
          setTimeout(() => socket.end('later'), 2);
        });
      });
      const client = tape.data('client', tape.socket('client', net.connect(port, '127.0.0.1')));
      client.end('request');
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'nobody listens',
    async run(net, tape) {
      const port = await closedPort(net);
      const client = tape.socket('client', net.connect(port, '127.0.0.1'));
      client.write('never', (error) => tape.note('client', `written ${error && describe(error)}`));
      await event(client, 'close');
    },
  },
  {
    name: 'destroyed right after connect was called',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {});
      const client = tape.socket('client', net.connect(port, '127.0.0.1'));
      client.write('never', (error) => tape.note('client', `written ${error && describe(error)}`));
      client.destroy();
      tape.note('client', `${client.connecting} ${client.destroyed}`);
      await event(client, 'close');
      await turns(3);
      await stop(server);
    },
  },
  {
    name: 'destroyed with an error in the connect callback',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.resume());
      const client = net.connect(port, '127.0.0.1', () => client.destroy(new Error('enough')));
      tape.socket('client', client);
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'destroyed in a data listener',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.write('one'));
      const client = tape.data('client', tape.socket('client', net.connect(port, '127.0.0.1')));
      client.once('data', () => client.destroy());
      await event(client, 'close');
      client.write('after', (error) => tape.note('client', `written ${error && describe(error)}`));
      await turns(2);
      await stop(server);
    },
  },
  {
    name: 'the server destroys what it accepts',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.destroy());
      const client = tape.socket('client', net.connect(port, '127.0.0.1')).resume();
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'the server resets while the client reads',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => {
        socket.once('data', () => socket.resetAndDestroy());
      });
      const client = tape.socket('client', net.connect(port, '127.0.0.1')).resume();
      client.write('go');
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'the server resets while the client is paused; the client notices when it writes',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => {
        socket.once('data', () => socket.resetAndDestroy());
      });
      const client = net.connect({ port, host: '127.0.0.1' });
      client.pause();
      tape.socket('client', client);
      client.write('go');
      await turns();
      client.write('x', (error) => tape.note('client', `written ${error && describe(error)}`));
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'the server resets while the client is paused; the client notices when it resumes',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => {
        socket.once('data', () => socket.resetAndDestroy());
      });
      const client = net.connect({ port, host: '127.0.0.1' });
      client.pause();
      tape.socket('client', client);
      client.write('go');
      await turns();
      client.resume();
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'writes to a peer that has ended and is gone',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.destroy());
      const options = { port, host: '127.0.0.1', allowHalfOpen: true };
      const client = tape.socket('client', net.connect(options)).resume();
      await event(client, 'end');
      client.write('into the void', (error) => tape.note('client', `first ${error}`));
      await turns();
      client.write('x', (error) => tape.note('client', `second ${error && describe(error)}`));
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'resetAndDestroy while connecting',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.resume());
      const client = tape.socket('client', net.connect(port, '127.0.0.1'));
      client.resetAndDestroy();
      await event(client, 'close');
      await turns(3);
      await stop(server);
    },
  },
  {
    name: 'resetAndDestroy without a connection',
    async run(net, tape) {
      const client = tape.socket('client', new net.Socket());
      client.resetAndDestroy();
      await event(client, 'close');
    },
  },
  {
    name: 'destroySoon sends what was written',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => {
        tape.data('accepted', socket);
      });
      const client = tape.socket('client', net.connect(port, '127.0.0.1'));
      client.write('all of it');
      client.destroySoon();
      await event(client, 'close');
      await turns(3);
      await stop(server);
    },
  },
  {
    name: 'a write in the end listener of a socket that ends with its peer',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => {
        tape.data('accepted', socket);
        socket.end();
      });
      const client = tape.socket('client', net.connect(port, '127.0.0.1')).resume();
      client.on('end', () => {
        const taken = client.write('late', (error) => {
          tape.note('client', `written ${error && describe(error)}`);
        });
        tape.note('client', `took ${taken}`);
      });
      await event(client, 'close');
      await turns(3);
      await stop(server);
    },
  },
  {
    name: 'a write after the peer has ended, when our end is gone too',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.resume().end());
      const client = tape.socket('client', net.connect(port, '127.0.0.1')).resume();
      client.on('end', () => {
        process.nextTick(() => {
          client.write('late', (error) => {
            tape.note('client', `written ${error && describe(error)}`);
          });
        });
      });
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'a write after end',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.resume());
      const client = tape.socket('client', net.connect(port, '127.0.0.1'));
      await event(client, 'connect');
      client.end('x');
      client.write('late', (error) => tape.note('client', `written ${error && describe(error)}`));
      await event(client, 'close');
      await stop(server);
    },
  },
  {
    name: 'writes, ends and destroys of a socket that never connects',
    async run(net, tape) {
      const client = tape.socket('client', new net.Socket());
      client.write('x', (error) => tape.note('client', `written ${error && describe(error)}`));
      await event(client, 'close');
      const second = tape.socket('second', new net.Socket());
      second.end();
      await turns(2);
      second.destroy();
      await event(second, 'close');
    },
  },
  {
    name: 'the same socket connects a second time',
    async run(net, tape) {
      const { server, port } = await listening(net, tape, {}, (socket) => socket.end('hi'));
      const client = tape.data('client', tape.socket('client', new net.Socket()));
      client.connect(port, '127.0.0.1');
      await event(client, 'close');
      client.connect(port, '127.0.0.1');
      await event(client, 'close');
      await stop(server);
    },
  },
];
