// Learning rates as functions of the step, computed with + - * / only, so that every engine gets the same bits.
// A new schedule is a description, a builder, and a row in the table.
import { cosineOfPi, power } from '../base/exact-math.ts';
import {
  boolean,
  checkFields,
  checkKind,
  type Field,
  integer,
  number,
  type OneOfKinds,
  type Options,
  withDefault,
} from '../base/fields.ts';
import type { StateWriter } from '../formats/record.ts';
import type { StateReader } from '../formats/state-reader.ts';

const rate = number({ min: 0 });
const count = integer({ min: 1 });
const fraction = number({ min: 0, exclusiveMax: 1 });

/** The schedules that a warm-up may lead to. */
const plain = {
  linear: {
    /** The rate of the first update. */
    from: rate,
    /** The rate after the last of `steps`. Default 0. */
    to: withDefault(rate, 0),
    /** Updates, ≥ 1. */
    steps: count,
  },
  step: {
    /** The rate of the first update. */
    from: rate,
    /** What the rate is multiplied by. Default 0.1. */
    factor: withDefault(rate, 0.1),
    /** Updates between two changes, ≥ 1. */
    every: count,
  },
  exponential: {
    /** The rate of the first update. */
    from: rate,
    /** What the rate is multiplied by after each update. */
    factor: rate,
  },
  cosine: {
    /** The rate of the first update. */
    from: rate,
    /** The rate after the last of `steps`. Default 0. */
    to: withDefault(rate, 0),
    /** Updates of half a cosine, ≥ 1. */
    steps: count,
    /** Whether it then begins at `from` again. Default false: it stays at `to`. */
    restarts: withDefault(boolean, false),
  },
  'one-cycle': {
    /** The highest rate. */
    max: rate,
    /** Updates, ≥ 2. */
    steps: integer({ min: 2 }),
    /** The part of the updates in which the rate rises, between 0 and 1. Default 0.3. */
    rise: withDefault(number({ exclusiveMin: 0, exclusiveMax: 1 }), 0.3),
    /** The rate of the first update. Default `max`/25. */
    from: withDefault(rate, ({ max }: { readonly max: number }) => max / 25),
    /** The rate of the last update. Default `from`/10,000. */
    to: withDefault(rate, ({ from }: { readonly from: number }) => from / 1e4),
  },
  plateau: {
    /** The rate of the first update. */
    from: rate,
    /** What the rate is multiplied by, below 1. Default 0.1. */
    factor: withDefault(fraction, 0.1),
    /** Validations in a row without a lower loss that are waited for. Default 10. */
    patience: withDefault(integer({ min: 0 }), 10),
    /** By what share of the lowest loss a loss must be below it to count as lower. Default 1e-4. */
    threshold: withDefault(fraction, 1e-4),
    /** Validations after a change that do not count. Default 0. */
    cooldown: withDefault(integer({ min: 0 }), 0),
    /** The lowest rate. Default 0. */
    min: withDefault(rate, 0),
  },
};

/** One number, or one of some schedules. */
const rateOf = <Kinds extends typeof plain>(kinds: Kinds): Field<number | OneOfKinds<Kinds>> => ({
  check: (where, value) => (typeof value === 'number' ? rate.check(where, value) : checkKind(where, value, kinds)),
});

export const scheduleFields = {
  ...plain,
  warmup: {
    /** Updates of the warm-up, ≥ 1. */
    steps: count,
    /** What comes then: a number or another schedule. */
    schedule: rateOf(plain),
  },
};

/** A plan of the learning rate over the steps, as plain data with all defaults filled in. */
export type Schedule = OneOfKinds<typeof scheduleFields>;

type Of<Kind extends Schedule['kind']> = Extract<Schedule, { readonly kind: Kind }>;

/** `from` at the first update, then down (or up) by `(from - to) / steps` each; `to` after `steps` updates. */
export type LinearSchedule = Of<'linear'>;
/** `from`, times `factor` after each `every` updates. */
export type StepSchedule = Of<'step'>;
/** `from·factor^(step - 1)`. */
export type ExponentialSchedule = Of<'exponential'>;
/** Half a cosine from `from` to `to` over `steps` updates; then `to`, or, with `restarts`, the same again. */
export type CosineSchedule = Of<'cosine'>;
/** Up from `from` to `max` in the first `rise` of the steps, then down to `to`, both as half a cosine. */
export type OneCycleSchedule = Of<'one-cycle'>;
/** `from`, times `factor` when the validation loss has not fallen `patience` times in a row. */
export type PlateauSchedule = Of<'plateau'>;
/** A schedule whose first `steps` updates are multiplied by 1/steps, 2/steps and so on. */
export type WarmupSchedule = Of<'warmup'>;

/** A learning rate: one number, or a plan over the steps. */
export type LearningRate = number | Schedule;

/** A learning rate that may come from JavaScript. */
export const learningRate: Field<LearningRate> = rateOf(scheduleFields);

const build = <Kind extends Schedule['kind']>(
  kind: Kind,
  options: Options<(typeof scheduleFields)[Kind]>,
  where: string = kind,
): Of<Kind> => ({ kind, ...checkFields(where, options, scheduleFields[kind]) }) as unknown as Of<Kind>;

/**
 * A learning rate that goes in a straight line from `from` to `to` (default 0) over `steps` updates.
 *
 * @throws BpttError for rates below 0 and steps that are not an integer ≥ 1.
 *
 * @example
 * adam({ learningRate: linear({ from: 4e-3, steps: 2000 }) })
 */
export const linear = (options: Options<typeof scheduleFields.linear>): LinearSchedule => build('linear', options);

/**
 * A learning rate that begins at `from` and is multiplied by `factor` (default 0.1) after every `every` updates, as torch's StepLR.
 *
 * @throws BpttError for rates and factors below 0 and counts that are not integers ≥ 1.
 *
 * @example
 * sgd({ learningRate: steps({ from: 0.1, every: 500, factor: 0.5 }) })
 */
export const steps = (options: Options<typeof scheduleFields.step>): StepSchedule => build('step', options, 'steps');

/**
 * A learning rate that begins at `from` and is multiplied by `factor` after each update, as torch's ExponentialLR.
 *
 * @throws BpttError for rates and factors below 0.
 *
 * @example
 * sgd({ learningRate: exponential({ from: 0.1, factor: 0.999 }) })
 */
export const exponential = (options: Options<typeof scheduleFields.exponential>): ExponentialSchedule =>
  build('exponential', options);

/**
 * A learning rate that falls from `from` to `to` (default 0) as half a cosine over `steps` updates; with `restarts` (default false) it then
 * begins at `from` again (SGDR, Loshchilov and Hutter 2017, eq. 5), else it stays at `to`.
 *
 * @throws BpttError for rates below 0 and steps that are not an integer ≥ 1.
 *
 * @example
 * adam({ learningRate: cosine({ from: 3e-3, steps: 1000 }) }) // down to 0 in 1,000 updates
 */
export const cosine = (options: Options<typeof scheduleFields.cosine>): CosineSchedule => build('cosine', options);

/**
 * One cycle (Smith 2018, "A disciplined approach to neural network hyper-parameters", with the numbers of torch's OneCycleLR): from `from`
 * (default `max`/25) up to `max` over the first `rise` (default 0.3) of `steps` updates, then down to `to` (default `from`/10,000), each
 * as half a cosine. The momentum stays as it is.
 *
 * @throws BpttError for rates below 0, a rise that is not between 0 and 1, and steps that are not an integer ≥ 2.
 *
 * @example
 * sgd({ learningRate: oneCycle({ max: 0.1, steps: 1000 }), momentum: 0.9 })
 */
export const oneCycle = (options: Options<(typeof scheduleFields)['one-cycle']>): OneCycleSchedule =>
  build('one-cycle', options, 'oneCycle');

/**
 * A learning rate that is multiplied by `factor` (default 0.1) when more than `patience` (default 10) validations in a row had no loss below
 * (1 - `threshold`) (default 1e-4) times the lowest, but not below `min` (default 0); then `cooldown` (default 0) validations do not count. As
 * torch's ReduceLROnPlateau. The training has to have validations.
 *
 * @throws BpttError for numbers that are out of range.
 *
 * @example
 * await fit(model, { data, validation: data, loss: 'cross-entropy', optimizer: adam({ learningRate: plateau({ from: 3e-3, patience: 2 }) }), epochs: 2 });
 */
export const plateau = (options: Options<typeof scheduleFields.plateau>): PlateauSchedule => build('plateau', options);

/**
 * A learning rate whose first `steps` updates are t/steps of what they would be, t = 1, 2, … (Goyal et al. 2017): what is given as `schedule`, or a
 * number, begins with the first update after the warm-up, and what it begins with is what the warm-up leads to.
 *
 * @throws BpttError for steps that are not an integer ≥ 1 and a warm-up within a warm-up.
 *
 * @example
 * adamw({ learningRate: warmup({ steps: 100, schedule: cosine({ from: 1e-3, steps: 900 }) }) })
 */
export const warmup = (options: Options<typeof scheduleFields.warmup>): WarmupSchedule => build('warmup', options);

/** What a plateau has seen. */
interface Seen {
  readonly lowest: number | null;
  readonly waited: number;
  readonly cooling: number;
  readonly reductions: number;
}

interface ScheduleKind<S> {
  /** The rate of update `step`, counted from 1. */
  at(schedule: S, step: number, seen: Seen): number;
}

/** From a to b as half a cosine, x from 0 to 1. */
const between = (a: number, b: number, x: number) => b + ((a - b) * (1 + cosineOfPi(x))) / 2;

const kinds: { readonly [Kind in Schedule['kind']]: ScheduleKind<Extract<Schedule, { readonly kind: Kind }>> } = {
  linear: {
    at: ({ from, to, steps }, step) => (step > steps ? to : from + ((to - from) * (step - 1)) / steps),
  },
  step: {
    at: ({ from, factor, every }, step) => from * power(factor, Math.floor((step - 1) / every)),
  },
  exponential: {
    at: ({ from, factor }, step) => from * power(factor, step - 1),
  },
  cosine: {
    at({ from, to, steps, restarts }, step) {
      const t = restarts ? (step - 1) % steps : Math.min(step - 1, steps);
      return between(from, to, t / steps);
    },
  },
  'one-cycle': {
    at({ max, steps, rise, from, to }, step) {
      const top = rise * steps - 1;
      const t = Math.min(step, steps) - 1;
      // With a top of 0 there is no way up: the first update has the highest rate.
      return t <= top && top > 0 ? between(from, max, t / top) : between(max, to, (t - top) / (steps - 1 - top));
    },
  },
  plateau: {
    at: ({ from, factor, min }, _, { reductions }) =>
      reductions === 0 ? from : Math.max(from * power(factor, reductions), min),
  },
  warmup: {
    at: ({ steps, schedule }, step, seen) =>
      step > steps ? rateAt(schedule, step - steps, seen) : (rateAt(schedule, 1, seen) * step) / steps,
  },
};

function rateAt(rate: LearningRate, step: number, seen: Seen): number {
  if (typeof rate === 'number') return rate;
  return (kinds[rate.kind] as ScheduleKind<Schedule>).at(rate, step, seen);
}

/** The plateau in a learning rate. */
export function plateauIn(rate: LearningRate): PlateauSchedule | undefined {
  if (typeof rate === 'number') return undefined;
  if (rate.kind === 'warmup') return plateauIn(rate.schedule);
  return rate.kind === 'plateau' ? rate : undefined;
}

/** A learning rate at work: a function of the step and of the validation losses that it was told. */
export class ScheduleRun {
  readonly #rate: LearningRate;
  #seen: Seen = { lowest: null, waited: 0, cooling: 0, reductions: 0 };

  constructor(rate: LearningRate) {
    this.#rate = rate;
  }

  /** The learning rate of update `step`, counted from 1. */
  at(step: number): number {
    return rateAt(this.#rate, step, this.#seen);
  }

  /** Takes a validation loss. */
  observe(loss: number): void {
    const schedule = plateauIn(this.#rate);
    if (schedule === undefined) return;
    const { lowest, waited, cooling, reductions } = this.#seen;
    const lower = lowest === null || loss < lowest * (1 - schedule.threshold);
    const waiting = lower || cooling > 0 ? 0 : waited + 1;
    const reduce = waiting > schedule.patience;
    this.#seen = {
      lowest: lower ? loss : lowest,
      waited: reduce ? 0 : waiting,
      cooling: reduce ? schedule.cooldown : Math.max(0, cooling - 1),
      reductions: reductions + (reduce ? 1 : 0),
    };
  }

  save(out: StateWriter): void {
    for (const [name, value] of Object.entries(this.#seen)) out.value(name, value);
  }

  load(saved: StateReader): void {
    const lowest = saved.value('lowest') === null ? null : saved.number('lowest');
    const [waited, cooling, reductions] = [saved.count('waited'), saved.count('cooling'), saved.count('reductions')];
    this.#seen = { lowest, waited, cooling, reductions };
  }
}
