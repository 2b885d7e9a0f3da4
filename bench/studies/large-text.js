// Trains on a text file that is larger than memory should be: 2 GB by default.
//   node bench/studies/large-text.js [--gigabytes 2] [--steps 200]
// Prints the time to find the characters of the file, the speed of training, and the most memory that the process had.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { adam, createModel, dense, lstm, tokens, train } from 'bptt';
import { fileCharacters, textFile } from 'bptt/node';

const { values } = parseArgs({
  options: { gigabytes: { type: 'string', default: '2' }, steps: { type: 'string', default: '200' } },
});
const LIMIT = 300; // MB
const bytes = Number(values.gigabytes) * 1e9;
const directory = mkdtempSync(join(tmpdir(), 'bptt-large-'));
const path = join(directory, 'text.txt');
try {
  const book = readFileSync(new URL('../../src/cli/moby-dick.txt', import.meta.url));
  for (let size = 0; size < bytes; size += book.length) appendFileSync(path, book);
  console.log(`${(statSync(path).size / 1e9).toFixed(2)} GB of text`);

  let begin = performance.now();
  const vocabulary = await fileCharacters(path);
  console.log(`${vocabulary.size} characters found in ${((performance.now() - begin) / 1000).toFixed(1)} s`);

  const model = await createModel([tokens(vocabulary.size), lstm({ units: 128 }), dense({ units: vocabulary.size })]);
  begin = performance.now();
  let seconds = 0;
  for await (const event of train(model, {
    data: await textFile(path, { vocabulary, batch: 32, to: 0.999 }),
    validation: await textFile(path, { vocabulary, batch: 32, from: 0.9999 }),
    loss: 'cross-entropy',
    truncation: { k1: 50, k2: 50 },
    optimizer: adam({ learningRate: 2e-3 }),
    clip: { norm: 5 },
    steps: Number(values.steps),
  })) {
    if (event.type === 'step') seconds = (performance.now() - begin) / 1000;
    if (event.type === 'step' && event.step % 50 === 0)
      console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
    if (event.type === 'validation') console.log(`validation ${event.loss.toFixed(3)}`);
  }
  const most = process.resourceUsage().maxRSS / 1024;
  console.log(`${values.steps} updates in ${seconds.toFixed(1)} s`);
  console.log(
    `memory of the process: ${most.toFixed(0)} MB at most (limit ${LIMIT}) ${most <= LIMIT ? 'met' : 'NOT MET'}`,
  );
  process.exitCode = most <= LIMIT ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true });
}
