/** Scenarios: text, and right behind it a reset. What has come before it can still be read. */
import type { Socket } from 'node:net';
import {
  describe,
  event,
  listening,
  type NetLike,
  type Scenario,
  stop,
  type Tape,
  turns,
} from './scenarios';

interface Course {
  allowHalfOpen?: boolean;
  /** When the client reads: from the beginning, or once all has happened. */
  isPaused?: boolean;
  /** Does the reset come later than the text? */
  isApart?: boolean;
  /** What the client does once all has happened. */
  afterwards?: (client: Socket, tape: Tape) => Promise<void>;
}

/** The server writes and resets as soon as it is asked. */
async function run(net: NetLike, tape: Tape, course: Course): Promise<void> {
  const { server, port } = await listening(net, tape, {}, (socket) => {
    socket.once('data', async () => {
      socket.write('last words');
      if (course.isApart) await turns();
      socket.resetAndDestroy();
    });
  });
  const { allowHalfOpen } = course;
  const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen });
  tape.socket('client', client);
  if (course.isPaused) client.pause();
  else tape.data('client', client);
  client.write('go');
  await turns(50);
  if (course.isPaused) tape.data('client', client).resume();
  await turns();
  await course.afterwards?.(client, tape);
  if (!client.closed) await event(client, 'close');
  await stop(server);
}

async function writeTwice(client: Socket, tape: Tape): Promise<void> {
  for (const text of ['x', 'y']) {
    client.write(text, (error) => tape.note('client', `written ${error && describe(error)}`));
    await turns();
  }
}

export const resetScenarios: Scenario[] = [
  {
    name: 'a reset right behind text: the reader sees text and end',
    run: (net, tape) => run(net, tape, {}),
  },
  {
    name: 'a reset a while after the text: the reader sees text and reset',
    run: (net, tape) => run(net, tape, { isApart: true }),
  },
  {
    name: 'a reset right behind text: who reads later sees the same',
    run: (net, tape) => run(net, tape, { isPaused: true }),
  },
  {
    name: 'a reset a while after the text: who reads both later sees text and end',
    run: (net, tape) => run(net, tape, { isPaused: true, isApart: true }),
  },
  {
    name: 'a reset right behind text: the half-open client hears of it when it writes',
    run: (net, tape) => run(net, tape, { allowHalfOpen: true, afterwards: writeTwice }),
  },
  {
    name: 'a reset right behind text: and so if it has read late',
    run: (net, tape) =>
      run(net, tape, { allowHalfOpen: true, isPaused: true, afterwards: writeTwice }),
  },
];
