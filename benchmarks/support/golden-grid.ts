/**
 * The golden grid: what one flow carries one way at a round trip of 100 ms, by buffer and loss.
 *
 * As in smoltcp's simulation (tests/netsim.rs): 10 MiB, both buffers of both ends of the same size,
 * no limit to the rate, packets of 1,500 bytes, each lost by chance in either direction, ACKs and
 * handshake included. A cell is the median of five seeds; everything is in virtual time, so a cell
 * is the same number on every machine.
 */
import { BulkFlow } from '../../lib/sim/bulk-flow';
import { simulate } from '../../lib/sim/network';

export const BUFFERS = [4096, 8192, 16_384, 32_768] as const;
export const LOSSES = [0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3] as const;

/** What smoltcp, which had no congestion control there, carried: bytes a second. */
export const ANCHORS: readonly (readonly number[])[] = [
  [35_062, 33_860, 26_937, 21_887, 14_074, 7871, 1604, 402],
  [77_374, 72_992, 58_491, 46_528, 29_421, 15_515, 3737, 711],
  [161_842, 159_311, 127_091, 104_233, 55_319, 27_269, 7655, 1277],
  [322_945, 314_780, 219_671, 166_588, 76_627, 37_775, 6079, 1156],
];

const BYTES = 10 * 1024 * 1024;
const ONE_WAY_MS = 50;
/** Text in a full segment with timestamps. */
const SEGMENT_BYTES = 1448;
const SEEDS = [1, 2, 3, 4, 5];

/** Bytes a second, rounded. @throws Error where a connection died */
export function runCell(congestionControl: string, buffer: number, loss: number): number {
  const rates = SEEDS.map((seed) => runOnce(congestionControl, buffer, loss, seed));
  rates.sort((a, b) => a - b);
  return Math.round(rates[SEEDS.length >> 1]);
}

/** The whole grid, a row a buffer. */
export function runGrid(congestionControl: string): number[][] {
  return BUFFERS.map((buffer) => LOSSES.map((loss) => runCell(congestionControl, buffer, loss)));
}

/** A row a buffer: what was carried, and by how much it beats the anchor. */
export function formatGrid(name: string, grid: readonly (readonly number[])[]): string {
  const losses = LOSSES.map((loss) => `${loss * 100} %`.padStart(15)).join('');
  const lines = [`${name.padEnd(8)}${losses}`];
  BUFFERS.forEach((buffer, row) => {
    const cells = grid[row].map((rate, column) => {
      const ratio = (rate / ANCHORS[row][column]).toFixed(2);
      return `${rate} x${ratio.padStart(5)}`.padStart(15);
    });
    lines.push(`${String(buffer).padEnd(8)}${cells.join('')}`);
  });
  return `${lines.join('\n')}\n`;
}

/**
 * What the response functions of the window allow at each loss, whatever the buffer: bytes a second
 * of the mean window in segments, Reno's √(3/2p) (RFC 5681, RFC 3649 §3) or CUBIC's (RFC 9438 §5.1)
 * where that is more. They know of no timeouts, so at 5 % and more less is to be expected. A
 * controller that takes loss for congestion cannot carry more, unless the window grows beyond what
 * is used of it.
 */
export function formatTheory(name: string): string {
  const roundTrip = (2 * ONE_WAY_MS) / 1000;
  const cells = LOSSES.map((loss) => {
    const reno = Math.sqrt(1.5 / loss);
    const cubic = 1.054 * (roundTrip / loss) ** 0.75;
    const segments = name === 'reno' ? reno : Math.max(reno, cubic);
    const rate = (segments * SEGMENT_BYTES) / roundTrip;
    return (loss === 0 ? '-' : `${Math.round(rate)}`).padStart(8).padEnd(15);
  });
  return `${'theory'.padEnd(8)}${cells.join('').trimEnd()}\n`;
}

/** What `formatGrid` wrote of one controller; null: nothing. */
export function parseGrid(name: string, text: string): number[][] | null {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.startsWith(`${name} `) && line.includes('%'));
  if (at === -1) return null;
  return lines
    .slice(at + 1, at + 1 + BUFFERS.length)
    .map((line) => [...line.matchAll(/(\d+) x/g)].map((match) => Number(match[1])));
}

function runOnce(congestionControl: string, buffer: number, loss: number, seed: number): number {
  const tcp = {
    congestionControl,
    sendBufferBytes: buffer,
    receiveBufferBytes: buffer,
    sendBufferMaxBytes: buffer,
    receiveBufferMaxBytes: buffer,
    // smoltcp never gives up, and half of all round trips fail in the last column.
    dataTimeoutMs: Infinity,
  };
  const { clock, hosts, close } = simulate({
    seed,
    hosts: { sender: { address: '10.0.0.1', tcp }, receiver: { address: '10.0.0.2', tcp } },
    links: [{ between: ['sender', 'receiver'], delayMs: ONE_WAY_MS, loss }],
  });
  const flow = new BulkFlow({ from: hosts.sender, to: hosts.receiver, bytes: BYTES });
  clock.run(() => flow.isOver);
  const rate = (flow.received / clock.now()) * 1000;
  close();
  if (flow.error !== null) throw new Error(`seed ${seed} died of ${flow.error}`);
  return rate;
}
