// revectorize(): the same bits in a Node that has it, an error that says so where there is none.
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { programOf } from '../support/engine-program.ts';

const program = `
  const { createModel, dense, elman, lstm, tokens, train, adam } = await import('bptt');
  const { revectorize } = await import('bptt/node');
  if (process.argv.includes('on')) revectorize();
  const model = await createModel([tokens(5), lstm({ units: 33 }), elman({ units: 17 }), dense({ units: 5 })], { seed: 2 });
  const ids = Int32Array.from({ length: 7 * 9 }, (_, i) => (i * 13 + (i >> 2)) % 5);
  const data = [{ steps: 7, rows: 9, inputs: ids, targets: ids }];
  for await (const _ of train(model, { data, loss: 'cross-entropy', optimizer: adam(), steps: 20 }));
  const bytes = new Uint8Array(await new Blob(model.parameters().map(({ data }) => data)).arrayBuffer());
  console.log(Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex'));
  if (process.argv.includes('late')) revectorize();
`;

const run = (node: string, ...words: string[]) =>
  spawnSync(node, ['--input-type=module', '--eval', program, '--', ...words], { encoding: 'utf8' }) as {
    stdout: string;
    stderr: string;
  };

it.for(['22', '24', '26'])('Node %s', (major, { skip }) => {
  const node = programOf(`node-${major}`, skip);
  const paired = run(node, 'on');
  if (major === '22') {
    expect(paired.stderr).toContain('revectorize: expected Node 24 or later, got Node 22');
    return;
  }
  const plain = run(node, 'late');
  expect(plain.stdout.trim(), plain.stderr).toMatch(/^[0-9a-f]{64}$/);
  expect(paired.stdout, paired.stderr).toBe(plain.stdout);
  expect(plain.stderr).toContain('revectorize: expected to be called before the first model');
});
