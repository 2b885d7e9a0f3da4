// Pictures of forecasts and their errors.
import { describe, expect, test } from 'vitest';
import { plotErrorsAhead, plotForecast } from '../../src/plots/index.ts';

describe('plotForecast', () => {
  const times = Array.from({ length: 5 }, (_, day) => Date.UTC(2024, 1, 27 + day));

  test('has the history, the forecast and, where there is one, the interval', () => {
    const plain = plotForecast([1, 2, 3], [4, 5], { name: 'sold' });
    expect(plain).toContain('Forecast of sold');
    expect(plain).toContain('history');
    expect(plain).not.toContain('interval');
    const banded = plotForecast([1, 2, 3], [4, 5], { low: [3, 3], high: [5, 7], times });
    expect(banded).toContain('interval');
    expect(banded).toContain('time');
  });

  test.each([
    [[], [1], {}, 'got no history'],
    [[1], [], {}, 'got no forecast'],
    [[1], [2], { low: [1] }, 'expected low and high of the same rows, got 1 and none'],
    [[1], [2], { low: [1, 2], high: [1, 2] }, 'plotForecast.low: expected at most 1, got 2'],
    [[1], [2], { times: [1] }, 'plotForecast.times: expected 2 elements'],
  ])('refuses %j, %j with %j', (history, forecast, options, message) => {
    expect(() => plotForecast(history, forecast, options)).toThrow(message);
  });
});

test('plotErrorsAhead has a curve a forecaster, and refuses none', () => {
  const svg = plotErrorsAhead({ model: [1, 2], 'last value': [2, 3] });
  for (const name of ['model', 'last value', 'rows ahead']) expect(svg).toContain(name);
  expect(() => plotErrorsAhead({})).toThrow('expected curves by name, got none');
});
