// What --metrics names.
import { BpttError } from '../../base/errors.ts';
import { accuracy, f1, type Metric, precision, recall } from '../../metrics/index.ts';

const kinds: Readonly<Record<string, (name: string) => Metric>> = {
  accuracy: (name) => accuracy({ name }),
  precision: (name) => precision({ name }),
  recall: (name) => recall({ name }),
  f1: (name) => f1({ name }),
};

/** exp(loss) of a token: it falls and rises with the loss. */
export const PERPLEXITY = 'perplexity';

export interface Metrics {
  /** Those that the library takes. */
  readonly taken: readonly Metric[];
  readonly perplexity: boolean;
}

/** @throws BpttError for a name that is none, or one twice. */
export function metricsOf(where: string, names: string | undefined): Metrics {
  const all = names === undefined ? [] : names.split(',').map((name) => name.trim());
  const twice = all.find((name, index) => all.indexOf(name) < index);
  if (twice !== undefined)
    throw new BpttError('invalid-argument', `${where}: expected each metric once, got ${twice} again`);
  const taken = all.filter((name) => name !== PERPLEXITY).map((name) => metricOf(where, name));
  return { taken, perplexity: all.includes(PERPLEXITY) };
}

function metricOf(where: string, name: string): Metric {
  const [, top] = /^top-([1-9]\d{0,5})$/.exec(name) ?? [];
  if (top !== undefined) return accuracy({ top: Number(top), name });
  const make = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (make !== undefined) return make(name);
  const known = [...Object.keys(kinds), 'top-5', PERPLEXITY].join(', ');
  throw new BpttError('invalid-argument', `${where}: expected some of ${known}, between commas, got ${name}`);
}
