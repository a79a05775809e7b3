/**
 * What the tests against the host's kernel need: privileges and programs. Where something is missing
 * a test is skipped and says so; in continuous integration that is a failure.
 */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t, { type Test } from 'tap';
import { RawLink } from '../../../lib/link/raw-link';
import { RawSocketLink } from '../../../lib/link/raw-socket-link';

/** A raw socket of ours or of the npm package, TUN devices, a program, the right to make namespaces. */
export type Need =
  | 'raw'
  | 'raw-socket'
  | 'tun'
  | 'nc'
  | 'curl'
  | 'ss'
  | 'tshark'
  | 'ethtool'
  | 'setpriv'
  | 'bridge'
  | 'setcap'
  | 'namespace';

/** Bits of capabilities(7). */
const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;

/** No test takes longer than this unless something hangs, ms. */
const TEST_TIMEOUT_MS = 60_000;

/** A test of the file that calls it, run only where everything it needs is there. */
export function kernelTest(
  name: string,
  needs: readonly Need[],
  run: (t: Test) => Promise<void>,
  timeout = TEST_TIMEOUT_MS,
): void {
  const lack = needs.map(findLack).find((one) => one !== null) ?? null;
  if (lack === null) t.test(name, { timeout }, run);
  else if (process.env.CI) t.fail(`${name}: ${lack}`);
  else t.test(name, { skip: lack }, run);
}

/** @returns what is missing, in words, or null */
export function findLack(need: Need): string | null {
  if (need === 'raw') return lackFrom(RawLink.available());
  if (need === 'raw-socket') return lackFrom(RawSocketLink.available());
  if (need === 'tun') {
    return existsSync('/dev/net/tun') ? findLack('namespace') : '/dev/net/tun is missing';
  }
  if (need !== 'namespace') return hasProgram(need) ? null : `${need} is not installed`;
  if (!hasProgram('ip')) return 'ip (iproute2) is not installed';
  const may = hasCapability(CAP_NET_ADMIN) && hasCapability(CAP_SYS_ADMIN);
  return may ? null : 'network namespaces need root (CAP_SYS_ADMIN and CAP_NET_ADMIN)';
}

function lackFrom(available: true | string): string | null {
  return available === true ? null : available;
}

function hasCapability(bit: bigint): boolean {
  const [, effective] = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return ((BigInt(`0x${effective ?? '0'}`) >> bit) & 1n) === 1n;
}

function hasProgram(name: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
