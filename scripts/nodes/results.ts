/** What a run of tap came to, read from its output. */
export interface Results {
  passed: number;
  failed: number;
  /** Files with a failure, or that did not come to their end. */
  failedFiles: string[];
  /** The reason of each test that was skipped. */
  skipped: string[];
  /** What else was wrong. */
  faults: string[];
}

/** Lines of TAP: `    ok 3 - a name # SKIP its reason`, and the counts at the end. */
export function countResults(output: string): Results {
  const skipped = [...output.matchAll(/^ *ok \d+.*# SKIP (.*)$/gm)].map(([, reason]) => reason);
  const passed = (output.match(/^ {4,}ok \d/gm) ?? []).length - skipped.length;
  const failed = (output.match(/^ {4,}not ok \d/gm) ?? []).length;
  const failedFiles = [...output.matchAll(/^not ok \d+ - (\S+)/gm)].map(([, file]) => file);
  const faults: string[] = [];
  if (passed < 500) faults.push(`only ${passed} assertions were counted`);
  return { passed, failed, failedFiles, skipped, faults };
}

/** Each assertion that failed, with what tap has to say of it. */
export function failuresIn(output: string): string {
  return (output.match(/^ {4,}not ok \d.*\n(?: +---\n(?: +.*\n)*? +\.\.\.\n)?/gm) ?? []).join('');
}
