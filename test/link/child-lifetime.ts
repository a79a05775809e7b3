/**
 * A process of its own, run by lifetime.test.ts: opens a link when nothing else is left to do, and
 * reports whether that kept the process alive. Arguments: the link's name, and what to call on it;
 * `send` leaves a packet to be received while the process ends, `exit` ends it with the link open.
 */
import { writeSync } from 'node:fs';
import { closeEnds, type Ends, LINK_CASES, offer, openEnds, packetOf } from './link-cases';

const [name, ...calls] = process.argv.slice(2);
const kind = LINK_CASES.find((one) => one.name === name)!;
let held = false;

// The loop is empty at this moment. Unless the link fills it again, Node now ends the process, and
// without another look at timers: the unreferenced one below runs only if the link holds the loop.
process.once('beforeExit', () => {
  const ends = openEnds(kind);
  for (const call of calls as ('ref' | 'unref' | 'send' | 'exit')[]) {
    if (call === 'send') process.once('exit', () => send(ends));
    else if (call === 'exit') process.exit();
    else {
      ends.near[call]();
      ends.far[call]();
    }
  }
  const timer = setTimeout(() => {
    held = true;
    closeEnds(ends);
  }, 20);
  timer.unref();
});
process.once('exit', () => writeSync(1, held ? 'held' : 'free'));

function send(ends: Ends): void {
  if (offer(ends.near, packetOf(kind, ends.port, 0, 100))) writeSync(1, ' sent');
  ends.near.flush();
}
