/**
 * What does one flow carry under loss, at every buffer size, and does it beat the anchors?
 *
 * `npm run golden` runs the grid of each controller in virtual time, prints it, and writes
 * `throughput.golden.txt`, whose change shows in the diff of whatever changed it.
 */
import { writeFileSync } from 'node:fs';
import { ANCHORS, formatGrid, formatTheory, runGrid } from './support/golden-grid';

const FILE = 'throughput.golden.txt';
const HEADING = `One flow of 10 MiB one way, 100 ms round trip, virtual time: bytes a second, and the ratio
to smoltcp's own grid (which has no congestion control). Buffer sizes of both ends down,
chance of each packet to be lost in either direction across. Median of five seeds. Theory: what
a controller's response to loss allows whatever the buffer, timeouts left out.
Written by \`npm run golden\`.
`;

const names = process.argv.length > 2 ? process.argv.slice(2) : ['cubic', 'bbr', 'reno'];
const parts = [HEADING];
for (const name of names) {
  const started = process.hrtime.bigint();
  const part = formatGrid(name, runGrid(name));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(`${part}(${seconds.toFixed(1)} s)\n`);
  parts.push(name === 'bbr' ? part : part + formatTheory(name));
}
parts.push(formatGrid('smoltcp', ANCHORS));
if (process.argv.length === 2) writeFileSync(FILE, parts.join('\n'));
