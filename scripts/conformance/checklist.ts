/** The requirements of RFC 9293, as the lists beside the tests have them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Requirement {
  id: string;
  /** MUST, MUST NOT, SHOULD, … */
  level: string;
  section: string;
  paraphrase: string;
}

/** Ids in a test's name: [MUST-39], [MUST-58, MUST-59]. */
const TAG = /\[((?:(?:MUST|SHLD|MAY|REC|U)-\d+(?:, *)?)+)\] ?/g;

export function idsIn(name: string): string[] {
  return [...name.matchAll(TAG)].flatMap(([, ids]) => ids.split(/, */));
}

/** The name without the ids of all kinds that stand in it. */
export function withoutIds(name: string): string {
  return name
    .replace(/ ?\[(?:[A-Z]+-\d+(?:, *)?)+\]/g, '')
    .replace(/^[ :,]+/, '')
    .trim();
}

/** @param file tab-separated, with a line of headings */
export function readChecklist(folder: string, file: string): Requirement[] {
  const [, ...lines] = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [id, level, section, paraphrase] = line.split('\t');
    return { id, level, section, paraphrase };
  });
}
