/**
 * What a benchmark between two namespaces does around its measuring: it makes them, starts a peer
 * with the kernel's TCP in the far one, and runs its own file once more in the near one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { PeerPorts } from './bulk-rows';
import { printHeading } from './report';
import { TwoNamespaces } from './two-namespaces';

export interface NearAndFar {
  /** The benchmark's own. */
  file: string;
  heading: string;
  /** The congestion control of both namespaces. */
  control: string;
  /** What else the far namespace needs. */
  prepare?: (far: string) => void;
  /** In a process in the near namespace. @param farAddress of the peer */
  measure: (far: string, farAddress: string, ports: PeerPorts) => Promise<void>;
}

export function runNearAndFar(benchmark: NearAndFar): void {
  const [role, far, farAddress, ports] = process.argv.slice(2);
  const work =
    role === 'near' ? benchmark.measure(far, farAddress, JSON.parse(ports)) : begin(benchmark);
  work.catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}

async function begin({ file, heading, control, prepare }: NearAndFar): Promise<void> {
  printHeading(heading);
  let spaces: TwoNamespaces;
  try {
    spaces = new TwoNamespaces(control);
  } catch (error) {
    console.log(`skipped: ${(error as Error).message}`);
    return;
  }
  console.log(`# congestion control on all sides: ${control}`);
  try {
    const { near, far, farAddress } = spaces;
    prepare?.(far);
    const peer = spawnIn(
      far,
      [join(__dirname, 'kernel-peer.js'), '0.0.0.0'],
      ['pipe', 'pipe', 'inherit'],
    );
    const ports = String((await once(peer.stdout!, 'data'))[0]).trim();
    const args = [...process.execArgv, file, 'near', far, farAddress, ports];
    const [status] = await once(spawnIn(near, args, 'inherit'), 'exit');
    process.exitCode = status ?? 1;
    peer.stdin!.end();
    await once(peer, 'exit');
  } finally {
    spaces.remove();
  }
}

function spawnIn(
  namespace: string,
  args: string[],
  stdio: 'inherit' | ('pipe' | 'inherit')[],
): ChildProcess {
  return spawn('ip', ['netns', 'exec', namespace, process.execPath, ...args], { stdio });
}
