/**
 * What to do with a test that this machine does not allow: skipped with its reason, except in CI,
 * which has every privilege and treats a missing one as a failure.
 */

/** @returns options for t.test */
export function needs(available: true | string): { skip: string | false } {
  if (available === true) return { skip: false };
  if (process.env.CI) throw new Error(`CI must be able to run this: ${available}`);
  return { skip: available };
}
