import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkFile, checkTests } from './tidy/rules';
import { codeOf, functionsOf, importsOf } from './tidy/source-text';

const ROOT = join(__dirname, '..');

/** Paths of all TypeScript files below a folder, from the root, with slashes. */
function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesIn(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

t.test('the house is tidy', async (t) => {
  const paths = [...filesIn('lib'), ...filesIn('types')];
  t.ok(paths.length > 20, 'there is a house');
  const faults = paths.flatMap((path) => checkFile(path, readFileSync(join(ROOT, path), 'utf8')));
  t.same(faults, []);
});

t.test('every file of the engine has its test', async (t) => {
  t.same(checkTests([...filesIn('lib'), ...filesIn('test')]), []);
});

/** [path, source, what must be found] */
const UNTIDY: [string, string, RegExp][] = [
  ['lib/tcp/a.ts', "import { x } from '../ip/x';", /tcp may not import ip/],
  ['lib/tcp/a.ts', "import type { x } from '../link/x';", /tcp may not import link/],
  ['lib/tcp/congestion/a.ts', "import { x } from '../../stack/x';", /tcp may not import stack/],
  ['lib/ip/a.ts', "export { x } from '../tcp/x';", /ip may not import tcp/],
  ['lib/link/a.ts', "const x = require('../stack/x');", /link may not import stack/],
  ['lib/wire/a.ts', "import '../tcp/x';", /wire may not import tcp/],
  ['lib/support/a.ts', "import {\n  x,\n  y,\n} from '../wire/x';", /support may not import wire/],
  ['lib/stack/a.ts', "const x = await import('../net/x');", /stack may not import net/],
  ['lib/net/a.ts', "import { x } from '../index';", /net may not import index/],
  ['lib/net/a.ts', "import { x } from '../../test/x';", /outside lib and types/],
  ['lib/attic/a.ts', '', /attic is not a room/],
  ['lib/stack/a.ts', "import { x } from '../../types/x';", /more than types from/],
  ['types/a.ts', "import { type x, y } from '../lib/wire/x';", /more than types from/],
  ['types/a.ts', "import '../lib/wire/x';", /more than types from/],
  ['lib/tcp/a.ts', "import { x } from 'node:buffer';", /no node: module here/],
  ['lib/ip/a.ts', "import type { x } from 'node:net';", /no node: module here/],
  ['lib/wire/a.ts', "require('node:os');", /no node: module here/],
  ['lib/net/a.ts', "import { x } from 'node:crypto';", /only the stack knows randomness/],
  ['lib/link/a.ts', "import { x } from 'node:timers';", /only the stack knows the time/],
  ['lib/stack/a.ts', "import { x } from 'node:stream';", /only net knows streams/],
  ['lib/stack/a.ts', "import koffi from 'koffi';", /only links touch descriptors/],
  ['lib/net/a.ts', "import { readSync } from 'node:fs';", /only links touch descriptors/],
  ['lib/tcp/a.ts', 'const now = Date.now();', /line 1 has Date: time is an argument/],
  ['lib/link/a.ts', '\nconst now = performance.now();', /line 2 has performance/],
  ['lib/ip/a.ts', 'setTimeout(f, 1);', /no timers/],
  ['lib/sim/a.ts', 'setImmediate(f);', /no timers/],
  ['lib/wire/a.ts', 'queueMicrotask(f);', /put off/],
  ['lib/tcp/a.ts', 'async function f() {}', /nothing waits/],
  ['lib/tcp/a.ts', 'let f: Promise<void>;', /nothing waits/],
  ['lib/wire/a.ts', `const x = \`${hole('process.pid')}\`;`, /no process/],
  ['lib/net/a.ts', 'const x = Math.random();', /randomness/],
  ['lib/wire/a.ts', 'const view = packetMemory.view;', /keeps a view/],
  ['lib/link/a.ts', '    this.#bytes = packetMemory.bytes;', /keeps a view/],
  ['lib/tcp/a.ts', 'x;\n'.repeat(401), /has 401 lines/],
  ['lib/tcp/a.ts', `function f() {\n${'  x;\n'.repeat(71)}}`, /line 1 has 71 lines/],
  ['lib/tcp/a.ts', `class A {\n  f(): void {\n${'    x;\n'.repeat(71)}  }\n}`, /line 2 has 71/],
  ['lib/tcp/a.ts', `const f = (x) => {\n${'  x;\n'.repeat(71)}};`, /line 1 has 71 lines/],
  ['lib/tcp/a.ts', `function f(\n  a,\n): void {\n${'  x;\n'.repeat(71)}}`, /line 3 has 71/],
  ['lib/tcp/a.ts', `// ${'x'.repeat(98)}`, /line 1 has 101 columns/],
  ['types/a.ts', `// ${'x'.repeat(98)}`, /line 1 has 101 columns/],
  ['lib/tcp/a.ts', '// TODO: later', /puts something off/],
  ['lib/tcp/a.ts', '// @ts-ignore', /silences the compiler/],
  ['lib/tcp/sendBuffer.ts', '', /not kebab-case/],
  ['lib/tcp/Seq.ts', '', /not kebab-case/],
  ['types/send_buffer.ts', '', /not kebab-case/],
];

t.test('each rule can fail', async (t) => {
  for (const [path, source, fault] of UNTIDY) {
    const faults = checkFile(path, source);
    t.equal(faults.length, 1, `one fault: ${faults.join(' / ')}`);
    t.match(faults[0], fault);
  }
});

/** [path, source] in which nothing is wrong */
const TIDY: [string, string][] = [
  ['lib/stack/a.ts', "import { x } from '../tcp/x';\nimport { y } from './b';"],
  ['lib/tcp/congestion/a.ts', "import { x } from '../seq';"],
  ['lib/index.ts', "export { x } from './net/x';"],
  ['lib/register.ts', "import { x } from './index';"],
  ['lib/link/a.ts', "const k = require('koffi') as typeof import('koffi');"],
  ['lib/tcp/a.ts', "import type { x } from '../../types/x';"],
  ['types/a.ts', "import { type x, type y } from '../lib/wire/x';"],
  ['lib/tcp/a.ts', '/* Date and setTimeout */ // await Promise\nconst a = "process";'],
  ['lib/tcp/a.ts', `const a = \`Date ${hole("b('await')")} process\`;\nconst Dated = x.processed;`],
  ['lib/tcp/a.ts', 'const a = /Date "/.test(b) ? c / d : e / Datum;'],
  ['lib/stack/a.ts', 'const now = performance.now();'],
  ['lib/wire/a.ts', 'function f() {\n  const view = packetMemory.view;\n}'],
  ['lib/tcp/a.ts', 'x;\n'.repeat(400)],
  ['lib/tcp/a.ts', `function f() {\n${'  x;\n'.repeat(70)}}`],
  ['lib/tcp/a.ts', `class A {\n${'  x;\n'.repeat(80)}}`],
  ['lib/tcp/a.ts', `// ${'x'.repeat(97)}`],
];

t.test('and does not fail on what is tidy', async (t) => {
  for (const [path, source] of TIDY) t.same(checkFile(path, source), [], source.slice(0, 60));
});

t.test('a missing engine test is seen', async (t) => {
  const paths = [
    'lib/tcp/seq.ts',
    'lib/tcp/congestion/reno.ts',
    'test/tcp/seq.test.ts',
    'lib/a.ts',
  ];
  t.same(checkTests(paths), ['test/tcp/congestion/reno.test.ts: is missing']);
});

/** [source, which of its characters are code, the others as blanks] */
const CODE: [string, string][] = [
  ['a // b', 'a     '],
  ['a /* b */ c', 'a         c'],
  ["a 'b\\'c' d", 'a        d'],
  ['a "b" + \'"\' + c', 'a     +     + c'],
  [`\`a${hole('b')}c\` d`, '    b    d'],
  [`\`${hole(`{ a: \`${hole('b')}\` }`)}\` c`, '   { a:    b   }   c'],
  ['a / b / c', 'a / b / c'],
  ['x = /[/"]/; b', 'x =       ; b'],
  ['f(/\\//g, "a")', 'f(    g,    )'],
];

t.test('code is told from comments and strings', async (t) => {
  for (const [source, code] of CODE) t.equal(codeOf(source), code, source);
  t.same(importsOf("// import 'x'\nimport 'y'"), [{ specifier: 'y', typeOnly: false }]);
  t.same(functionsOf('if (a) {\n  b;\n}\n'), [], 'a block is no function');
  t.same(functionsOf('if (\n  a\n) {\n  b;\n}\n'), []);
  t.same(functionsOf('f(): void {\n\n  b;\n}\n'), [{ line: 1, length: 1 }]);
});

/**
 * A placeholder of a template, which the linter would take for a mistake if it stood in a string.
 */
function hole(code: string): string {
  return ['$', '{', code, '}'].join('');
}
