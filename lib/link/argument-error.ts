/** Errors for wrong arguments to a link's constructor or methods, with Node's codes and wording. */

export type ArgumentErrorCode = 'ERR_INVALID_ARG_TYPE' | 'ERR_INVALID_ARG_VALUE';

export class ArgumentError extends TypeError {
  readonly code: ArgumentErrorCode;

  /** @param expected what should have come, as in "of type function" or "an IP address" */
  constructor(code: ArgumentErrorCode, name: string, expected: string, actual: unknown) {
    super(`The "${name}" argument must be ${expected}. Received ${describe(actual)}`);
    this.code = code;
  }

  /** As on Node's own errors: "TypeError [ERR_INVALID_ARG_TYPE]" heads the stack. */
  override get name(): string {
    return `TypeError [${this.code}]`;
  }
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') return `an instance of ${value.constructor?.name ?? 'Object'}`;
  return `type ${typeof value} (${typeof value === 'string' ? `'${value}'` : String(value)})`;
}
