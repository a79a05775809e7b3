/**
 * The stack that a process gets without asking: made on first use, the same for everyone in it.
 *
 * With the privilege for raw sockets: the loopback inside, the host's links outside. Without: the
 * loopback alone, and what would need the outside fails with EACCES and says what to do.
 * `USERNET_LINK` or `configure` choose otherwise.
 */
import type { Link } from '../../types/link';
import type { StackOptions } from '../../types/stack';
import { RawLink } from '../link/raw-link';
import { RawSocketLink } from '../link/raw-socket-link';
import { NetworkError } from '../support/network-error';
import { Stack } from './stack';
import { WithheldLink } from './withheld-link';

/**
 * What `USERNET_LINK` may say. `loopback` stays inside the process, on purpose and so without
 * errors.
 */
const LINKS: Readonly<Record<string, () => Link[]>> = {
  loopback: () => [],
  raw: () => [new RawLink()],
  'raw-socket': () => [new RawSocketLink()],
};

let chosen: Stack | StackOptions | null = null;
let stack: Stack | null = null;

/**
 * Chooses the default stack: a ready one, or the options to make it from.
 * @throws NetworkError EINVAL once the default stack is in use
 */
export function configure(choice: { stack: Stack } | StackOptions): void {
  if (stack !== null) {
    throw new NetworkError(
      'EINVAL',
      'configure() must come before the default stack is first used',
    );
  }
  chosen = 'stack' in choice ? choice.stack : choice;
}

/** @throws NetworkError EINVAL for a USERNET_LINK that is none; what the chosen link says */
export function defaultStack(): Stack {
  stack ??= chosen instanceof Stack ? chosen : makeStack(chosen ?? {});
  return stack;
}

function makeStack(options: StackOptions): Stack {
  if (options.links !== undefined) return new Stack(options);
  const name = process.env.USERNET_LINK ?? '';
  if (name === '') return makeBestStack(options);
  if (!Object.hasOwn(LINKS, name)) {
    const names = Object.keys(LINKS).join(', ');
    throw new NetworkError('EINVAL', `USERNET_LINK is ${name}, which is none of ${names}`);
  }
  return new Stack({ ...options, links: LINKS[name]() });
}

function makeBestStack(options: StackOptions): Stack {
  try {
    return new Stack({ ...options, links: LINKS.raw() });
  } catch (error) {
    if (!isMissing(error)) throw error;
    const hint = 'or set USERNET_LINK=loopback to stay inside this process';
    const reason = `${error.message}; ${hint}`;
    return new Stack({ ...options, links: [new WithheldLink(reason)] });
  }
}

/** Is it the privilege or the platform that is missing, and not descriptors or memory? */
function isMissing(error: unknown): error is NetworkError {
  if (!(error instanceof NetworkError)) return false;
  return error.code === 'EPERM' || error.code === 'EACCES' || error.code === 'ENOTSUP';
}
