/** The committed table of throughput is what the engine gives now, and beats the anchors. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ANCHORS, BUFFERS, LOSSES, parseGrid, runCell } from '../../benchmarks/support/golden-grid';

const text = readFileSync(join(__dirname, '../../throughput.golden.txt'), 'utf8');

/** [controller, row, column] of the cells that are run anew; `npm run golden` runs them all. */
const SAMPLE: readonly (readonly [string, number, number])[] = [
  ['cubic', 3, 0],
  ['cubic', 2, 4],
  ['reno', 1, 5],
  ['bbr', 3, 2],
];

/**
 * Cells below the anchor, as [row, column]: at 0.1 % BBR's pacing leaves a tenth of the window
 * unused, and smoltcp, without congestion control, answers a loss by no reduction at all.
 */
const BELOW: readonly (readonly [number, number])[] = [
  [2, 1],
  [3, 1],
];

t.test('the table is what the engine gives now: else npm run golden', (t) => {
  for (const [name, row, column] of SAMPLE) {
    const grid = parseGrid(name, text);
    const now = runCell(name, BUFFERS[row], LOSSES[column]);
    t.equal(now, grid?.[row][column], `${name}, ${BUFFERS[row]} bytes, ${LOSSES[column]}`);
  }
  t.end();
});

t.test('bbr beats the anchors wherever 1 % or more is lost, at 20 % and 30 % by 2', (t) => {
  const grid = parseGrid('bbr', text)!;
  for (const [row, anchors] of ANCHORS.entries()) {
    for (const [column, anchor] of anchors.entries()) {
      if (column === 0 || BELOW.some(([r, c]) => r === row && c === column)) continue;
      const factor = LOSSES[column] >= 0.2 ? 2 : 1;
      const cell = `${BUFFERS[row]} bytes, ${LOSSES[column] * 100} %`;
      t.ok(grid[row][column] > factor * anchor, `${cell}: ${grid[row][column]}, not ${anchor}`);
    }
  }
  t.end();
});

t.test('without loss the default is level with the anchors', (t) => {
  const grid = parseGrid('cubic', text)!;
  for (const [row, anchors] of ANCHORS.entries()) t.ok(grid[row][0] > 0.99 * anchors[0]);
  t.end();
});
