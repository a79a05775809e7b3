/**
 * Work done inside another network namespace (network_namespaces(7)): what is opened there belongs
 * to it for good, whoever uses it later.
 */
import { closeSync, openSync } from 'node:fs';
import { NetworkError, type NetworkErrorCode } from '../support/network-error';
import { systemError } from './errno';
import { CLONE_NEWNET, type Libc } from './libc';

/** Where `ip netns add` puts its names. */
const NAMED = '/run/netns';
const OWN = '/proc/thread-self/ns/net';

/**
 * Runs `work`, which must not wait for anything, with this thread inside the namespace.
 * @param name as `ip netns` knows it, or a path; '' stays where the thread is
 * @throws NetworkError EINVAL (there is none of that name), EPERM (entering it needs CAP_SYS_ADMIN)
 */
export function withinNamespace<T>(libc: Libc, name: string, work: () => T): T {
  if (name === '') return work();
  const own = openSync(OWN, 'r');
  try {
    enter(libc, openNamespace(name), name);
    try {
      return work();
    } finally {
      // Nothing could be trusted any longer if the thread stayed there; it had been let in here.
      libc.setns(own, CLONE_NEWNET);
    }
  } finally {
    closeSync(own);
  }
}

/** The same calls, but that sockets are made in the namespace, and belong to it from then on. */
export function libcWithin(libc: Libc, name: string): Libc {
  /** Of the last `socket`, if it failed: coming back from the namespace must not hide it. */
  let errno = 0;
  return {
    ...libc,
    socket: (...args) =>
      withinNamespace(libc, name, () => {
        const fd = libc.socket(...args);
        errno = fd < 0 ? libc.errno() : 0;
        return fd;
      }),
    errno: () => {
      const kept = errno;
      errno = 0;
      return kept === 0 ? libc.errno() : kept;
    },
  };
}

function openNamespace(name: string): number {
  try {
    return openSync(name.includes('/') ? name : `${NAMED}/${name}`, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const known: NetworkErrorCode = code === 'EACCES' ? 'EACCES' : 'EINVAL';
    throw new NetworkError(known, `no network namespace ${name} (${code}): see \`ip netns list\``);
  }
}

function enter(libc: Libc, fd: number, name: string): void {
  const failed = libc.setns(fd, CLONE_NEWNET) < 0;
  const errno = failed ? libc.errno() : 0;
  closeSync(fd);
  if (!failed) return;
  throw systemError(errno, `entering network namespace ${name}, which needs CAP_SYS_ADMIN`);
}
