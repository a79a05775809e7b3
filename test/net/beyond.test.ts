/** What sockets have beyond `node:net`: their state, their inside, urgent data. */
import type { AddressInfo } from 'node:net';
import type { Net, Socket } from '../../lib/net/api';
import { type Assertions, onEachStack, SEND_BUFFER_BYTES } from './each-stack';
import { FakeStack } from './fake-stack';
import { event, stop, turns } from './scenarios';

async function pair(t: Assertions, net: Net): Promise<[Socket, Socket]> {
  const server = net
    .createServer({ pauseOnConnect: true, allowHalfOpen: true })
    .listen(0, '127.0.0.1');
  await event(server, 'listening');
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const both = Promise.all([event(client, 'connect'), event(server, 'connection')]);
  const accepted = (await both)[1] as Socket;
  server.close();
  t.teardown(() => {
    client.destroy();
    accepted.destroy();
  });
  return [client, accepted];
}

onEachStack('state and tcpInfo follow the connection', async (t, net, stack) => {
  const unconnected = new net.Socket();
  t.equal(unconnected.state, 'CLOSED');
  t.equal(unconnected.tcpInfo(), null);
  const [client, accepted] = await pair(t, net);
  t.equal(client.state, 'ESTABLISHED');
  t.equal(client.tcpInfo()?.state, 'ESTABLISHED');
  client.write('hello');
  accepted.resume();
  await event(accepted, 'data');
  t.equal(client.tcpInfo()?.bytes_sent, 5);
  if (stack instanceof FakeStack) return void client.destroy();
  client.end();
  await event(accepted, 'end');
  t.match(client.state, /^FIN-WAIT-[12]$/);
  t.equal(accepted.state, 'CLOSE-WAIT');
  accepted.end();
  await event(client, 'close');
  t.equal(client.state, 'CLOSED', 'the socket is through, whatever its connection does');
});

onEachStack('urgent data comes in its place, with an event', async (t, net) => {
  const [client, accepted] = await pair(t, net);
  let text = '';
  let announced = 0;
  accepted.on('urgent', () => announced++);
  client.write('before ');
  t.equal(client.sendUrgent('now!'), true);
  client.write(' after');
  client.end();
  accepted.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  accepted.resume();
  await event(accepted, 'end');
  t.equal(text, 'before now! after');
  t.equal(announced, 1);
  accepted.end();
});

onEachStack('urgent data that finds no room waits for its turn', async (t, net, stack) => {
  const [client, accepted] = await pair(t, net);
  const filling = Buffer.alloc(SEND_BUFFER_BYTES * 3, 0x2e);
  let announced = 0;
  let called = 0;
  accepted.on('urgent', () => announced++);
  client.write(filling);
  const urgent = Buffer.from('abc');
  client.sendUrgent(urgent, () => called++);
  client.sendUrgent(urgent, () => called++);
  client.end('d');
  await turns(5);
  t.equal(announced, 0, 'nobody is told before it has been sent');
  const chunks: Buffer[] = [];
  accepted.on('data', (chunk) => chunks.push(chunk)).resume();
  await event(accepted, 'end');
  const received = Buffer.concat(chunks);
  t.equal(received.subarray(filling.length).toString(), 'abcabcd');
  t.equal(called, 2);
  t.ok(announced >= 1, `announced ${announced} times`);
  if (stack instanceof FakeStack) {
    const marks = [...stack.connections].flatMap((one) => one.urgentMarks);
    t.same(marks, [filling.length + 3, filling.length + 6], 'the last byte of each is marked');
  }
  accepted.end();
});

onEachStack('urgent data before there is a connection, and without any', async (t, net) => {
  let text = '';
  let announced = 0;
  const server = net.createServer((socket) => {
    socket.on('urgent', () => announced++);
    socket.on('data', (chunk) => {
      text += chunk;
    });
  });
  server.listen(0, '127.0.0.1');
  await event(server, 'listening');
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
  client.sendUrgent(new Uint8Array([0x68, 0x69]));
  client.end();
  await event(client, 'close');
  t.equal(text, 'hi');
  t.equal(announced, 1);
  await stop(server);
  t.throws(() => client.sendUrgent(5 as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' });
  const error = await new Promise((resolve) => client.sendUrgent('too late', resolve));
  t.match(error, { code: 'EPIPE' });
});
