/** Which test files use which members of `net`, found by running them with `record.cjs`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of the random programs a few will do: what they call, each of them may call. */
const ENVIRONMENT = { ...process.env, USERNET_PROGRAMS: '15' };
const TOGETHER = 2;
/** It calls everything there is, and everything wrongly. */
const WRONG_CALLS = 'bad-input.test.ts';

/** By member, how many of the test files in test/net call it. */
export async function countUses(root: string): Promise<Map<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'usernet-uses-'));
  const names = readdirSync(join(root, 'test', 'net')).filter(
    (one) => one.endsWith('.test.ts') && one !== WRONG_CALLS,
  );
  const counts = new Map<string, number>();
  const waiting = [...names];
  const work = async (): Promise<void> => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      for (const path of await usesOf(root, name, join(folder, `${name}.json`))) {
        counts.set(path, (counts.get(path) ?? 0) + 1);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: TOGETHER }, work));
  } finally {
    rmSync(folder, { recursive: true });
  }
  return counts;
}

/** Whether the test passes is for `npm test` to say: the recorder changes what is compared. */
async function usesOf(root: string, name: string, record: string): Promise<string[]> {
  const preloads = ['--require=tsx/cjs', '--require=./scripts/net-compat/record.cjs'];
  const child = spawn(process.execPath, [...preloads, join('test', 'net', name)], {
    cwd: root,
    env: { ...ENVIRONMENT, USERNET_RECORD: record },
    stdio: 'ignore',
  });
  await once(child, 'close');
  return JSON.parse(readFileSync(record, 'utf8'));
}
