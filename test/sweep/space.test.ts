import { describe, expect, it } from 'vitest';
import { choice, createStudy, float, int, type Parameter, random, type SearchSpace } from '../../src/sweep/index.ts';
import { atFraction, sizeOf } from '../../src/sweep/space.ts';

const values = (parameter: Parameter, parts: number) =>
  Array.from({ length: parts }, (_, i) => atFraction(parameter, (i + 0.5) / parts));

describe('parameters', () => {
  it('give each whole number, and each choice, the same share', () => {
    expect(values(int({ min: -1, max: 2 }), 8)).toEqual([-1, -1, 0, 0, 1, 1, 2, 2]);
    expect(values(int({ min: 0, max: 7, step: 3 }), 3)).toEqual([0, 3, 6]);
    expect(values(choice({ values: ['a', true, 3] }), 3)).toEqual(['a', true, 3]);
    expect(sizeOf(int({ min: 0, max: 7, step: 3 }))).toBe(3);
  });

  it('give equal ratios the same share on a logarithmic scale', () => {
    const [first, middle, last] = values(float({ min: 1e-4, max: 1, scale: 'log' }), 3) as number[];
    expect(middle! / first!).toBeCloseTo(last! / middle!, 9);
    const whole = values(int({ min: 1, max: 100, scale: 'log' }), 1000) as number[];
    expect(whole.filter((value) => value <= 10).length / 1000).toBeCloseTo(
      Math.log(10.5 / 0.5) / Math.log(100.5 / 0.5),
      2,
    );
    expect([Math.min(...whole), Math.max(...whole)]).toEqual([1, 100]);
  });

  it('never leave their range', () => {
    const parameter = float({ min: 0.1, max: 0.3, scale: 'log' });
    expect(atFraction(parameter, 0)).toBeGreaterThanOrEqual(0.1);
    expect(atFraction(parameter, 1 - 2 ** -53)).toBeLessThanOrEqual(0.3);
  });

  it('count where their conditions hold, and those of their conditions', () => {
    const space = {
      cell: choice({ values: ['elman', 'gru', 'lstm'] }),
      layers: int({ min: 1, max: 2, when: { cell: ['gru', 'lstm'] } }),
      bridge: choice({ values: [true, false], when: { cell: 'lstm', layers: 2 } }),
      deep: float({ min: 0, max: 1, when: { bridge: true } }),
    };
    const study = createStudy({ space, sampler: random(), trials: 60 });
    const names = new Set<string>();
    for (let trial = study.ask(); trial !== undefined; trial = study.ask()) {
      names.add(`${trial.parameters.cell}: ${Object.keys(trial.parameters).join(' ')}`);
      study.tell(trial.number, 0);
    }
    expect([...names].sort()).toEqual([
      'elman: cell',
      'gru: cell layers',
      'lstm: cell layers',
      'lstm: cell layers bridge',
      'lstm: cell layers bridge deep',
    ]);
  });
});

describe('a space is refused', () => {
  const refused: readonly (readonly [string, () => unknown, string])[] = [
    ['with an empty range', () => float({ min: 1, max: 1 }), 'float.max: expected a number above min, 1, got 1'],
    [
      'with a log of 0',
      () => float({ min: 0, max: 1, scale: 'log' }),
      'float.min: expected a number above 0 with the scale "log", got 0',
    ],
    [
      'with a log of whole numbers below 1',
      () => int({ min: 0, max: 9, scale: 'log' }),
      'int.min: expected a number from 1 on with the scale "log", got 0',
    ],
    [
      'with a step and a log',
      () => int({ min: 1, max: 9, scale: 'log', step: 2 }),
      'int.step: expected 1 with the scale "log", got 2',
    ],
    [
      'with a range beyond numbers',
      () => float({ min: -1.7e308, max: 1.7e308 }),
      'float.max: expected a range with a finite width',
    ],
    [
      'with a value twice',
      () => choice({ values: [1, 2, 1] }),
      'choice.values[2]: expected each value once, got 1 again',
    ],
    [
      'with a value that is none',
      () => choice({ values: [null as never] }),
      'choice.values[0]: expected a string, a number, true or false, got null',
    ],
    ['with no values', () => choice({ values: [] }), 'choice.values: expected an array of values with at least one'],
    [
      'without parameters',
      () => createStudy({ space: {} }),
      'createStudy.space: expected an object with parameters by their names',
    ],
    [
      'with a name that is a number',
      () => createStudy({ space: { 1: float({ min: 0, max: 1 }) } }),
      'createStudy.space: expected names that begin with a letter',
    ],
    [
      'with a kind that is none',
      () => createStudy({ space: { x: { kind: 'real' } } as unknown as SearchSpace }),
      'createStudy.space.x.kind: expected one of "float", "int", "choice", got "real"',
    ],
    [
      'in plain data too',
      () => createStudy({ space: { x: { kind: 'float', min: 2, max: 1, scale: 'linear' } } }),
      'createStudy.space.x.max: expected a number above min',
    ],
    [
      'with a condition on what comes later',
      () => createStudy({ space: { x: float({ min: 0, max: 1, when: { y: 1 } }), y: choice({ values: [1] }) } }),
      'createStudy.space.x.when: expected parameters that stand before this one, got "y"',
    ],
    [
      'with a condition that never holds',
      () => createStudy({ space: { y: int({ min: 1, max: 3 }), x: float({ min: 0, max: 1, when: { y: [3, 4] } }) } }),
      'createStudy.space.x.when.y: expected values that y can have, got 4',
    ],
  ];
  it.each(refused)('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});
