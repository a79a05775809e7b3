/**
 * Runs every benchmark, each in a process of its own: `npm run bench`, or `npm run bench -- bulk
 * raw`.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ALL = ['hot-path', 'bulk', 'raw'];

const chosen = process.argv.slice(2);
for (const name of chosen.length > 0 ? chosen : ALL) {
  if (!ALL.includes(name)) {
    console.error(`no benchmark '${name}'; there are: ${ALL.join(', ')}`);
    process.exitCode = 1;
    continue;
  }
  const { status } = spawnSync(process.execPath, [join(__dirname, `${name}.js`)], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
  console.log('');
}
