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
 * Cells with loss that are below the anchor, as [row, column]. smoltcp answers a loss by no
 * reduction at all; from 1 % on the last row of the anchors is above what CUBIC's response function
 * allows, or as high (the row of theory in the table).
 */
const BELOW: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  cubic: [
    [3, 2],
    [3, 3],
    [3, 4],
  ],
  bbr: [],
};

t.test('the table is what the engine gives now: else npm run golden', (t) => {
  for (const [name, row, column] of SAMPLE) {
    const grid = parseGrid(name, text);
    const now = runCell(name, BUFFERS[row], LOSSES[column]);
    t.equal(now, grid?.[row][column], `${name}, ${BUFFERS[row]} bytes, ${LOSSES[column]}`);
  }
  t.end();
});

for (const [name, below] of Object.entries(BELOW)) {
  t.test(`${name} beats the anchors wherever there is loss, at 20 % and 30 % by 2`, (t) => {
    const grid = parseGrid(name, text)!;
    for (const [row, anchors] of ANCHORS.entries()) {
      for (const [column, anchor] of anchors.entries()) {
        if (column === 0 || below.some(([r, c]) => r === row && c === column)) continue;
        const factor = LOSSES[column] >= 0.2 ? 2 : 1;
        const cell = `${BUFFERS[row]} bytes, ${LOSSES[column] * 100} %`;
        t.ok(grid[row][column] > factor * anchor, `${cell}: ${grid[row][column]}, not ${anchor}`);
      }
    }
    t.end();
  });
}

t.test('without loss the default is level with the anchors', (t) => {
  const grid = parseGrid('cubic', text)!;
  for (const [row, anchors] of ANCHORS.entries()) t.ok(grid[row][0] > 0.99 * anchors[0]);
  t.end();
});
