import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { generateChecksumModule } from '../../scripts/build-wasm';

const FILE = join(__dirname, '..', '..', 'lib', 'wire', 'checksum-module.ts');

t.test('the committed module is what checksum.wat assembles to', async (t) => {
  t.equal(readFileSync(FILE, 'utf8'), await generateChecksumModule());
});
