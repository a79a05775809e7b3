/** Cuts JavaScript as esbuild prints it into tokens: enough to know an operator from a string. */

export interface Token {
  kind: 'name' | 'number' | 'punctuator' | 'other';
  text: string;
  start: number;
  end: number;
}

// Longest first, so that an operator is never read as the beginning of itself.
const PUNCTUATORS = [
  '>>>= ... === !== >>> <<= >>= **= &&= ||= ??= => == != <= >= && || ?? ?. ++ -- += -= *= /= %= &=',
  '|= ^= << >> ** { } ( ) [ ] ; , < > + - * / % & | ^ ! ~ ? : = . @ #',
]
  .flatMap((line) => line.split(' '))
  .sort((a, b) => b.length - a.length)
  .map((text) => text.replace(/[\\^$*+?.()|[\]{}]/g, '\\$&'))
  .join('|');

const TOKEN = new RegExp(
  [
    /(?<space>\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)/.source,
    /(?<other>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)/.source,
    /(?<number>0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/.source,
    /(?<name>[\p{ID_Start}$_#][\p{ID_Continue}$]*)/u.source,
    `(?<punctuator>${PUNCTUATORS})`,
  ].join('|'),
  'uy',
);

/** @throws SyntaxError where it is at its wits' end */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null) throw new SyntaxError(`no token at ${start}: ${source.slice(start, 40)}`);
    const { space, number, name, punctuator } = match.groups!;
    if (space !== undefined) continue;
    const kind = name !== undefined ? 'name' : number !== undefined ? 'number' : null;
    const text = match[0];
    tokens.push({
      kind: kind ?? (punctuator !== undefined ? 'punctuator' : 'other'),
      text,
      start,
      end: start + text.length,
    });
  }
  return tokens;
}
