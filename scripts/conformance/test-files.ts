/** Which test files bear requirement ids, and what running them says. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { idsIn } from './checklist';
import { readTap, type TestPoint } from './tap-tree';

const TIME_LIMIT_MS = 300_000;
const AT_ONCE = 2;
const IMPORT = /(?:from|import) '(\.[^']+)'/g;

export interface FileResult {
  /** From the project's root. */
  file: string;
  points: TestPoint[];
  /** Did the file itself end well? */
  isSound: boolean;
}

/** Every test file that bears an id, itself or in a part of it that it imports. */
export function findFiles(root: string): string[] {
  const folder = join(root, 'test');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .filter((path) => bearsIds(path, folder, new Set()))
    .map((path) => relative(root, path))
    .sort();
}

function bearsIds(path: string, folder: string, seen: Set<string>): boolean {
  if (seen.has(path) || relative(folder, path).startsWith('..')) return false;
  seen.add(path);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return false;
  }
  if (idsIn(text).length > 0) return true;
  for (const [, specifier] of text.matchAll(IMPORT)) {
    if (bearsIds(`${join(dirname(path), specifier)}.ts`, folder, seen)) return true;
  }
  return false;
}

/**
 * What a whole run of tap has printed of them: each file is a point there.
 * @throws Error where one is missing
 */
export function readResults(text: string, files: readonly string[]): FileResult[] {
  const points = new Map(readTap(text).map((point) => [point.name, point]));
  return files.map((file) => {
    const point = points.get(file);
    if (point === undefined) throw new Error(`${file} is not among what was run`);
    return { file, points: point.children, isSound: point.outcome !== 'failed' };
  });
}

/** Runs them, two at once; results in the order of `files`. */
export async function runFiles(root: string, files: readonly string[]): Promise<FileResult[]> {
  const results: FileResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < files.length) {
      const place = next++;
      results[place] = await runFile(root, files[place]);
      if (!results[place].isSound) process.stderr.write(`${files[place]} has failed\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

function runFile(root: string, file: string): Promise<FileResult> {
  const child = spawn(process.execPath, ['--import=./scripts/typescript/register.mjs', file], {
    cwd: root,
    env: { ...process.env, TAP_TIMEOUT: String(TIME_LIMIT_MS / 1000) },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: TIME_LIMIT_MS,
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ file, points: readTap(text), isSound: code === 0 }));
  });
}
