/**
 * Assertions about our own state: a broken one is a bug of this program, never a peer's doing.
 */
export class AssertionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AssertionError';
  }
}

/**
 * @param message a constant: building it from pieces would cost on every call, not only when it
 *   fails
 * @throws AssertionError when the condition does not hold
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
