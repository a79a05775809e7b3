/**
 * The rules of the house that a machine can check: who may import whom, what is banned where,
 * sizes.
 */
import { posix } from 'node:path';
import { codeOf, functionsOf, importsOf } from './source-text';

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 70;
const MAX_COLUMNS = 100;

/** The rooms that each room may import from: arrows point down only. */
const ARROWS: Record<string, readonly string[]> = {
  support: [],
  wire: ['support'],
  tcp: ['wire', 'support'],
  ip: ['wire', 'support'],
  link: ['wire', 'support'],
  stack: ['tcp', 'ip', 'link', 'wire', 'support'],
  net: ['stack', 'tcp', 'ip', 'link', 'wire', 'support'],
  sim: ['net', 'stack', 'tcp', 'ip', 'link', 'wire', 'support'],
  index: ['sim', 'net', 'stack', 'tcp', 'ip', 'link', 'wire', 'support'],
  register: ['index', 'net', 'stack', 'tcp', 'ip', 'link', 'wire', 'support'],
  cli: ['index', 'sim', 'net', 'stack', 'tcp', 'ip', 'link', 'wire', 'support'],
};

const PURE = ['wire', 'ip', 'tcp'];

/** [what is banned in code, in which rooms, why] */
const BANNED: readonly (readonly [RegExp, readonly string[], string])[] = [
  [/\bDate\b|\bperformance\b/, [...PURE, 'support', 'link', 'sim'], 'time is an argument'],
  [/\bset(?:Timeout|Interval|Immediate)\b/, [...PURE, 'support', 'sim'], 'no timers here'],
  [/\bqueueMicrotask\b|\bnextTick\b/, PURE, 'nothing is put off here'],
  [/\bPromise\b|\basync\b|\bawait\b/, PURE, 'nothing waits here'],
  [/\bprocess\b/, PURE, 'no process here'],
  [/\bMath\.random\b/, Object.keys(ARROWS), 'randomness comes from the stack, or from a seed'],
];

/** [module, rooms that may import it, why] */
const OUTSIDE: readonly (readonly [RegExp, readonly string[], string])[] = [
  [/^node:crypto$/, ['stack'], 'only the stack knows randomness'],
  [/^node:(?:perf_hooks|timers)/, ['stack'], 'only the stack knows the time'],
  [/^(?:koffi|raw-socket)$/, ['link'], 'only links touch descriptors'],
  [/^node:fs/, ['link', 'cli'], 'only links touch descriptors'],
  [/^node:tty/, ['link', 'cli', 'register'], 'only links touch descriptors'],
  [/^node:stream/, ['net', 'index', 'register', 'cli'], 'only net knows streams'],
  [/^node:/, Object.keys(ARROWS).filter((room) => !PURE.includes(room)), 'no node: module here'],
];

/**
 * @param path from the project's root, with slashes: lib/tcp/seq.ts
 * @returns what is wrong, one sentence each
 */
export function checkFile(path: string, source: string): string[] {
  const faults = [...checkText(path, source)];
  if (path.startsWith('types/')) faults.push(...checkTypes(source));
  const room = roomOf(path);
  if (room !== null) {
    faults.push(...checkArrows(path, room, source), ...checkBans(room, source));
    faults.push(...checkSizes(source));
  }
  return faults.map((fault) => `${path}: ${fault}`);
}

/** Every file of the engine has a test file of its name. */
export function checkTests(paths: readonly string[]): string[] {
  const all = new Set(paths);
  return paths
    .filter((path) => path.startsWith('lib/tcp/') && path.endsWith('.ts'))
    .map((path) => path.replace(/^lib/, 'test').replace(/\.ts$/, '.test.ts'))
    .filter((test) => !all.has(test))
    .map((test) => `${test}: is missing`);
}

/** The room of a path in lib/, also of an index.ts or register.ts at its top; null outside. */
function roomOf(path: string): string | null {
  return /^lib\/([a-z]+)(?:\/|\.ts$)/.exec(path)?.[1] ?? null;
}

function* checkText(path: string, source: string): Generator<string> {
  const name = posix.basename(path);
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.d)?\.ts$/.test(name)) yield 'name is not kebab-case';
  const lines = source.split('\n');
  for (let i = 0; i < lines.length; i++) {
    if (lines[i].length > MAX_COLUMNS) yield `line ${i + 1} has ${lines[i].length} columns`;
    if (/\b(?:TODO|FIXME)\b/.test(lines[i])) yield `line ${i + 1} puts something off`;
    if (/@ts-(?:ignore|nocheck)/.test(lines[i])) yield `line ${i + 1} silences the compiler`;
  }
}

function* checkTypes(source: string): Generator<string> {
  for (const { specifier, typeOnly } of importsOf(source)) {
    if (!typeOnly) yield `imports more than types from ${specifier}`;
  }
}

function* checkArrows(path: string, room: string, source: string): Generator<string> {
  const allowed = ARROWS[room];
  if (allowed === undefined) {
    yield `${room} is not a room`;
    return;
  }
  for (const { specifier, typeOnly } of importsOf(source)) {
    if (!specifier.startsWith('.')) {
      const rule = OUTSIDE.find(([module]) => module.test(specifier));
      if (rule !== undefined && !rule[1].includes(room)) yield `imports ${specifier}: ${rule[2]}`;
      continue;
    }
    const target = posix.join(posix.dirname(path), specifier);
    if (target.startsWith('types/')) {
      if (!typeOnly) yield `imports more than types from ${specifier}`;
      continue;
    }
    const other = roomOf(`${target}.ts`);
    if (other === null) yield `imports ${specifier}, which is outside lib and types`;
    else if (other !== room && !allowed.includes(other)) yield `${room} may not import ${other}`;
  }
}

function* checkBans(room: string, source: string): Generator<string> {
  const lines = codeOf(source).split('\n');
  for (const [pattern, rooms, why] of BANNED) {
    if (!rooms.includes(room)) continue;
    for (let i = 0; i < lines.length; i++) {
      const match = pattern.exec(lines[i]);
      if (match !== null) yield `line ${i + 1} has ${match[0]}: ${why}`;
    }
  }
  for (let i = 0; i < lines.length; i++) {
    // The memory grows, and a view that was kept is then of no memory at all.
    if (
      /(?:^(?:export )?(?:const|let) \w+|this\.#?\w+) = packetMemory\.(?:bytes|view);/.test(
        lines[i],
      )
    ) {
      yield `line ${i + 1} keeps a view of the packet memory`;
    }
  }
}

function* checkSizes(source: string): Generator<string> {
  const lines = source.trimEnd().split('\n').length;
  if (lines > MAX_FILE_LINES) yield `has ${lines} lines`;
  for (const { line, length } of functionsOf(source)) {
    if (length > MAX_FUNCTION_LINES) yield `function at line ${line} has ${length} lines`;
  }
}
