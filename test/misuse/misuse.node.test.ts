// Wrong calls of everything public: each function has a valid call to start from, and a sample of the wrong ones is answered well. All of
// them: `npm run misuse`.
import { expect, it } from 'vitest';
import { PATIENCE } from '../support/patience.ts';
import { makeCalls, type Outcome } from './calls.js';
import { validCall } from './judge.js';
import { table } from './table.js';
import { publicFunctions } from './types.js';

const SHARE = 0.006;

const functions = publicFunctions().filter(({ parameters }) => parameters.length > 0);

it('every public function has a row, and each row is of one', () => {
  const names = functions.map(({ name }) => name);
  expect(Object.keys(table).sort()).toEqual(names.sort());
});

it.each(functions)('$name answers the valid calls', async (of) => {
  for (const row of table[of.name]!.keys()) await validCall(of, row);
});

it('a sample of wrong calls is answered rightly, or by a BpttError that names the argument', async () => {
  let calls = 0;
  const wrong: Outcome[] = [];
  await makeCalls(functions, { share: SHARE, seed: 1, patience: PATIENCE / 1000 }, (outcome) => {
    calls++;
    if (outcome.answer !== 'right' && outcome.answer !== 'refused') wrong.push(outcome);
  });
  expect(wrong).toEqual([]);
  expect(calls).toBeGreaterThan(300);
});
