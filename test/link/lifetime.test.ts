/** Which links keep a process alive, seen from outside of a process that holds nothing else. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { compiled } from '../support/compiled';
import { LINK_CASES } from './link-cases';
import { needs } from './privileges';

const run = promisify(execFile);

/** [calls on the open link, does a link with a descriptor keep the process alive?, name] */
const ROWS: readonly (readonly [string[], boolean, string])[] = [
  [[], true, 'as opened'],
  [['unref'], false, 'unreferenced'],
  [['unref', 'unref', 'ref'], true, 'referenced again'],
  [['ref', 'ref', 'unref'], false, 'one unref undoes any number of refs'],
  [['unref', 'send'], false, 'ends quietly with a packet to be received, and may still send'],
  [['send', 'exit'], false, 'also when it is ended with the link open'],
];

for (const kind of LINK_CASES) {
  t.test(`the life of a process with the ${kind.name} link`, needs(kind.available), async (t) => {
    const rows = kind.holdsProcess ? ROWS : ROWS.slice(0, 1);
    for (const [calls, alive, name] of rows) {
      const script = join(__dirname, 'child-lifetime.ts');
      const args = [compiled(script), kind.name, ...calls];
      // execFile rejects when the child does not exit by itself, and with 0.
      const { stdout } = await run(process.execPath, args, { timeout: 20_000 });
      const end = alive && kind.holdsProcess ? 'held' : 'free';
      t.equal(stdout, calls.includes('send') ? `${end} sent` : end, name);
    }
  });
}
