/**
 * The overloads of `connect` and `listen`, brought to one form.
 *
 *     (options[, callback])   (path[, callback])   ([port][, host][, …][, callback])
 */
import type { ConnectOptions } from './api';

export type Callback = (...args: unknown[]) => void;

export interface NormalArguments {
  options: LooseOptions;
  callback: Callback | null;
}

/** Options as they come from the user: nothing in them is checked yet. */
export type LooseOptions = { [Name in keyof ConnectOptions]?: unknown } & {
  path?: unknown;
  fd?: unknown;
  handle?: unknown;
  _handle?: unknown;
  backlog?: unknown;
  signal?: unknown;
  exclusive?: unknown;
  ipv6Only?: unknown;
  reusePort?: unknown;
};

export function normalizeArguments(args: readonly unknown[]): NormalArguments {
  if (args.length === 0) return { options: {}, callback: null };
  const last = args[args.length - 1];
  return {
    options: optionsFrom(args[0], args[1]),
    callback: typeof last === 'function' ? (last as Callback) : null,
  };
}

function optionsFrom(first: unknown, second: unknown): LooseOptions {
  if (typeof first === 'object' && first !== null) return first;
  if (isPipeName(first)) return { path: first };
  return typeof second === 'string' ? { port: first, host: second } : { port: first };
}

/** A string that is not a port number names a pipe. */
export function isPipeName(value: unknown): value is string {
  return typeof value === 'string' && !(Number(value) >= 0);
}

/** What of an argument counts as a backlog; 0 when nothing does. @throws TypeError for a symbol */
export function backlogNumber(value: unknown): number {
  return Math.max(Number(value) || 0, 0);
}
