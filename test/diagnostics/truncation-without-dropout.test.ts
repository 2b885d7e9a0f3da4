// truncationError of a model with dropout: what differs is the truncation, and not the masks.
import { expect, it } from 'vitest';
import { truncationError } from '../../src/diagnostics/index.ts';
import { createModel, dense, dropout, elman, tokens } from '../../src/index.ts';

it('is none where windows reach as far back as the whole', async () => {
  const model = await createModel(
    [
      tokens(4),
      elman({ units: 6, recurrentDropout: 0.3 }),
      dropout({ rate: 0.4, variational: true }),
      dense({ units: 4 }),
    ],
    { seed: 1, dtype: 'f64' },
  );
  const steps = 30;
  const inputs = Int32Array.from({ length: steps }, (_, i) => (i * 7) % 4);
  const batch = { steps, rows: 1, inputs, targets: inputs.map((token) => (token + 1) % 4) };
  const [short, whole] = await truncationError(model, batch, { loss: 'cross-entropy', k2: [1, steps] });
  expect(short!.degrees).toBeGreaterThan(0.1);
  expect(whole!.degrees).toBeLessThan(1e-5);
  expect(whole!.normRatio).toBeCloseTo(1, 12);
});
