/** A test's hold on its other process (`peer.ts`): asks it to do things, and kills it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { compiled } from '../../support/compiled';
import type { Outcome, Part, Served } from './conversation';
import type { PeerAnswer, PeerKind, PeerMethods, PeerRequest } from './peer';
import { within } from './within';

const START_MS = 25_000;
const ASK_MS = 25_000;
const EXIT_MS = 10_000;

interface Asked {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, Asked>();
  readonly #exited: Promise<unknown>;
  readonly #patienceMs: number;
  #lastId = 0;

  /**
   * @param namespace name of the network namespace it lives in; '': ours
   * @param patienceMs longest that it may take for anything it is asked
   */
  static async start(kind: PeerKind, namespace = '', patienceMs = ASK_MS): Promise<PeerProcess> {
    const peer = new PeerProcess(kind, namespace, patienceMs);
    await within(Math.max(START_MS, patienceMs), 'start of the peer process', peer.#settle(0));
    return peer;
  }

  private constructor(kind: PeerKind, namespace: string, patienceMs: number) {
    this.#patienceMs = patienceMs;
    const node = [process.execPath];
    const [program, ...args] =
      namespace === '' ? node : ['ip', 'netns', 'exec', namespace, ...node];
    this.#child = fork(compiled(join(__dirname, 'peer.ts')), [kind], {
      execPath: program,
      execArgv: args,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#exited = once(this.#child, 'exit');
    this.#child.on('message', (answer: PeerAnswer) => this.#handleAnswer(answer));
    this.#child.on('exit', (code, signal) => {
      const error = new Error(`the peer process ended: ${signal ?? code}`);
      for (const { reject } of this.#asked.values()) reject(error);
      this.#asked.clear();
    });
  }

  async serve(host: string, count: number, part: Part): Promise<Served> {
    const { port, ticket } = await this.#ask('serve', host, count, part);
    const outcomes = this.#ask('outcomes', ticket);
    outcomes.catch(() => undefined); // whoever awaits it hears it
    return { port, outcomes };
  }

  call(host: string, port: number, count: number, part: Part): Promise<Outcome[]> {
    return this.#ask('call', host, port, count, part);
  }

  /** @returns the port of a server that sends without end and never reads */
  flood(host: string): Promise<number> {
    return this.#ask('flood', host);
  }

  /** Connects, then sends without end and never reads. */
  callFlood(host: string, port: number): Promise<void> {
    return this.#ask('callFlood', host, port);
  }

  /** SIGKILL: nothing of it gets the chance to say goodbye. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await within(EXIT_MS, 'death of the peer process', this.#exited);
  }

  /** Lets it end; kills it if it does not. Does nothing when it has ended. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.disconnect();
    try {
      await within(EXIT_MS, 'end of the peer process', this.#exited);
    } catch (error) {
      this.#child.kill('SIGKILL');
      throw error;
    }
  }

  async #ask<M extends keyof PeerMethods>(
    method: M,
    ...args: Parameters<PeerMethods[M]>
  ): Promise<Awaited<ReturnType<PeerMethods[M]>>> {
    const id = ++this.#lastId;
    const answer = this.#settle(id);
    this.#child.send({ id, method, args } satisfies PeerRequest);
    const result = await within(this.#patienceMs, `${method} of the peer process`, answer);
    return result as Awaited<ReturnType<PeerMethods[M]>>;
  }

  #settle(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
  }

  #handleAnswer({ id, result, error }: PeerAnswer): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new Error(error));
  }
}
