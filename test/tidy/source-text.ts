/**
 * Just enough reading of TypeScript for the tidy test: what is code, what it imports, how long its
 * functions are. It relies on the formatter's layout, which the linter enforces.
 */

export interface ImportFound {
  specifier: string;
  typeOnly: boolean;
}

/** Characters after which a slash starts a regular expression, not a division. */
const BEFORE_REGEX = /(?:^|[=(,:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of))\s*$/;
const QUOTES = ["'", '"', '`'];

/**
 * The source with comments, and the insides of strings unless `keepStrings`, replaced by blanks:
 * every line and column stays where it was. What stands in `${…}` of a template stays code.
 */
export function codeOf(source: string, keepStrings = false): string {
  const out: string[] = [];
  /** One entry an open `${`: how many braces are open inside it. */
  const templates: number[] = [];
  let at = 0;
  const blank = (to: number): void => {
    for (; at < to; at++) out.push(source[at] === '\n' ? '\n' : ' ');
  };
  const copy = (to: number): void => {
    out.push(source.slice(at, to));
    at = to;
  };
  while (at < source.length) {
    const char = source[at];
    if (source.startsWith('//', at)) blank(indexOrEnd(source, '\n', at));
    else if (source.startsWith('/*', at)) blank(indexOrEnd(source, '*/', at + 2) + 2);
    else if (char === '/' && BEFORE_REGEX.test(source.slice(0, at))) blank(endOfRegex(source, at));
    else if (QUOTES.includes(char) || (char === '}' && templates.at(-1) === 0)) {
      if (char === '}') templates.pop();
      const end = endOfString(source, at, char === '}' ? '`' : char);
      if (source.startsWith('${', end - 2)) templates.push(0);
      if (keepStrings) copy(end);
      else blank(end);
    } else {
      if (templates.length > 0 && char === '{') templates[templates.length - 1]++;
      if (templates.length > 0 && char === '}') templates[templates.length - 1]--;
      copy(at + 1);
    }
  }
  return out.join('');
}

function indexOrEnd(source: string, text: string, from: number): number {
  const index = source.indexOf(text, from);
  return index < 0 ? source.length : index;
}

/** Just behind the closing quote, or behind the `${` that interrupts a template. */
function endOfString(source: string, start: number, quote: string): number {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === quote) return at + 1;
    else if (quote === '`' && source.startsWith('${', at)) return at + 2;
  }
  return source.length;
}

function endOfRegex(source: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < source.length; at++) {
    const char = source[at];
    if (char === '\\') at++;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if ((char === '/' && !inClass) || char === '\n') return at + 1;
  }
  return source.length;
}

const FROM = /\b(import|export)\b([^;'"]*?)\bfrom\s*['"]([^'"]+)['"]/g;
const BARE_IMPORT = /\bimport\s*['"]([^'"]+)['"]/g;
const CALL = /\b(?:import|require)\s*\(\s*['"]([^'"]+)['"]/g;
const TYPE_QUERY = /\btypeof\s+$/;

/** Everything a source imports: statements, re-exports, `require` and `import()`. */
export function importsOf(source: string): ImportFound[] {
  const code = codeOf(source, true);
  const found: ImportFound[] = [];
  for (const [, , clause, specifier] of code.matchAll(FROM)) {
    found.push({ specifier, typeOnly: isTypeOnly(clause) });
  }
  for (const [, specifier] of code.matchAll(BARE_IMPORT))
    found.push({ specifier, typeOnly: false });
  for (const match of code.matchAll(CALL)) {
    const typeOnly = TYPE_QUERY.test(code.slice(0, match.index));
    found.push({ specifier: match[1], typeOnly });
  }
  return found;
}

/** `import type {…}`, or an `import {…}` in which each name says `type`. */
function isTypeOnly(clause: string): boolean {
  if (/^\s*type\b/.test(clause)) return true;
  const names = /^\s*\{([^}]*)\}\s*$/.exec(clause)?.[1];
  if (names === undefined) return false;
  return names.split(',').every((name) => name.trim() === '' || /^\s*type\s/.test(name));
}

export interface FunctionFound {
  /** Line of the opening brace, from 1. */
  line: number;
  /** Lines between the braces that are not blank. */
  length: number;
}

const NO_FUNCTION = /^(?:\} )?(?:else|if|for|while|switch|catch|try|do|finally|class)\b/;

/** Every function whose body is a block of several lines. */
export function functionsOf(source: string): FunctionFound[] {
  const written = source.split('\n');
  const lines = codeOf(source).split('\n');
  const found: FunctionFound[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (!opensFunction(lines, i)) continue;
    const indent = indentOf(lines[i]);
    let length = 0;
    for (let j = i + 1; j < lines.length; j++) {
      if (indentOf(lines[j]) === indent && lines[j].trim().startsWith('}')) break;
      if (written[j].trim() !== '') length++;
    }
    found.push({ line: i + 1, length });
  }
  return found;
}

function opensFunction(lines: string[], index: number): boolean {
  const line = lines[index].trim();
  if (!/(?:\)|\): .*|=>) \{$/.test(line)) return false;
  if (!line.startsWith(')')) return !NO_FUNCTION.test(line);
  // The end of a list over several lines: what it belongs to stands above, at the same depth.
  let above = index - 1;
  while (above > 0 && indentOf(lines[above]) !== indentOf(lines[index])) above--;
  return !NO_FUNCTION.test(lines[above].trim());
}

function indentOf(line: string): number {
  const indent = line.search(/\S/);
  return indent < 0 ? Number.POSITIVE_INFINITY : indent;
}
