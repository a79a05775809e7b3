/** ssh2 against itself on usernet: a shell command, a tunnel, a file's worth of bytes. */
import '../../lib/register';

import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import * as net from 'node:net';
import { Client, type ClientChannel, type Connection, Server } from 'ssh2';
import t from 'tap';
import { checkCarried, closed, listening } from './support/own-stack';

const HOST = '127.0.0.1';
const BYTES = 2 << 20;

t.test('a session runs commands and carries a tunnel', async (t) => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const server = new Server({ hostKeys: [privateKey] }, serve);
  const port = await listening(server as unknown as net.Server);
  const client = new Client();
  client.connect({ host: HOST, port, username: 'someone', password: 'secret' });
  await once(client, 'ready');

  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.exec(`say ${BYTES}`, (error, made) => (error ? reject(error) : resolve(made)));
  });
  let bytes = 0;
  channel.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const [[status]] = await Promise.all([once(channel, 'exit'), once(channel, 'close')]);
  t.same([status, bytes], [0, BYTES]);

  const target = net.createServer((socket) => void socket.pipe(socket));
  const targetPort = await listening(target);
  const tunnel = await new Promise<ClientChannel>((resolve, reject) => {
    client.forwardOut(HOST, 0, HOST, targetPort, (error, made) =>
      error ? reject(error) : resolve(made),
    );
  });
  tunnel.end('through the tunnel');
  let text = '';
  for await (const chunk of tunnel) text += chunk;
  t.equal(text, 'through the tunnel');

  const over = once(client, 'close');
  client.end();
  await over;
  await Promise.all([closed(target), closed(server as unknown as net.Server)]);
  checkCarried(t, 2);
});

function serve(connection: Connection): void {
  connection.on('authentication', (context) => {
    if (context.method === 'password' && context.password === 'secret') context.accept();
    else context.reject(['password']);
  });
  connection.on('session', (accept) => {
    accept().on('exec', (acceptExec, _reject, { command }) => {
      const channel = acceptExec();
      channel.write(Buffer.alloc(Number(command.split(' ')[1])), () => {
        channel.exit(0);
        channel.end();
      });
    });
  });
  connection.on('tcpip', (accept, _reject, { destIP, destPort }) => {
    const channel = accept();
    const socket = net.connect({ host: destIP, port: destPort, allowHalfOpen: true });
    socket.pipe(channel).pipe(socket);
  });
}
