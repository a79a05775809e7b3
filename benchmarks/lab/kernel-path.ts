/**
 * The laboratory's path in front of the kernel: a namespace behind a TUN device at each end, and in
 * between, in this process and in real time, everything that goes wrong on a simulated link.
 *
 * The receiver is the kernel's TCP in the right namespace. The sender is the kernel's in the left
 * one, or a stack of usernet in this process: both send over the very same path.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createNet, createTunLink, PacketLink, Stack } from '../../lib/index';
import { ImpairedPath } from '../../lib/link/path/impaired-path';
import { type Impairments, PERFECT } from '../../lib/link/path/impairments';
import type { TunLink } from '../../lib/link/tun-link';
import { RealClock } from '../../lib/stack/real-clock';
import { packetMemory } from '../../lib/support/memory';
import { SeededRandom } from '../../lib/support/random';
import type { LinkHost } from '../../types/link';

const LEFT = '10.77.0.1';
const RIGHT = '10.77.0.2';
const PREFIX = '/24';
const PACKET_BYTES = 65_536;
/** Buffers that never are what limits a flow. */
const BUFFER_BYTES = 32_000_000;
const CHUNK = Buffer.alloc(65_536, 0x61);

export interface KernelRun {
  sender: 'linux' | 'usernet';
  controller: string;
  there: Partial<Impairments>;
  back: Partial<Impairments>;
  seed: number;
  seconds: number;
}

/** @returns Mbit/s that the receiver's user read. @throws Error without the privilege */
export async function runOnKernel(run: KernelRun): Promise<number> {
  const path = new KernelPath(run);
  try {
    await path.begin(run);
    await pause(run.seconds * 1000);
    return ((await path.received()) * 8) / run.seconds / 1e6;
  } finally {
    await path.end();
  }
}

class KernelPath {
  readonly #clock = new RealClock();
  readonly #spaces: string[] = [];
  readonly #links: TunLink[] = [];
  readonly #processes: ChildProcess[] = [];
  readonly #scratch = packetMemory.allocate(PACKET_BYTES);
  readonly #paths: ImpairedPath[] = [];
  #stack: Stack | null = null;
  #packets: PacketLink | null = null;
  #sink: ChildProcess | null = null;

  constructor(run: KernelRun) {
    process.once('exit', this.#removeSpaces); // also when it is interrupted
    const right = this.#makeEnd('right', RIGHT, LEFT);
    const there = this.#makePath(new SeededRandom(run.seed), run.there, (offset, length) =>
      carry(right, offset, length),
    );
    // Chance of its own: whoever sends, and however it is acknowledged, loses the same packets.
    const back = this.#makePath(new SeededRandom(-run.seed), run.back, (offset, length) =>
      this.#arrive(offset, length),
    );
    right.open(this.#host(back, () => right.flush()));
    if (run.sender === 'linux') {
      const left = this.#makeEnd('left', LEFT, RIGHT);
      left.open(this.#host(there, () => left.flush()));
    } else {
      this.#packets = new PacketLink({
        addresses: LEFT,
        send: (packet) => {
          packetMemory.bytes.set(packet, this.#scratch);
          there.send(this.#scratch, packet.length);
        },
      });
    }
  }

  async begin({ sender, controller }: KernelRun): Promise<void> {
    this.#sink = this.#spawn('right', ['sink', RIGHT]);
    const port = await line(this.#sink);
    if (sender === 'linux') {
      this.#spawn('left', ['send', RIGHT, port, controller]);
      return;
    }
    this.#stack = new Stack({
      links: [this.#packets!],
      tcp: {
        congestionControl: controller,
        sendBufferBytes: 4_000_000,
        sendBufferMaxBytes: BUFFER_BYTES,
      },
    });
    const socket = createNet(this.#stack).connect(Number(port), RIGHT);
    const write = (): void => {
      while (!socket.destroyed && socket.write(CHUNK));
    };
    socket.on('connect', write).on('drain', write);
    socket.on('error', () => socket.destroy());
  }

  async received(): Promise<number> {
    this.#sink!.stdin!.write('\n');
    return Number(await line(this.#sink!));
  }

  async end(): Promise<void> {
    this.#stack?.close();
    for (const child of this.#processes) {
      child.stdin!.end();
      if (child.exitCode === null) await once(child, 'exit');
    }
    for (const path of this.#paths) path.clear();
    for (const link of this.#links) link.close();
    packetMemory.release(this.#scratch, PACKET_BYTES);
    process.off('exit', this.#removeSpaces);
    this.#removeSpaces();
  }

  readonly #removeSpaces = (): void => {
    for (const space of this.#spaces) execFileSync('ip', ['netns', 'del', space]);
  };

  #makeEnd(side: string, own: string, other: string): TunLink {
    const space = spaceOf(side);
    execFileSync('ip', ['netns', 'add', space]);
    this.#spaces.push(space);
    execFileSync('ip', ['-n', space, 'link', 'set', 'lo', 'up']);
    const memory = `4096 131072 ${BUFFER_BYTES}`;
    const settings = [`net.ipv4.tcp_rmem=${memory}`, `net.ipv4.tcp_wmem=${memory}`];
    const quiet = ['net.ipv4.tcp_no_metrics_save=1'];
    execFileSync('ip', ['netns', 'exec', space, 'sysctl', '-qw', ...settings, ...quiet]);
    const link = createTunLink({
      addresses: other + PREFIX,
      hostAddresses: own + PREFIX,
      namespace: space,
      offload: false,
    });
    this.#links.push(link);
    return link;
  }

  #makePath(
    random: SeededRandom,
    impairments: Partial<Impairments>,
    handlePacket: (offset: number, length: number) => void,
  ): ImpairedPath {
    const handleBatchEnd = (): void => {
      for (const link of this.#links) link.flush();
    };
    const end = { listening: true, handlePacket, handleBatchEnd };
    const path = new ImpairedPath(this.#clock, random, { ...PERFECT, ...impairments }, end);
    this.#paths.push(path);
    return path;
  }

  /** At the left end. */
  #arrive(offset: number, length: number): void {
    if (this.#packets === null) carry(this.#links[1], offset, length);
    else this.#packets.receive(packetMemory.bytes.slice(offset, offset + length));
  }

  /** What leaves a device goes on its way. */
  #host(path: ImpairedPath, flush: () => void): LinkHost {
    return {
      clock: this.#clock,
      receive: (offset, length) => path.send(offset, length),
      receivedBatch: flush,
      writable: () => undefined,
      failed: (error) => console.error(error.message),
      defer: (fn) => setImmediate(fn),
      random: (target) => target.fill(4),
    };
  }

  #spawn(side: string, args: readonly string[]): ChildProcess {
    const script = join(__dirname, '..', 'support', 'kernel-flow.js');
    const command = ['netns', 'exec', spaceOf(side), process.execPath, script, ...args];
    const child = spawn('ip', command, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#processes.push(child);
    return child;
  }
}

function spaceOf(side: string): string {
  return `usernet-lab-${process.pid}-${side}`;
}

/** What the device has no room for is lost, as on a wire. */
function carry(link: TunLink, offset: number, length: number): void {
  const place = link.reserve(length);
  if (place === -1) return;
  packetMemory.bytes.copyWithin(place, offset, offset + length);
  link.commit(length);
}

async function line(child: ChildProcess): Promise<string> {
  return String((await once(child.stdout!, 'data'))[0]).trim();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
