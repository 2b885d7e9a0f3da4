// One copy in f64 for all diagnostics of a model: the same figures as with a copy each, and no model or network made anew.
import { expect, it, vi } from 'vitest';
import { lookInside } from '../../src/cli/report/flow.ts';
import { sharedCopy } from '../../src/diagnostics/copy.ts';
import {
  connectivity,
  gradientByLag,
  hiddenStates,
  jacobians,
  lyapunovExponents,
  saturation,
  truncationError,
} from '../../src/diagnostics/index.ts';
import { createModel, dense, lstm, type Model, tokens } from '../../src/index.ts';
import { instantiate } from '../../src/wasm/load.ts';

vi.mock('../../src/wasm/load.ts', { spy: true });

const create = () => createModel([tokens(7), lstm({ units: 5 }), dense({ units: 7 })], { seed: 2 });
const ids = Int32Array.from({ length: 25 }, (_, i) => (i * i + (i >> 2)) % 7);
const batch = { steps: 24, rows: 1, inputs: ids.subarray(0, 24), targets: ids.subarray(1) };
const loss = 'cross-entropy' as const;

const all = async (model: Model) => [
  await hiddenStates(model, batch),
  await jacobians(model, batch),
  await gradientByLag(model, batch, { loss }),
  await truncationError(model, batch, { loss, k2: [1, 4, 24] }),
  await saturation(model, batch),
  await lyapunovExponents(model, batch),
  await connectivity(model, batch),
];

it('gives the figures of a copy each, also a second time, and grows no further', async () => {
  const model = await create();
  const expected = await all(model);
  const copy = await sharedCopy(model);
  expect(await all(copy)).toEqual(expected);
  const { bytes } = copy.network.arena;
  for (let again = 0; again < 3; again++) expect(await all(copy)).toEqual(expected);
  expect(copy.network.arena.bytes).toBe(bytes);
});

it('is all that bptt inspect makes, beside a network of the layer that it looks at', async () => {
  const model = await create();
  const made = vi.mocked(instantiate);
  made.mockClear();
  await lookInside(model, ids, Array.from(ids, String), 0);
  expect(made).toHaveBeenCalledTimes(2);
});
