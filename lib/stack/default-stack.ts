/**
 * The stack that a process gets without asking: made on first use, the same for everyone in it.
 *
 * With the privilege for raw sockets: the loopback inside, the host's links outside. Without: the
 * loopback alone, and what would need the outside fails with EACCES and says what to do.
 * `USERNET_LINK` or `configure` choose otherwise, and `USERNET_CAPTURE` names a pcapng file for all
 * the packets there are. `USERNET_IMPAIR` breaks the links outside on purpose.
 */

import type { Link } from '../../types/link';
import type { StackOptions } from '../../types/stack';
import { ethernetOptionsFrom } from '../link/ethernet/ethernet-environment';
import type { EthernetLinkOptions } from '../link/ethernet/ethernet-options';
import { impairOptionsFrom } from '../link/impair-environment';
import { links } from '../link/on-demand';
import { tunOptionsFrom } from '../link/tun-environment';
import type { TunLinkOptions } from '../link/tun-options';
import { ConfigurationError } from '../support/configuration-error';
import { NetworkError } from '../support/network-error';
import { capturePath } from './capture';
import { Stack } from './stack';
import { WithheldLink } from './withheld-link';

/** How to make the default stack; its links by themselves, or by the name that one goes by. */
export interface DefaultStackOptions extends StackOptions {
  /** What `USERNET_LINK` may say, too. `links` goes before it. */
  link?: 'loopback' | 'raw' | 'raw-socket' | 'tun' | 'ethernet';
  /** With `link: 'tun'`; unless given, what the environment says (`USERNET_TUN_ADDRESS`, …). */
  tun?: TunLinkOptions;
  /** With `link: 'ethernet'`; unless given, the environment's (`USERNET_ETHERNET_ADDRESS`, …). */
  ethernet?: EthernetLinkOptions;
}

/** `loopback` stays inside the process, on purpose and so without errors. */
const LINKS: Readonly<Record<string, (options: DefaultStackOptions) => Link[]>> = {
  loopback: () => [],
  raw: () => [new links.RawLink()],
  'raw-socket': () => [new links.RawSocketLink()],
  tun: ({ tun }) => [links.createTunLink(tun ?? tunOptionsFrom(process.env))],
  ethernet: ({ ethernet }) => [
    links.createEthernetLink(ethernet ?? ethernetOptionsFrom(process.env)),
  ],
};

/** Claimed on loading: a child process may be started before there is a stack. */
const captureFile = capturePath();

let chosen: Stack | DefaultStackOptions | null = null;
let stack: Stack | null = null;

/**
 * Chooses the default stack: a ready one, or the options to make it from.
 * @throws NetworkError EINVAL once the default stack is in use
 */
export function configure(choice: { stack: Stack } | DefaultStackOptions): void {
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

function makeStack(choice: DefaultStackOptions): Stack {
  const options = { ...choice, capture: choice.capture ?? captureFile };
  if (options.links !== undefined) return new Stack(options);
  const name = options.link ?? process.env.USERNET_LINK ?? '';
  if (name === '') return makeBestStack(options);
  if (!Object.hasOwn(LINKS, name)) {
    const names = Object.keys(LINKS).join(', ');
    const source = options.link === undefined ? 'USERNET_LINK' : 'link';
    throw new ConfigurationError(`${source} is ${name}, which is none of ${names}`);
  }
  return new Stack({ ...options, links: impair(LINKS[name](options)) });
}

/** As `USERNET_IMPAIR` wants it. */
function impair(plain: Link[]): Link[] {
  const options = impairOptionsFrom(process.env);
  return options === null ? plain : plain.map((link) => links.createImpairLink(link, options));
}

function makeBestStack(options: DefaultStackOptions): Stack {
  try {
    return new Stack({ ...options, links: impair(LINKS.raw(options)) });
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
