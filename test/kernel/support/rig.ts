/**
 * A stack over a real link, watched: a capture beside it, and when all is over, a look at everything
 * that must be as it was before.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import type { Test } from 'tap';
import type { LinkCounters } from '../../../lib/link/link-counters';
import { createNet } from '../../../lib/net/create-net';
import type { StackStats } from '../../../lib/stack/stack';
import { Stack } from '../../../lib/stack/stack';
import { packetMemory } from '../../../lib/support/memory';
import type { Link } from '../../../types/link';
import type { StackOptions } from '../../../types/stack';
import { explainResets } from '../../support/explain-resets';
import { Capture } from './capture';
import type { NetLike } from './conversation';
import { Recorder } from './recorder';
import { until } from './within';

/**
 * TIME-WAIT lasts twice this, so that a test can wait for its end. It is longer than a busy machine
 * makes a FIN wait that the kernel has repeated.
 */
const MSL_MS = 50;
const SETTLE_MS = 5_000;

/** What no exchange with a kernel may count. */
const FAULTS = [
  'tcpListenReset',
  'tcpListenFull',
  'tcpConnectionLimit',
  'tcpForeign',
  'tcpBadHeader',
  'tcpBadChecksum',
  'tcpBadDestination',
  'tcpBadSource',
  'tcpBadOptions',
  'tcpLand',
  'icmpBad',
  'ipShort',
  'ipBadVersion',
  'ipBadHeader',
  'ipBadChecksum',
  'ipBadExtension',
  'ipBadAddress',
  'ipFragments',
  'ipFragmentsRefused',
  'ipUnknownProtocol',
  'ipForeign',
  'packetsAfterClose',
  'abandoned',
  'repliesLost',
] as const satisfies ReadonlyArray<keyof StackStats>;

/** Not `droppedMalformed`: a raw socket hears what other tests on the host send, forgeries too. */
const LINK_FAULTS = ['droppedTruncated', 'droppedFull', 'droppedRefused', 'droppedClosed'] as const;

/** What this exchange is expected to do besides carrying data. */
export interface Expected {
  /** What each reset in the capture, whoever sent it, must look like; absent: there is none. */
  resets?: RegExp;
  /** Resets that the stack itself sent: those in the capture beyond these are the kernel's. */
  resetsOut?: number;
  /** Connections of the stack that died of an error. */
  failures?: number;
  /** Segments that the stack refused, because it has the port but nobody listens on it. */
  refused?: number;
  /** May our kernel refuse to send something, for now? */
  refuses?: boolean;
}

/** An address of 127.0.0.0/8 of this process alone, so that parallel tests do not see each other. */
export const HOST = ['127', 64 + ((process.pid >> 16) & 63), (process.pid >> 8) & 255]
  .concat(process.pid & 255)
  .join('.');

/** A link that counts. */
export type CountingLink = Link & { readonly counters: LinkCounters };

export class Rig {
  readonly link: CountingLink;
  readonly stack: Stack;
  readonly net: NetLike;
  readonly capture: Capture;
  readonly #sockets = listSockets();
  readonly #memory: number;
  readonly #recorder: Recorder;
  readonly #timers = countTimers();

  /**
   * @param address, device what the capture keeps, and where it looks
   * @param namespace where the device is; '': ours
   * @param everything to explain resets by all segments, not only by FINs
   */
  constructor(
    link: CountingLink,
    address = HOST,
    device = 'lo',
    options: StackOptions = {},
    namespace = '',
    everything = false,
  ) {
    this.#recorder = new Recorder(address, device, namespace);
    this.#memory = packetMemory.allocated;
    this.capture = new Capture(address, device, namespace, everything);
    this.link = link;
    const tcp = { mslMs: MSL_MS, ...options.tcp };
    this.stack = new Stack({ ...options, links: [link], tcp });
    this.net = createNet(this.stack) as NetLike;
  }

  /** Waits until every connection is gone, checks all there is to check, and takes everything down. */
  async finish(t: Test, expected: Expected = {}): Promise<void> {
    const { stack, link, capture } = this;
    try {
      await until(SETTLE_MS, 'end of the last connection', () => isQuiet(stack.stats()));
    } catch (error) {
      t.fail((error as Error).message, { connections: stack.connections() });
    }
    const stats = stack.stats();
    t.same(pick(stats, FAULTS), zeros(FAULTS), 'the stack counted no fault');
    t.ok(this.#isIgnoredRightly(stats), 'the listener ignored nothing without a reason');
    const faults = LINK_FAULTS.filter((name) => !expected.refuses || name !== 'droppedRefused');
    t.same(pick(link.counters, faults), zeros(faults), 'the link dropped nothing');
    t.equal(stats.failures, expected.failures ?? 0, 'connections died as expected');
    this.#checkResets(t, stats, expected);
    t.ok(capture.countSyns() > 0, 'the capture saw the connections begin');
    t.equal(capture.countMissed(), 0, 'the capture missed nothing');
    this.#recorder.finish(t.name, this.#reasonsOfResets(expected));
    await this.#close(t);
  }

  /**
   * A second reset of a connection that is gone already; or, where there were SYN cookies, text
   * behind an ACK that found no room: the peer repeats it.
   */
  #isIgnoredRightly({ tcpListenIgnored, synCookiesSent }: StackStats): boolean {
    return synCookiesSent > 0 || tcpListenIgnored <= this.capture.resets().length;
  }

  #checkResets(t: Test, stats: StackStats, expected: Expected): void {
    const { refused, resetsOut } = { refused: 0, resetsOut: 0, ...expected };
    const strange = this.capture.strangeResets();
    // What was too late for its connection is refused, as it should be; see `strangeResets`.
    const late = this.capture.resets().length - strange.length;
    t.ok(isWithin(stats.tcpRefused, refused, late), 'segments were refused as expected');
    t.ok(isWithin(stats.resetsOut, resetsOut, late), 'the stack sent resets as expected');
    t.ok(isWithin(stats.tcpStray, 0, late), 'and got none that it did not expect');
    if (expected.resets === undefined) {
      t.same(strange, [], 'there is not one strange reset in the capture');
    } else {
      const pattern = expected.resets;
      t.ok(strange.length > 0, 'there are resets in the capture');
      t.same(
        strange.filter((one) => !pattern.test(one)),
        [],
        'and they are the expected ones',
      );
    }
  }

  #reasonsOfResets({ resets }: Expected): Map<string, string> {
    const reasons = new Map<string, string>();
    for (const [{ from, to, seq }, reason] of explainResets(this.capture.read())) {
      const isExpected = resets?.test(`${from} > ${to}`) === true;
      const known = reason ?? (isExpected ? 'the test has called for it' : null);
      if (known !== null) reasons.set(`${from} > ${to} ${seq}`, known);
    }
    return reasons;
  }

  /** For whoever does not come to `finish`. */
  close(): void {
    this.stack.close();
    this.capture.close();
    this.#recorder.close();
  }

  async #close(t: Test): Promise<void> {
    this.close();
    const findNew = (): string[] => listSockets().filter((one) => !this.#sockets.includes(one));
    // Those of the kernel's own clients and servers in this process take a turn or two.
    await until(SETTLE_MS, '', () => findNew().length === 0).catch(() => undefined);
    t.same(findNew(), [], 'the descriptors are back to before');
    t.equal(packetMemory.allocated, this.#memory, 'no packet memory is held');
    t.equal(countTimers(), this.#timers, 'no timer is left');
  }
}

function isWithin(count: number, least: number, more: number): boolean {
  return count >= least && count <= least + more;
}

function isQuiet(stats: StackStats): boolean {
  const { connections, listeners, deadlines, heldPorts, keepingAlive } = stats;
  return connections + listeners + deadlines + heldPorts + keepingAlive === 0;
}

/** The sockets that this process has open, as the kernel names them. */
export function listSockets(): string[] {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // the descriptor of the folder itself
    }
  });
  return links.filter((one) => one.startsWith('socket:')).sort();
}

/** Timers that keep the process alive. */
function countTimers(): number {
  return process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
}

function pick<T, K extends keyof T>(source: T, names: readonly K[]): Partial<T> {
  return Object.fromEntries(names.map((name) => [name, source[name]])) as unknown as Partial<T>;
}

function zeros(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, 0]));
}
