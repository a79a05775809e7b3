/**
 * A process of its own, run by lifetime.test.ts: opens a link and reports whether that alone kept the
 * process alive. Arguments: the link's name, and what to call on it, in order.
 */
import { LINK_CASES, openEnds } from './link-cases';

const [name, ...calls] = process.argv.slice(2);
const kind = LINK_CASES.find((one) => one.name === name)!;
const { near, far } = openEnds(kind);
for (const call of calls as ('ref' | 'unref')[]) {
  near[call]();
  far[call]();
}
// An unreferenced timer runs only if something else keeps the loop going until then.
setTimeout(() => {
  process.stdout.write('alive\n');
  near.close();
  far.close();
}, 50).unref();
process.stdout.write('open\n');
