/** What may be changed in a file, one small fault at a time. */
import { type Token, tokenize } from './tokens';

export interface Change {
  /** Kind of fault, for the report. */
  operator: string;
  /** Place in the JavaScript, and what stands there instead. */
  start: number;
  end: number;
  replacement: string;
  /** As a reader sees it. */
  before: string;
  after: string;
}

const SWAPS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  '<': [
    ['boundary', '<='],
    ['comparison', '>='],
  ],
  '<=': [
    ['boundary', '<'],
    ['comparison', '>'],
  ],
  '>': [
    ['boundary', '>='],
    ['comparison', '<='],
  ],
  '>=': [
    ['boundary', '>'],
    ['comparison', '<'],
  ],
  '===': [['comparison', '!==']],
  '!==': [['comparison', '===']],
  '+': [['arithmetic', '-']],
  '-': [['arithmetic', '+']],
  '*': [['arithmetic', '/']],
  '/': [['arithmetic', '*']],
  '<<': [['arithmetic', '>>']],
  '>>': [['arithmetic', '<<']],
  '&': [['bits', '|']],
  '|': [['bits', '&']],
  '&&': [['logic', '||']],
  '||': [['logic', '&&']],
  '+=': [['assignment', '-=']],
  '-=': [['assignment', '+=']],
  '|=': [['assignment', '&=']],
  '&=': [['assignment', '|=']],
  '++': [['assignment', '--']],
  '--': [['assignment', '++']],
};

/** Operators that also stand before a single operand. */
const PREFIXES = new Set(['+', '-', '++', '--']);

const NAMES: Readonly<Record<string, readonly [string, string]>> = {
  seqLt: ['boundary', 'seqLeq'],
  seqLeq: ['boundary', 'seqLt'],
  seqGt: ['boundary', 'seqGeq'],
  seqGeq: ['boundary', 'seqGt'],
  true: ['constant', 'false'],
  false: ['constant', 'true'],
};

const KEYWORDS = new Set(
  [
    'break case catch class const continue default do else export extends finally for function if',
    'import in let new of return static switch throw try typeof var while',
  ].flatMap((line) => line.split(' ')),
);

/** @param source an ES module as esbuild prints it */
export function findChanges(source: string): Change[] {
  const tokens = tokenize(source);
  const changes: Change[] = [];
  const open: Array<'class' | 'block' | 'parenthesis'> = [];
  for (let i = 0; i < tokens.length; i++) {
    const { text } = tokens[i];
    if (
      open.length === 0 &&
      (text === 'import' || (text === 'export' && tokens[i + 1].text === '{'))
    ) {
      while (tokens[i].text !== ';') i++;
      continue;
    }
    if (text === '(') open.push('parenthesis');
    if (text === '{') open.push(opensClass(tokens, i) ? 'class' : 'block');
    if (text === '}' || text === ')') open.pop();
    // The first value of a field is there for its shape; what counts is set by a method.
    if (open.at(-1) !== 'class') addTokenChanges(tokens, i, changes);
    if (text === 'if') addNegation(source, tokens, i, changes);
    if (open.at(-1) === 'block') addRemoval(source, tokens, i, changes);
  }
  return withSequenceImports(source, changes);
}

function addTokenChanges(tokens: readonly Token[], i: number, into: Change[]): void {
  const token = tokens[i];
  const { kind, text } = token;
  const before = tokens[i - 1];
  const replace = (operator: string, replacement: string): void => {
    const { start, end } = token;
    into.push({ operator, start, end, replacement, before: text, after: replacement });
  };
  if (kind === 'number') {
    if (before?.text === 'void') return; // undefined, as esbuild writes it
    const value = Number(text);
    replace('constant', String(value + 1));
    if (value > 0) replace('constant', String(value - 1));
  } else if (kind === 'name') {
    if (before?.text === '.' && tokens[i - 2]?.text === 'Math') {
      if (text === 'min') replace('arithmetic', 'max');
      if (text === 'max') replace('arithmetic', 'min');
    } else if (before?.text !== 'function' && Object.hasOwn(NAMES, text)) {
      replace(...NAMES[text]);
    }
  } else if (kind === 'punctuator') {
    if (text === '!' || text === '~') replace('negation', '');
    if (PREFIXES.has(text) && !endsOperand(before)) {
      // A sign is left alone; a step may go the other way.
      if (text === '++' || text === '--') replace(...SWAPS[text][0]);
      return;
    }
    const joinsText = text === '+' && (before.kind === 'other' || tokens[i + 1].kind === 'other');
    if (joinsText) return;
    for (const [operator, other] of SWAPS[text] ?? []) replace(operator, other);
  }
}

function endsOperand(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === 'punctuator') return token.text === ')' || token.text === ']';
  return !KEYWORDS.has(token.text);
}

/** if (x) → if (!(x)) */
function addNegation(source: string, tokens: readonly Token[], i: number, into: Change[]): void {
  const close = closingOf(tokens, i + 1);
  const start = tokens[i + 1].end;
  const end = tokens[close].start;
  const condition = source.slice(start, end);
  into.push({
    operator: 'negation',
    start,
    end,
    replacement: `!(${condition})`,
    before: condition,
    after: `!(${condition})`,
  });
}

/** A statement that is a call, an assignment, or a plain return, is left out. */
function addRemoval(source: string, tokens: readonly Token[], i: number, into: Change[]): void {
  if (!beginsStatement(tokens, i)) return;
  const isReturn = tokens[i].text === 'return' && tokens[i + 1].text === ';';
  const isExpression = tokens[i].kind === 'name' && !KEYWORDS.has(tokens[i].text);
  if (!isReturn && !isExpression) return;
  let nesting = 0;
  for (let j = i; j < tokens.length; j++) {
    const { text } = tokens[j];
    if (nesting === 0 && text === '{' && tokens[j - 1].text === ')') return; // a method
    if (nesting === 0 && (text === ':' || text === ',')) return; // part of an object
    if (text === '{' || text === '(' || text === '[') nesting++;
    if (text === '}' || text === ')' || text === ']') nesting--;
    if (nesting < 0) return;
    if (nesting > 0 || text !== ';') continue;
    const [start, end] = [tokens[i].start, tokens[j].start];
    const before = source.slice(start, end);
    into.push({ operator: 'removal', start, end, replacement: '', before, after: '' });
    return;
  }
}

function beginsStatement(tokens: readonly Token[], i: number): boolean {
  const before = tokens[i - 1].text;
  if (before === '{' || before === '}' || before === ';' || before === 'else') return true;
  if (before !== ')') return false;
  const open = openingOf(tokens, i - 1);
  return tokens[open - 1]?.text === 'if';
}

function opensClass(tokens: readonly Token[], brace: number): boolean {
  for (let i = brace - 1; i >= 0 && !'{};'.includes(tokens[i].text); i--) {
    if (tokens[i].text === 'class') return true;
  }
  return false;
}

function closingOf(tokens: readonly Token[], open: number): number {
  let nesting = 0;
  for (let i = open; ; i++) {
    if (tokens[i].text === '(') nesting++;
    if (tokens[i].text === ')' && --nesting === 0) return i;
  }
}

function openingOf(tokens: readonly Token[], close: number): number {
  let nesting = 0;
  for (let i = close; ; i--) {
    if (tokens[i].text === ')') nesting++;
    if (tokens[i].text === '(' && --nesting === 0) return i;
  }
}

/** The other comparison of sequence numbers need not be imported yet. */
function withSequenceImports(source: string, changes: readonly Change[]): Change[] {
  const from = /from ("[./]*\/seq");/.exec(source)?.[1];
  if (from === undefined) return [...changes];
  return changes.map((change) => {
    if (!change.after.startsWith('seq')) return change;
    const replacement = `(__seq.${change.after})`;
    return { ...change, replacement };
  });
}

/** The source with the change made. */
export function applyChange(source: string, { start, end, replacement }: Change): string {
  const text = source.slice(0, start) + replacement + source.slice(end);
  const from = /from ("[./]*\/seq");/.exec(source)?.[1];
  return replacement.startsWith('(__seq.') ? `import * as __seq from ${from};\n${text}` : text;
}
