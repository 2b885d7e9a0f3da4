// Wrong calls of everything public: each function has a valid call to start from, and a sample of the wrong ones is answered well. All of
// them: `npm run misuse`.
import { expect, it } from 'vitest';
import { PATIENCE } from '../support/patience.ts';
import { makeCalls, type Outcome } from './calls.js';
import { judge, validCall, wrongCalls } from './judge.js';
import { table } from './table.js';
import { type PublicFunction, publicFunctions } from './types.js';

const SHARE = 0.006;

const functions = publicFunctions().filter(({ parameters }) => parameters.length > 0);

it('every public function has a row, and each row is of one', () => {
  const names = functions.map(({ name }) => name);
  expect(Object.keys(table).sort()).toEqual(names.sort());
});

it.each(functions)('$name answers the valid calls', async (of) => {
  for (const row of table[of.name]!.keys()) await validCall(of, row);
});

it.each(['accepted', 'foreign', 'unnamed', 'refused'] as const)('sees a wrong call that is %s', async (answer) => {
  const of: PublicFunction = {
    name: `answers.${answer}`,
    entry: 'test/misuse/answers.js',
    path: [answer],
    kind: 'function',
    parameters: [{ name: 'count', optional: false, rest: false, shape: { kind: 'primitive', name: 'number' } }],
  };
  Object.assign(table, { [of.name]: [() => ({ args: [3] })] });
  try {
    const call = (await wrongCalls(of)).find(({ value }) => value === 'null')!;
    expect(await judge(of, call)).toMatchObject({ answer });
  } finally {
    Reflect.deleteProperty(table, of.name);
  }
});

it('a sample of wrong calls, some of each function, is answered rightly, or by a BpttError that names the argument', async () => {
  let calls = 0;
  const called = new Set<string>();
  const wrong: Outcome[] = [];
  await makeCalls(functions, { share: SHARE, seed: 1, patience: PATIENCE / 1000 }, (outcome) => {
    calls++;
    called.add(outcome.name);
    if (outcome.answer !== 'right' && outcome.answer !== 'refused') wrong.push(outcome);
  });
  expect(wrong).toEqual([]);
  expect(calls).toBeGreaterThan(300);
  const withRows = functions.filter(({ name }) => table[name]!.length > 0);
  expect([...called].sort()).toEqual(withRows.map(({ name }) => name).sort());
});
