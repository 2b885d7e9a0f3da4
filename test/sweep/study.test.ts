import { describe, expect, it } from 'vitest';
import { permutation } from '../../src/base/philox.ts';
import {
  type AskedTrial,
  choice,
  createStudy,
  float,
  grid,
  hyperband,
  int,
  median,
  type Outcome,
  quasiRandom,
  random,
  type Study,
  type StudyOptions,
  studyFromJson,
  successiveHalving,
} from '../../src/sweep/index.ts';

const space = {
  rate: float({ min: 1e-4, max: 1, scale: 'log' }),
  cell: choice({ values: ['gru', 'lstm'] }),
  dropout: float({ min: 0, max: 0.5, when: { cell: 'lstm' } }),
};

/** What a trial reports at each of ten steps. */
const valueAt = ({ parameters, number }: AskedTrial, step: number) =>
  Math.abs(Number(parameters.rate) - 0.1) + (parameters.cell === 'gru' ? 1 : 0) + 1 / step + (number % 3) / 100;

function outcomeOf(study: Study, trial: AskedTrial): Outcome {
  for (let step = 1; step <= 10; step++) if (study.report(trial.number, step, valueAt(trial, step))) return 'pruned';
  return trial.number % 7 === 6 ? 'failed' : valueAt(trial, 10);
}

function run(study: Study): Study {
  for (let trial = study.ask(); trial !== undefined; trial = study.ask())
    study.tell(trial.number, outcomeOf(study, trial));
  return study;
}

/** The same, with as many at a time as can be, that end in a random order. */
function runTogether(study: Study, seed: number): Study {
  while (!study.done) {
    const trials: AskedTrial[] = [];
    for (let trial = study.ask(); trial !== undefined; trial = study.ask()) trials.push(trial);
    const order = permutation(trials.length, seed, study.results.length);
    const outcomes = new Map([...order].map((i) => [trials[i]!.number, outcomeOf(study, trials[i]!)]));
    for (const i of permutation(trials.length, seed + 1, 0))
      study.tell(trials[i]!.number, outcomes.get(trials[i]!.number)!);
  }
  return study;
}

const kinds: Readonly<Record<string, Partial<StudyOptions>>> = {
  'tpe and median': { pruner: median({ startup: 2 }) },
  'tpe and successive halving': { pruner: successiveHalving({ minSteps: 2, factor: 2 }) },
  'random and hyperband': { sampler: random(), pruner: hyperband({ maxSteps: 10, factor: 2 }) },
  'quasi-random, in generations of 7': { sampler: quasiRandom(), pruner: median(), generation: 7 },
};

describe('a study', () => {
  it.each(Object.entries(kinds))(
    'has the same trials and the same winner in whatever order they end: %s',
    (_, options) => {
      const make = () => createStudy({ space, seed: 4, trials: 36, ...options });
      const one = run(make());
      expect(one.done).toBe(true);
      expect(one.results).toHaveLength(36);
      expect(one.results.map(({ state }) => state)).toEqual(expect.arrayContaining(['complete', 'pruned']));
      for (const seed of [1, 2, 3]) {
        const other = runTogether(make(), seed);
        expect(other.results).toEqual(one.results);
        expect(other.best).toEqual(one.best);
      }
    },
  );

  it('asks for no more trials at a time than a generation has, where results matter', () => {
    const study = createStudy({ space, generation: 3 });
    const asked = [study.ask(), study.ask(), study.ask()];
    expect(asked.map((trial) => trial?.number)).toEqual([0, 1, 2]);
    expect([study.ask(), study.done]).toEqual([undefined, false]);
    study.tell(1, 0.5);
    study.tell(0, 0.5);
    expect(study.ask()).toBeUndefined();
    study.tell(2, 'failed');
    expect(study.ask()?.number).toBe(3);
  });

  it('goes on from its JSON, and with more trials', () => {
    const whole = run(createStudy({ space, trials: 30, pruner: median() }));
    const half = run(createStudy({ space, trials: 14, pruner: median() }));
    const text = JSON.stringify(half);
    expect(run(studyFromJson(text)).results).toEqual(half.results);
    const { options, results } = JSON.parse(text);
    expect(run(studyFromJson({ options: { ...options, trials: 30 }, results })).results).toEqual(whole.results);
  });

  it('runs again what was running', () => {
    const study = createStudy({ space, trials: 8, sampler: random() });
    const [first, second] = [study.ask()!, study.ask()!];
    study.tell(second.number, 1);
    const again = studyFromJson(JSON.stringify(study));
    expect(again.ask()).toEqual(first);
    expect(again.ask()?.number).toBe(2);
  });

  it('ends when nothing has become better for long', () => {
    const study = createStudy({ space, sampler: random(), patience: 8, generation: 4 });
    for (let trial = study.ask(); trial !== undefined; trial = study.ask())
      study.tell(trial.number, trial.number === 5 ? 0 : 1);
    // The best is trial 5; 14 is the eighth after it, 16 the first of the next generation.
    expect(study.results).toHaveLength(16);
    expect(study.done).toBe(true);
  });

  it('says which is the best, of equal ones the first, and which are the best compromises', () => {
    const study = createStudy({
      space: { n: int({ min: 0, max: 4 }) },
      sampler: grid(),
      objectives: [{ direction: 'maximize' }, { direction: 'minimize' }],
    });
    const values = [
      [1, 1],
      [3, 3],
      [3, 4],
      [2, 1],
      [0, 0],
    ];
    for (let trial = study.ask(); trial !== undefined; trial = study.ask())
      study.tell(trial.number, values[trial.number]!);
    expect(study.best?.number).toBe(1);
    expect(study.front.map(({ number }) => number)).toEqual([1, 3, 4]);
    expect(study.done).toBe(true);
  });

  it('writes a table', () => {
    const study = createStudy({
      space: { cell: choice({ values: ['a,"b"', 'c'] }), x: int({ min: 1, max: 1e3, when: { cell: 'c' } }) },
      sampler: grid({ points: { x: 2 } }),
      pruner: median(),
    });
    study.ask();
    study.report(0, 10, 0.5);
    study.tell(0, 0.25);
    study.ask();
    study.tell(1, 'failed');
    expect(study.toCSV()).toBe('number,state,value,steps,cell,x\n0,complete,0.25,10,"a,""b""",\n1,failed,,,c,1\n');
  });
});

describe('a study refuses', () => {
  const asked = () => {
    const study = createStudy({ space: { x: float({ min: 0, max: 1 }) }, trials: 4, sampler: random() });
    study.ask();
    study.report(0, 5, 1);
    return study;
  };
  const result = { number: 1, parameters: { x: 0.5 }, state: 'complete', reports: [], values: [1] } as const;
  const refused: readonly (readonly [string, (study: Study) => unknown, string])[] = [
    [
      'a trial that was not asked for',
      (study) => study.tell(1, 1),
      'Study.tell(number): expected the number of a trial that was asked for and has not ended, got 1',
    ],
    [
      'a value that is not finite',
      (study) => study.tell(0, Number.NaN),
      'Study.tell(outcome).values[0]: expected a finite number, got NaN',
    ],
    [
      'two values of one objective',
      (study) => study.tell(0, [1, 2]),
      'Study.tell(outcome).values: expected 1 of a trial that is complete, got 2',
    ],
    [
      'a step that is not after the last',
      (study) => study.report(0, 5, 1),
      'Study.report(step): expected an integer >= 6, got 5',
    ],
    [
      'a report that is not finite',
      (study) => study.report(0, 6, Number.POSITIVE_INFINITY),
      'Study.report(value): expected a finite number, got Infinity',
    ],
    [
      'a result out of its range',
      (study) => study.add({ ...result, parameters: { x: 2 } }),
      'Study.add(result).parameters.x: expected a number from 0 to 1, got 2',
    ],
    [
      'a result of other parameters',
      (study) => study.add({ ...result, parameters: { x: 0, y: 1 } }),
      'Study.add(result).parameters: expected parameters of the space that count, got "y"',
    ],
    [
      'a result without parameters',
      (study) => study.add({ ...result, parameters: {} }),
      'Study.add(result).parameters: expected a value of x, got none',
    ],
    [
      'reports that do not ascend',
      (study) =>
        study.add({
          ...result,
          reports: [
            [3, 1],
            [3, 2],
          ],
        }),
      'Study.add(result).reports[1][0]: expected a step after 3, got 3',
    ],
    [
      'another result of a trial',
      (study) => [result, { ...result, values: [2] }].map((each) => study.add(each)),
      'Study.add(result): expected the result that trial 1 has already, got another one',
    ],
    [
      'a trial beyond all',
      (study) => study.add({ ...result, number: 4e9 }),
      'Study.add(result).number: expected an integer >= 0 and <= 999999, got 4000000000',
    ],
    ['text that is no JSON', () => studyFromJson('{'), 'studyFromJson: expected a study in JSON'],
    [
      'a pruner with several objectives',
      () => createStudy({ space, objectives: [{}, {}], pruner: median() }),
      'createStudy.pruner: expected none with several objectives, got "median"',
    ],
    [
      'a Hyperband of no steps',
      () => hyperband({ minSteps: 5, maxSteps: 4 }),
      'hyperband.maxSteps: expected minSteps, 5, or more, got 4',
    ],
    [
      'options that are not there',
      () => createStudy({ space, sampler: { kind: 'tpe', startups: 3 } as never }),
      'createStudy.sampler: expected only startup, candidates, got "startups"; did you mean "startup"?',
    ],
  ];
  it.each(refused)('%s', (_, call, message) => {
    expect(() => call(asked())).toThrow(message);
  });
});
