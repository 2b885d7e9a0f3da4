// What is kept of a training for its chart.
import { describe, expect, it } from 'vitest';
import { History } from '../../../src/cli/report/history.ts';
import { step } from '../../support/step-event.ts';

describe('the history', () => {
  it('keeps the mean of everything, however long the training is', () => {
    const history = new History();
    const n = 12_345;
    for (let i = 1; i <= n; i++) history.step(step(i, i));
    expect(history.points.length).toBeLessThanOrEqual(1000);
    expect(history.points.length).toBeGreaterThan(500);
    expect(history.points.at(-1)!.step).toBe(n);
    const size = history.points[0]!.step;
    const whole = history.points.slice(0, -1);
    expect(whole.every((point, index) => point.step === size * (index + 1))).toBe(true);
    for (const { step, loss, gradientNorm } of whole) {
      expect(loss).toBeCloseTo(step - (size - 1) / 2, 6);
      expect(gradientNorm).toBeCloseTo(loss / 2, 6);
    }
  });
});
