/**
 * Stands in for tap where speed is all: the few methods that the engine's tests use, and the
 * process ends at the first assertion that does not hold.
 */
import { isDeepStrictEqual } from 'node:util';

type Run = (t: QuickTest) => unknown;

export class QuickTest {
  readonly name: string;
  readonly #teardowns: Array<() => unknown> = [];
  /** Subtests that are not over yet; null: none, so the next may run at once. */
  #pending: Promise<void> | null = null;

  constructor(name: string) {
    this.name = name;
  }

  test(name: string, ...rest: [Run] | [object, Run]): Promise<void> {
    const run = rest[rest.length - 1] as Run;
    const previous = this.#pending;
    const running =
      previous === null
        ? this.#runChild(name, run)
        : previous.then(() => this.#runChild(name, run) ?? undefined);
    this.#pending = running;
    return running ?? Promise.resolve();
  }

  /** @returns null when it is over already */
  #runChild(name: string, run: Run): Promise<void> | null {
    const child = new QuickTest(`${this.name} > ${name}`);
    let result: unknown;
    try {
      result = run(child);
    } catch (error) {
      fail(child.name, error);
    }
    if (!(result instanceof Promise) && child.#pending === null) {
      child.#tearDown();
      return null;
    }
    return Promise.resolve(result)
      .then(() => child.#pending)
      .then(
        () => child.#tearDown(),
        (error: unknown) => fail(child.name, error),
      );
  }

  #tearDown(): void {
    for (const teardown of this.#teardowns) teardown();
  }

  /** Waits for all subtests. */
  async finish(): Promise<void> {
    while (this.#pending !== null) {
      const pending = this.#pending;
      await pending;
      if (this.#pending === pending) this.#pending = null;
    }
    this.#tearDown();
  }

  teardown(run: () => unknown): void {
    this.#teardowns.push(run);
  }

  end(): void {}
  comment(): void {}
  pass(): void {}

  fail(): void {
    fail(this.name);
  }

  ok(value: unknown): void {
    if (!value) fail(this.name);
  }

  notOk(value: unknown): void {
    if (value) fail(this.name);
  }

  equal(found: unknown, wanted: unknown): void {
    if (!Object.is(found, wanted)) fail(this.name);
  }

  not(found: unknown, unwanted: unknown): void {
    if (Object.is(found, unwanted)) fail(this.name);
  }

  same(found: unknown, wanted: unknown): void {
    if (!isDeepStrictEqual(found, wanted)) fail(this.name);
  }

  notSame(found: unknown, unwanted: unknown): void {
    if (isDeepStrictEqual(found, unwanted)) fail(this.name);
  }

  doesNotThrow(run: () => unknown): void {
    try {
      run();
    } catch (error) {
      fail(this.name, error);
    }
  }

  match(found: unknown, pattern: unknown): void {
    if (!matches(found, pattern)) fail(this.name);
  }

  notMatch(found: unknown, pattern: unknown): void {
    if (matches(found, pattern)) fail(this.name);
  }

  throws(run: () => unknown, pattern?: unknown): void {
    try {
      run();
    } catch (error) {
      if (pattern !== undefined && !matches(error, pattern)) fail(this.name);
      return;
    }
    fail(this.name);
  }
}

function matches(found: unknown, pattern: unknown): boolean {
  if (pattern instanceof RegExp) return pattern.test(String(found));
  if (typeof pattern === 'string') return typeof found === 'string' && found.includes(pattern);
  if (typeof pattern !== 'object' || pattern === null) return Object.is(found, pattern);
  if (typeof found !== 'object' || found === null) return false;
  const parts = found as Record<string, unknown>;
  return Object.entries(pattern).every(([key, part]) => matches(parts[key], part));
}

function fail(name: string, error?: unknown): never {
  const why = error instanceof Error ? `: ${error.message}` : '';
  process.stdout.write(`${name}${why}\n`);
  process.exit(1);
}

export const root = new QuickTest('');
export default root;
