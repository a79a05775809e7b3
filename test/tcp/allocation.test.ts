/** The hot path allocates nothing but payload: more than 200,000 segments each way, each kind in a process of its own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';

/** What the slab, its piece and, where its place is new, the view of the copied text come to. */
const SHARE_BYTES = 12;

interface Outcome {
  /** Of the heap, for each segment. */
  bytes: number;
  segmentsIn: number;
  segmentsOut: number;
  acksOut: number;
  bytesReceived: number;
  bytesRead: number;
  repetitions: number;
  textBytes: number;
}

/** V8 inlines by how things happen to run, on a busy machine sometimes otherwise: so, the best of. */
const ATTEMPTS = 4;

function measure(operation: string, limit = Number.POSITIVE_INFINITY): Outcome {
  let best = measureOnce(operation);
  for (let i = 1; i < ATTEMPTS && best.bytes >= limit; i++) {
    const outcome = measureOnce(operation);
    if (outcome.bytes < best.bytes) best = outcome;
  }
  return best;
}

function measureOnce(operation: string): Outcome {
  const program = join(__dirname, 'allocation.ts');
  const args = ['--import=tsx', program, operation];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const outcome = JSON.parse(stdout) as Outcome;
  t.comment(`${operation}: ${outcome.bytes.toFixed(2)} bytes a segment`);
  return outcome;
}

t.test('an ACK, and the segment that it acknowledges, cost less than a byte', (t) => {
  const { bytes, segmentsOut, acksOut, repetitions } = measure('send', 1);
  t.ok(bytes < 1, `${bytes} bytes`);
  t.ok(segmentsOut > 200_000);
  t.equal(acksOut, 0, 'nothing but text was sent');
  t.equal(repetitions, 0);
  t.end();
});

t.test('a segment received, its ACK and its reading cost a share of the slab', (t) => {
  const outcome = measure('receive', SHARE_BYTES);
  const { bytes, segmentsIn, acksOut, bytesReceived, bytesRead, textBytes } = outcome;
  t.ok(bytes < SHARE_BYTES, `${bytes} bytes`);
  t.ok(segmentsIn > 200_000);
  t.equal(bytesReceived, segmentsIn * textBytes);
  t.ok(bytesReceived - bytesRead < 32 * textBytes, 'all was read');
  t.ok(Math.abs(acksOut - segmentsIn / 2) < 10, 'every second segment was acknowledged');
  t.end();
});

t.test('without the copy they cost less than a byte', (t) => {
  const { bytes, bytesRead, textBytes } = measure('receiveWithoutCopy', 1);
  t.ok(bytes < 1, `${bytes} bytes`);
  t.ok(bytesRead > 200_000 * textBytes);
  t.end();
});

t.test('the measurement notices a number that is boxed', (t) => {
  const { bytes } = measure('wasteful', 32);
  t.ok(bytes >= 12 && bytes < 32, `${bytes} bytes`);
  t.end();
});
