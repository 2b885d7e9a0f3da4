// Learning rates as functions of the step, computed with + - * / only, so that every engine gets the same bits.
// A new schedule is a description, a builder, and a row in the table.
import { checkInteger, checkNumber, checkObject, checkOneOf, checkOptions } from '../base/check.ts';
import { cosineOfPi, power } from '../base/exact-math.ts';
import type { StateReader, StateWriter } from '../formats/record.ts';

/** A learning rate: one number, or a plan over the steps. */
export type LearningRate = number | Schedule;

/** `from` at the first update, then down (or up) by `(from - to) / steps` each; `to` after `steps` updates. */
export interface LinearSchedule {
  readonly kind: 'linear';
  readonly from: number;
  readonly to: number;
  readonly steps: number;
}

/** `from`, times `factor` after each `every` updates. */
export interface StepSchedule {
  readonly kind: 'step';
  readonly from: number;
  readonly factor: number;
  readonly every: number;
}

/** `from·factor^(step - 1)`. */
export interface ExponentialSchedule {
  readonly kind: 'exponential';
  readonly from: number;
  readonly factor: number;
}

/** Half a cosine from `from` to `to` over `steps` updates; then `to`, or, with `restarts`, the same again. */
export interface CosineSchedule {
  readonly kind: 'cosine';
  readonly from: number;
  readonly to: number;
  readonly steps: number;
  readonly restarts: boolean;
}

/** Up from `from` to `max` in the first `rise` of the steps, then down to `to`, both as half a cosine. */
export interface OneCycleSchedule {
  readonly kind: 'one-cycle';
  readonly max: number;
  readonly steps: number;
  readonly rise: number;
  readonly from: number;
  readonly to: number;
}

/** `from`, times `factor` when the validation loss has not fallen `patience` times in a row. */
export interface PlateauSchedule {
  readonly kind: 'plateau';
  readonly from: number;
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  readonly cooldown: number;
  readonly min: number;
}

/** A schedule whose first `steps` updates are multiplied by 1/steps, 2/steps and so on. */
export interface WarmupSchedule {
  readonly kind: 'warmup';
  readonly steps: number;
  readonly schedule: Exclude<LearningRate, WarmupSchedule>;
}

export type Schedule =
  | LinearSchedule
  | StepSchedule
  | ExponentialSchedule
  | CosineSchedule
  | OneCycleSchedule
  | PlateauSchedule
  | WarmupSchedule;

type Given<S extends Schedule, Optional extends keyof S = never> = Omit<S, 'kind' | Optional> &
  Partial<Pick<S, Optional>>;

const build = <S extends Schedule>(kind: S['kind'], options: object): S =>
  checkLearningRate(kind, { kind, ...options }) as S;

/**
 * A learning rate that goes in a straight line from `from` to `to` (default 0) over `steps` updates.
 *
 * @throws BpttError for rates below 0 and steps that are not an integer ≥ 1.
 */
export const linear = (options: Given<LinearSchedule, 'to'>): LinearSchedule => build('linear', options);

/**
 * A learning rate that begins at `from` and is multiplied by `factor` (default 0.1) after every `every` updates, as torch's StepLR.
 *
 * @throws BpttError for rates and factors below 0 and counts that are not integers ≥ 1.
 */
export const steps = (options: Given<StepSchedule, 'factor'>): StepSchedule => build('step', options);

/**
 * A learning rate that begins at `from` and is multiplied by `factor` after each update, as torch's ExponentialLR.
 *
 * @throws BpttError for rates and factors below 0.
 */
export const exponential = (options: Given<ExponentialSchedule>): ExponentialSchedule => build('exponential', options);

/**
 * A learning rate that falls from `from` to `to` (default 0) as half a cosine over `steps` updates; with `restarts` (default false) it then
 * begins at `from` again (SGDR, Loshchilov and Hutter 2017, eq. 5), else it stays at `to`.
 *
 * @throws BpttError for rates below 0 and steps that are not an integer ≥ 1.
 */
export const cosine = (options: Given<CosineSchedule, 'to' | 'restarts'>): CosineSchedule => build('cosine', options);

/**
 * One cycle (Smith 2018, "A disciplined approach to neural network hyper-parameters", with the numbers of torch's OneCycleLR): from `from`
 * (default `max`/25) up to `max` over the first `rise` (default 0.3) of `steps` updates, then down to `to` (default `from`/10,000), each
 * as half a cosine. The momentum stays as it is.
 *
 * @throws BpttError for rates below 0, a rise that is not between 0 and 1, and steps that are not an integer ≥ 2.
 */
export const oneCycle = (options: Given<OneCycleSchedule, 'rise' | 'from' | 'to'>): OneCycleSchedule =>
  build('one-cycle', options);

/**
 * A learning rate that is multiplied by `factor` (default 0.1) when more than `patience` (default 10) validations in a row had no loss below
 * (1 - `threshold`) (default 1e-4) times the lowest, but not below `min` (default 0); then `cooldown` (default 0) validations do not count. As
 * torch's ReduceLROnPlateau. The training has to have validations.
 *
 * @throws BpttError for numbers that are out of range.
 */
export const plateau = (
  options: Given<PlateauSchedule, 'factor' | 'patience' | 'threshold' | 'cooldown' | 'min'>,
): PlateauSchedule => build('plateau', options);

/**
 * A learning rate whose first `steps` updates are t/steps of what they would be, t = 1, 2, … (Goyal et al. 2017): what is given as `schedule`, or a
 * number, begins with the first update after the warm-up, and what it begins with is what the warm-up leads to.
 *
 * @throws BpttError for steps that are not an integer ≥ 1 and a warm-up within a warm-up.
 */
export const warmup = (options: Given<WarmupSchedule>): WarmupSchedule => build('warmup', options);

/** What a plateau has seen. */
interface Seen {
  readonly lowest: number | null;
  readonly waited: number;
  readonly cooling: number;
  readonly reductions: number;
}

interface ScheduleKind<S> {
  readonly options: readonly string[];
  check(options: Readonly<Record<string, unknown>>, where: string): S;
  /** The rate of update `step`, counted from 1. */
  at(schedule: S, step: number, seen: Seen): number;
}

const ratio = { min: 0 };

/** From a to b as half a cosine, x from 0 to 1. */
const between = (a: number, b: number, x: number) => b + ((a - b) * (1 + cosineOfPi(x))) / 2;

const kinds: { readonly [Kind in Schedule['kind']]: ScheduleKind<Extract<Schedule, { readonly kind: Kind }>> } = {
  linear: {
    options: ['from', 'to', 'steps'],
    check: ({ from, to = 0, steps }, where) => ({
      kind: 'linear',
      from: checkNumber(`${where}.from`, from, ratio),
      to: checkNumber(`${where}.to`, to, ratio),
      steps: checkInteger(`${where}.steps`, steps, 1),
    }),
    at: ({ from, to, steps }, step) => (step > steps ? to : from + ((to - from) * (step - 1)) / steps),
  },
  step: {
    options: ['from', 'factor', 'every'],
    check: ({ from, factor = 0.1, every }, where) => ({
      kind: 'step',
      from: checkNumber(`${where}.from`, from, ratio),
      factor: checkNumber(`${where}.factor`, factor, ratio),
      every: checkInteger(`${where}.every`, every, 1),
    }),
    at: ({ from, factor, every }, step) => from * power(factor, Math.floor((step - 1) / every)),
  },
  exponential: {
    options: ['from', 'factor'],
    check: ({ from, factor }, where) => ({
      kind: 'exponential',
      from: checkNumber(`${where}.from`, from, ratio),
      factor: checkNumber(`${where}.factor`, factor, ratio),
    }),
    at: ({ from, factor }, step) => from * power(factor, step - 1),
  },
  cosine: {
    options: ['from', 'to', 'steps', 'restarts'],
    check: ({ from, to = 0, steps, restarts = false }, where) => ({
      kind: 'cosine',
      from: checkNumber(`${where}.from`, from, ratio),
      to: checkNumber(`${where}.to`, to, ratio),
      steps: checkInteger(`${where}.steps`, steps, 1),
      restarts: checkOneOf(`${where}.restarts`, restarts, [true, false]),
    }),
    at({ from, to, steps, restarts }, step) {
      const t = restarts ? (step - 1) % steps : Math.min(step - 1, steps);
      return between(from, to, t / steps);
    },
  },
  'one-cycle': {
    options: ['max', 'steps', 'rise', 'from', 'to'],
    check({ max: given, steps, rise = 0.3, ...rest }, where) {
      const max = checkNumber(`${where}.max`, given, ratio);
      const from = checkNumber(`${where}.from`, rest.from ?? max / 25, ratio);
      return {
        kind: 'one-cycle',
        max,
        steps: checkInteger(`${where}.steps`, steps, 2),
        rise: checkNumber(`${where}.rise`, rise, { exclusiveMin: 0, exclusiveMax: 1 }),
        from,
        to: checkNumber(`${where}.to`, rest.to ?? from / 1e4, ratio),
      };
    },
    at({ max, steps, rise, from, to }, step) {
      const top = rise * steps - 1;
      const t = Math.min(step, steps) - 1;
      // With a top of 0 there is no way up: the first update has the highest rate.
      return t <= top && top > 0 ? between(from, max, t / top) : between(max, to, (t - top) / (steps - 1 - top));
    },
  },
  plateau: {
    options: ['from', 'factor', 'patience', 'threshold', 'cooldown', 'min'],
    check: ({ from, factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, min = 0 }, where) => ({
      kind: 'plateau',
      from: checkNumber(`${where}.from`, from, ratio),
      factor: checkNumber(`${where}.factor`, factor, { min: 0, exclusiveMax: 1 }),
      patience: checkInteger(`${where}.patience`, patience, 0),
      threshold: checkNumber(`${where}.threshold`, threshold, { min: 0, exclusiveMax: 1 }),
      cooldown: checkInteger(`${where}.cooldown`, cooldown, 0),
      min: checkNumber(`${where}.min`, min, ratio),
    }),
    at: ({ from, factor, min }, _, { reductions }) =>
      reductions === 0 ? from : Math.max(from * power(factor, reductions), min),
  },
  warmup: {
    options: ['steps', 'schedule'],
    check(options, where) {
      const schedule = checkLearningRate(`${where}.schedule`, options.schedule);
      if (typeof schedule === 'object' && schedule.kind === 'warmup') {
        checkOneOf(
          `${where}.schedule.kind`,
          schedule.kind,
          Object.keys(kinds).filter((kind) => kind !== 'warmup') as never[],
        );
      }
      return { kind: 'warmup', steps: checkInteger(`${where}.steps`, options.steps, 1), schedule: schedule as never };
    },
    at: ({ steps, schedule }, step, seen) =>
      step > steps ? rateAt(schedule, step - steps, seen) : (rateAt(schedule, 1, seen) * step) / steps,
  },
};

function rateAt(rate: LearningRate, step: number, seen: Seen): number {
  if (typeof rate === 'number') return rate;
  return (kinds[rate.kind] as ScheduleKind<Schedule>).at(rate, step, seen);
}

/** Checks a learning rate and fills in what it leaves out. */
export function checkLearningRate(where: string, value: unknown): LearningRate {
  if (typeof value === 'number') return checkNumber(where, value, ratio);
  const schedule = checkObject(where, value);
  const kind = checkOneOf(`${where}.kind`, schedule.kind, Object.keys(kinds) as Schedule['kind'][]);
  checkOptions(where, schedule, ['kind', ...kinds[kind].options]);
  return kinds[kind].check(schedule, where);
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
