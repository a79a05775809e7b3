/** nodemailer and smtp-server, both ends on usernet: in the clear, by STARTTLS, pooled. */

import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import t from 'tap';
import { cert, key } from './support/certificate';
import { checkCarried } from './support/own-stack';

/** Their types bring more packages than they do. */
// biome-ignore lint/suspicious/noExplicitAny: see above
const nodemailer: any = require('nodemailer');
// biome-ignore lint/suspicious/noExplicitAny: see above
const { SMTPServer }: any = require('smtp-server');

const HOST = '127.0.0.1';
const MAIL = { from: 'one@usernet.test', to: 'two@usernet.test', subject: 'hello' };

type Received = (error?: Error) => void;

t.test('mail goes from one end to the other', async (t) => {
  const mails: string[] = [];
  const server = new SMTPServer({
    key,
    cert,
    authOptional: true,
    onData: async (
      stream: AsyncIterable<Buffer>,
      session: { secure: boolean },
      received: Received,
    ) => {
      let mail = session.secure ? 'secure ' : 'clear ';
      for await (const chunk of stream) mail += chunk;
      mails.push(mail);
      received();
    },
  });
  server.on('error', () => {}); // what a peer does to its connection is its affair
  const listener: Server = server.listen(0, HOST);
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const send = async (options: object, count: number, text: string): Promise<void> => {
    const transport = nodemailer.createTransport({ host: HOST, port, ...options });
    const sending = Array.from({ length: count }, () => transport.sendMail({ ...MAIL, text }));
    for (const { response } of await Promise.all(sending)) t.match(response, /^250/);
    transport.close();
  };
  const tls = { rejectUnauthorized: true, ca: cert, servername: 'localhost' };
  const attachments = [{ filename: 'large', content: Buffer.alloc(500_000, 'usernet') }];
  await send({ ignoreTLS: true, attachments }, 1, 'plain');
  await send({ requireTLS: true, tls }, 1, 'words '.repeat(100_000));
  await send({ requireTLS: true, tls, pool: true, maxConnections: 2 }, 10, 'pooled');
  await new Promise<void>((resolve) => server.close(resolve));
  t.equal(mails.length, 12);
  t.match(mails[0], /^clear .*plain/s);
  t.ok(mails[1].length > 600_000 && mails[1].startsWith('secure '));
  t.equal(mails.filter((mail) => mail.startsWith('secure ')).length, 11);
  checkCarried(t, 4);
});
