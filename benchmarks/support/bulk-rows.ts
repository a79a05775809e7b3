/** Bulk transfers of several nets against one kernel peer, measured in turn, and their ratios. */
import { type BulkResult, bulkIn, bulkOut, type NetLike } from './bulk-transfer';
import { printRatio, printRow, spreadOf } from './report';

export interface BulkRow {
  name: string;
  net: NetLike;
  host: string;
  out: BulkResult[];
  into: BulkResult[];
  /** Is it only a sender? */
  sendsOnly: boolean;
}

/** What the peer listens on: `sink` reads, `source` sends. */
export interface PeerPorts {
  sink: number;
  source: number;
}

export function bulkRow(name: string, net: NetLike, host: string, sendsOnly = false): BulkRow {
  return { name, net, host, out: [], into: [], sendsOnly };
}

/** One after the other, again and again, so that whatever else the machine does meets them all. */
export async function measureRows(
  rows: readonly BulkRow[],
  ports: PeerPorts,
  samples: number,
  writeBytes: number,
  durationMs: number,
): Promise<void> {
  for (let i = 0; i < samples; i++) {
    for (const { net, host, out, into, sendsOnly } of rows) {
      out.push(await bulkOut(net, ports.sink, writeBytes, durationMs, host));
      if (!sendsOnly) into.push(await bulkIn(net, ports.source, durationMs, host));
    }
  }
}

/** Speeds, ratios to the first row, and what each byte cost. */
export function reportRows(all: readonly BulkRow[]): void {
  for (const [direction, words] of [
    ['out', 'to the kernel'],
    ['into', 'from the kernel'],
  ] as const) {
    const rows = all.filter((one) => one[direction].length > 0);
    const speeds = rows.map((one) => spreadOf(one[direction].map(({ gbits }) => gbits)));
    rows.forEach(({ name }, i) => {
      printRow(`${name}, ${words}`, speeds[i], 'Gbit/s');
    });
    rows.slice(1).forEach(({ name }, i) => {
      printRatio(`${name} / ${rows[0].name}, ${words}`, speeds[i + 1], speeds[0]);
    });
    for (const one of rows) {
      const cpu = spreadOf(one[direction].map(({ cpuSecondsPerGB }) => cpuSecondsPerGB));
      printRow(`${one.name}, ${words}`, cpu, 'CPU-s/GB', 3);
    }
  }
}
