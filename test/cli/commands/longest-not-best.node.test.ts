// A model that was trained longest and is not the best: the command says which was, and what keeps it.
import { writeFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { at, events, run } from '../../support/cli-program.ts';

// What is validated is the opposite of what is learned.
const flags = [
  ...['--cell', 'elman', '--embedding', '0', '--dropout', '0', '--recurrent-dropout', '0'],
  ...['--average', '0', '--schedule', 'linear'],
  '--hidden',
  '8',
  '--batch',
  '4',
  '--k1',
  '10',
  '--length',
  '0',
  '--learning-rate',
  '0.02',
  '--steps',
  '120',
];
beforeAll(() => writeFile(at('turns.txt'), `${'abcd'.repeat(300)}${'dcba'.repeat(40)}`));

test('it is said at the end, with the step, the loss and the flag', async () => {
  const { stdout, code } = await run('train', at('turns.txt'), ...flags, '--out', at('longest.safetensors'));
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /\nthe validation at step \d+ was better: \d\.\d{3} nats, \d\.\d{3} bits per character; --early-stopping keeps the model of the best\n$/,
  );
});

test('and in JSON, and not where the best is kept', async () => {
  const json = [...flags, '--json', '--out'];
  const seen = events(await run('train', at('turns.txt'), ...json, at('longest-json.safetensors')));
  const validations = seen.filter(({ type }) => type === 'validation');
  const loss = Math.min(...validations.map((event) => event.loss as number));
  const { step } = validations.find((event) => event.loss === loss)!;
  expect(seen.at(-1)).toMatchObject({ type: 'end', lowest: { step, loss } });
  const best = events(await run('train', at('turns.txt'), '--early-stopping', '3', ...json, at('best.safetensors')));
  expect(best.at(-1)).toMatchObject({ type: 'end', reason: 'early-stopping' });
  expect(best.at(-1)).not.toHaveProperty('lowest');
});
