// What is chosen where no flag says it: a pure function of the text, the flags and the speed.
import { describe, expect, it } from 'vitest';
import { choose } from '../../../src/cli/flags/choose.ts';
import { type TrainValues, trainFlags } from '../../../src/cli/flags/train-flags.ts';
import { bytes } from '../../../src/tokenizers/index.ts';

const defaults = Object.fromEntries(
  Object.entries(trainFlags).map(([name, flag]) => [name, flag.default]),
) as unknown as TrainValues;

/** Products a second that two cores of today bring. */
const SPEED = 4e10;

function chosenFor(tokens: number, given: Partial<TrainValues> = {}, products: number | null = SPEED) {
  const values = { ...defaults, ...(products !== null && { minutes: 5 }), ...given };
  return choose({
    values,
    given: (name) => name in given,
    corpus: { tokens, vocabulary: bytes() },
    ...(products !== null && { speed: { products } }),
  }).values;
}

describe('choose', () => {
  it('drops much of short texts, little of long ones', () => {
    const [short, long, huge] = [150_000, 1_100_000, 30_000_000].map((tokens) => chosenFor(tokens));
    expect(short).toMatchObject({
      cell: 'gru',
      dropout: 0.5,
      recurrentDropout: 0.4,
      batch: 16,
      k1: 50,
    });
    expect(long!.dropout).toBeLessThan(0.5);
    expect(huge!.dropout).toBeLessThan(long!.dropout!);
    expect(short).toMatchObject({
      schedule: 'cosine',
      variationalDropout: true,
      earlyStopping: 5,
    });
  });

  it('spends more time on width, and keeps to it', () => {
    const widths = [SPEED / 100, SPEED / 10, SPEED].map((products) => chosenFor(150_000, {}, products).hidden!);
    expect(widths).toEqual([...widths].sort((a, b) => a - b));
    expect(widths[2]).toBeGreaterThan(widths[0]!);
    for (const products of [SPEED / 100, SPEED]) {
      const { hidden, embedding, steps, batch, k1 } = chosenFor(150_000, {}, products);
      // Three gates, what they read, and 256 classes.
      const weights = 3 * hidden! * (hidden! + embedding! + 2) + 257 * hidden!;
      const seconds = (3 * weights * steps! * batch! * k1!) / products;
      expect(seconds).toBeLessThanOrEqual(300 * 0.86);
    }
  });

  it('takes what was given, and chooses the rest for it', () => {
    const chosen = chosenFor(150_000, { hidden: 100, dropout: 0, epochs: 3 });
    for (const name of ['hidden', 'dropout', 'epochs', 'steps']) expect(chosen).not.toHaveProperty(name);
    expect(chosen.variationalDropout).toBe(false);
    expect(chosenFor(150_000, { initializer: 'irnn', activation: 'relu' }).cell).toBe('elman');
  });

  it('needs no clock where updates are counted', () => {
    const chosen = chosenFor(150_000, { steps: 100 }, null);
    expect(chosen).not.toHaveProperty('minutes');
    expect(chosen.hidden).toBeLessThanOrEqual(256);
  });

  it('fits the shortest texts', () => {
    expect(chosenFor(5)).toMatchObject({ batch: 1, hidden: 64 });
  });
});
