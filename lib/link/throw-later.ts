/**
 * Lets an error out where Node reports it as uncaught, instead of into whoever happens to be
 * calling.
 *
 * An exception that leaves a user's `send` would break off the stack's output.
 */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
