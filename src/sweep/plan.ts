// A trial as plain data: what another machine needs to know to run it.
import { checkObject, fail, isPlain, show } from '../base/check.ts';
import {
  type Checked,
  checkFields,
  type Field,
  integer,
  list,
  type Options,
  oneOf,
  withDefault,
} from '../base/fields.ts';
import type { ModelDescription } from '../layers/registry.ts';
import type { LossOption } from '../loss/output-losses.ts';
import type { FitOptions } from '../training/fit.ts';
import { restoreLoss } from '../worker/modules.ts';

/** What `sweep` sees to, for all trials alike. */
type SeenTo =
  | 'data'
  | 'validation'
  | 'metrics'
  | 'checkpoint'
  | 'resume'
  | 'signal'
  | 'trainer'
  | 'parallel'
  | 'onEvent';
const seenTo: readonly SeenTo[] = [
  'data',
  'validation',
  'metrics',
  'checkpoint',
  'resume',
  'signal',
  'trainer',
  'parallel',
  'onEvent',
];

/** The options of `fit` for a trial: how it learns, and for how long. */
export interface TrialFitOptions extends Omit<FitOptions, SeenTo> {}

/** Numbers, strings, true, false, null, and lists and objects of them; what is undefined is left out, as JSON does. */
const plain: Field<unknown> = {
  check(where, value) {
    if (Array.isArray(value)) return value.map((each, index) => plain.check(`${where}[${index}]`, each));
    if (isPlain(value)) {
      const given = Object.entries(checkObject(where, value)).filter(([, each]) => each !== undefined);
      return Object.fromEntries(given.map(([name, each]) => [name, plain.check(`${where}.${name}`, each)]));
    }
    const is = value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
    return is
      ? value
      : fail(where, 'plain data: finite numbers, strings, true, false, lists and objects of them', show(value));
  },
};

const fitOptions: Field<TrialFitOptions> = {
  check(where, value) {
    const given = plain.check(where, checkObject(where, value)) as Partial<FitOptions>;
    const other = seenTo.find((name) => name in given);
    if (other !== undefined)
      fail(where, `options of a trial alone: ${other} is sweep's, or seen to by it`, show(other));
    if (given.steps === undefined && given.epochs === undefined)
      fail(where, 'steps or epochs, the budget of the trial', 'none');
    return given as TrialFitOptions;
  },
};

export const trialFields = {
  /** The model: what `createModel` takes. Layers and losses of one's own are none of plain data. */
  layers: list<ModelDescription[number]>(plain as Field<ModelDescription[number]>, 'layers', 1),
  /** Of the initial parameters. Default 0. */
  seed: withDefault(integer({ min: 0 }), 0),
  /** Default `f32`. */
  dtype: withDefault(oneOf('f32', 'f64'), 'f32'),
  /** How it learns: options of `fit`, with `steps` or `epochs` as its budget. */
  fit: fitOptions,
};

/** What a trial is, made of its parameters. */
export interface TrialOptions extends Omit<Options<typeof trialFields>, 'layers'> {
  /** The model: what `createModel` takes. Layers and losses of one's own are none of plain data. */
  readonly layers: ModelDescription;
}

/** The same with all defaults, as plain data. */
export type TrialPlan = Checked<typeof trialFields>;

/** @throws BpttError for what is not plain data, and for options that are not a trial's. */
export const checkPlan = (where: string, value: unknown): TrialPlan => checkFields(where, value, trialFields);

/** The options of `fit` of a plan that came as plain data: losses do again what they did before they were sent. */
export function fitOptionsOf({ fit }: TrialPlan): TrialFitOptions {
  return { ...fit, loss: restoreLoss(fit.loss as LossOption, []) };
}

/** The text under which a store has the plan of a trial. What is different in one that is there already tells `differenceOf`. */
export const planText = (parts: object): string => `${JSON.stringify(parts, undefined, 1)}\n`;

/** The first place in which two things of plain data differ, as `fit.optimizer.learningRate`, and what is there; undefined where they do not. */
export function differenceOf(
  a: unknown,
  b: unknown,
  path = '',
): { readonly path: string; readonly was: unknown; readonly is: unknown } | undefined {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return Object.is(a, b) ? undefined : { path, was: a, is: b };
  }
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const place = path === '' ? name : `${path}.${name}`;
    const found = differenceOf((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name], place);
    if (found !== undefined) return found;
  }
  return undefined;
}
