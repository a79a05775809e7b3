/** How many descriptors this process may have (RLIMIT_NOFILE), as far as Linux tells. */
import { readFileSync } from 'node:fs';
import { NetworkError } from '../support/network-error';

/** Linux's default, where /proc does not say. */
const USUAL = 1024;

/** Read once, in good time: when it is reached, no file can be opened to read it from. */
let limit: number | null = null;

export function descriptorLimit(): number {
  limit ??= readLimit();
  return limit;
}

function readLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const [, soft] = /^Max open files +(\d+)/m.exec(limits) ?? [];
    return soft === undefined ? USUAL : Number(soft);
  } catch {
    return USUAL;
  }
}

/** Says what to do about EMFILE. */
export function withLimit(error: NetworkError): NetworkError {
  if (error.code !== 'EMFILE') return error;
  const remedy = `raise the limit of ${descriptorLimit()} (ulimit -n) or have fewer at once`;
  return new NetworkError('EMFILE', `${error.message}; ${remedy}`);
}
