/** A program of the host that a test runs: its output, its exit status, and its end in any case. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { within } from './within';

const RUN_MS = 25_000;

export interface Finished {
  status: number | null;
  signal: string | null;
  output: Buffer;
  errors: string;
}

export class Program {
  readonly pid: number;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #name: string;
  readonly #output: Buffer[] = [];
  readonly #closed: Promise<unknown[]>;
  #errors = '';

  /** @param environment added to ours */
  constructor(name: string, args: string[], environment: Record<string, string> = {}) {
    this.#name = name;
    this.#child = spawn(name, args, { env: { ...process.env, ...environment } });
    this.pid = this.#child.pid!;
    this.#closed = once(this.#child, 'close');
    this.#child.stdout.on('data', (chunk: Buffer) => this.#output.push(chunk));
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk;
    });
    // A program may end without having read everything.
    this.#child.stdin.on('error', () => undefined);
  }

  /** Gives it all of its standard input. */
  feed(input: string | Buffer): this {
    this.#child.stdin.end(input);
    return this;
  }

  /** What `pattern` finds in its output or error output, as soon as it is there. */
  async announced(pattern: RegExp): Promise<RegExpExecArray> {
    const found = new Promise<RegExpExecArray>((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.#errors) ?? pattern.exec(String(this.#text()));
        if (match !== null) resolve(match);
      };
      this.#child.stderr.on('data', look);
      this.#child.stdout.on('data', look);
      this.#closed.then(() => reject(new Error(`${this.#name} ended: ${this.#errors}`)), reject);
      look();
    });
    return this.#bounded(found);
  }

  async finished(): Promise<Finished> {
    const [status, signal] = await this.#bounded(this.#closed);
    return {
      status: status as number | null,
      signal: signal as string | null,
      output: this.#text(),
      errors: this.#errors,
    };
  }

  /** Ends it if it has not ended; for teardowns. */
  kill(): void {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
  }

  #text(): Buffer {
    return Buffer.concat(this.#output);
  }

  async #bounded<T>(promise: Promise<T>): Promise<T> {
    try {
      return await within(RUN_MS, this.#name, promise);
    } catch (error) {
      this.kill();
      throw error;
    }
  }
}

/** Runs a program to its end. */
export function run(name: string, args: string[], input: string | Buffer = ''): Promise<Finished> {
  return new Program(name, args).feed(input).finished();
}
