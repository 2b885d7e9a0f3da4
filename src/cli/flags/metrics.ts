// What --metrics names.
import { BpttError } from '../../base/errors.ts';
import { accuracy, f1, type Metric, precision, recall } from '../../metrics/index.ts';

const ofClasses: Readonly<Record<string, (name: string) => Metric>> = {
  accuracy: (name) => accuracy({ name }),
  precision: (name) => precision({ name }),
  recall: (name) => recall({ name }),
  f1: (name) => f1({ name }),
};

/** exp(loss) of a token: it falls and rises with the loss. */
export const PERPLEXITY = 'perplexity';
/** Which tokens are taken for which; more than one number. */
export const CONFUSION = 'confusion';
/** Of forecasts: the mean absolute error, and R². */
export const NUMBERS = ['mae', 'r2'] as const;
export type NumberMetric = (typeof NUMBERS)[number];

export interface Metrics {
  /** Those that the library takes. */
  readonly taken: readonly Metric[];
  readonly perplexity: boolean;
  readonly confusion: boolean;
}

/**
 * Those of a model that says tokens.
 *
 * @param confusion Whether it may be one.
 * @throws BpttError for a name that is none, or one twice.
 */
export function metricsOf(where: string, names: string | undefined, { confusion = false } = {}): Metrics {
  const all = namesIn(where, names);
  const apart = [PERPLEXITY, ...(confusion ? [CONFUSION] : [])];
  const known = [...Object.keys(ofClasses), 'top-5', ...apart];
  const taken = all.filter((name) => !apart.includes(name)).map((name) => metricOf(where, name, known));
  return { taken, perplexity: all.includes(PERPLEXITY), confusion: all.includes(CONFUSION) };
}

/** Those of a model that says numbers; all where none are named. @throws BpttError as `metricsOf` does. */
export function numberMetricsOf(where: string, names: string | undefined): readonly NumberMetric[] {
  if (names === undefined) return NUMBERS;
  return namesIn(where, names).map((name) => {
    const found = NUMBERS.find((one) => one === name);
    if (found !== undefined) return found;
    const classes = isOfClasses(name);
    throw expectedOf(where, NUMBERS, name, classes ? ', which is of classes: this model says numbers' : '');
  });
}

function namesIn(where: string, names: string | undefined): readonly string[] {
  const all = names === undefined ? [] : names.split(',').map((name) => name.trim());
  const twice = all.find((name, index) => all.indexOf(name) < index);
  if (twice !== undefined)
    throw new BpttError('invalid-argument', `${where}: expected each metric once, got ${twice} again`);
  return all;
}

const topIn = (name: string) => /^top-([1-9]\d{0,5})$/.exec(name)?.[1];

const isOfClasses = (name: string) =>
  Object.hasOwn(ofClasses, name) || topIn(name) !== undefined || name === PERPLEXITY || name === CONFUSION;

function metricOf(where: string, name: string, known: readonly string[]): Metric {
  const top = topIn(name);
  if (top !== undefined) return accuracy({ top: Number(top), name });
  const make = Object.hasOwn(ofClasses, name) ? ofClasses[name] : undefined;
  if (make !== undefined) return make(name);
  const numbers = NUMBERS.some((one) => one === name);
  throw expectedOf(where, known, name, numbers ? ', which is of numbers: this model says classes' : '');
}

const expectedOf = (where: string, known: readonly string[], name: string, why: string) =>
  new BpttError(
    'invalid-argument',
    `${where}: expected some of ${known.join(', ')}, between commas, got ${name}${why}`,
  );
