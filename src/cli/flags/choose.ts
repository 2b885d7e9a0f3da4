// The flags that nobody gave: chosen by how long a text is and how long the training may take. A text is learned well by a network that has more
// weights than the text has characters, if enough of it is dropped; what the time allows is spent on width first and then on more updates.
import { BpttError } from '../../base/errors.ts';
import { createGraph } from '../../model/create-graph.ts';
import type { Corpus } from '../io/corpus.ts';
import { measureSpeed, weightsOf } from '../io/speed.ts';
import type { TrainValues } from './train-flags.ts';
import { describeModel } from './train-options.ts';

/** What a choice is made for. */
export interface Occasion {
  /** The values so far, and which flags were given. */
  readonly values: TrainValues;
  readonly given: (name: keyof TrainValues) => boolean;
  readonly corpus: Pick<Corpus, 'tokens' | 'vocabulary'>;
  /** Of a training that goes on from a model: the weights that it has. */
  readonly weights?: number | undefined;
  /** For a training with a budget: products a second. */
  readonly speed?: { readonly products: number };
}

/** Minutes of a training that nobody limited; of one on the embedded text, which is to show what there is. */
const MINUTES = { file: 5, embedded: 2 } as const;

/** Chooses for a command: measures the speed where the time is limited. */
export async function chooseFor(
  corpus: Corpus,
  values: TrainValues,
  given: Occasion['given'],
  {
    embedded,
    signal,
    weights,
  }: { readonly embedded: boolean; readonly signal: AbortSignal; readonly weights?: number | undefined },
): Promise<Choice> {
  const { steps, epochs } = values;
  if (steps !== undefined || epochs !== undefined) {
    if (values.minutes === undefined) return choose({ values, given, corpus, weights });
    const other = steps === undefined ? `--epochs ${epochs}` : `--steps ${steps}`;
    throw new BpttError('invalid-argument', `--minutes: expected neither --steps nor --epochs beside it, got ${other}`);
  }
  const minutes = values.minutes ?? (embedded ? MINUTES.embedded : MINUTES.file);
  const products = await measureSpeed(values, signal);
  const limited = { ...values, minutes };
  const { values: chosen, why } = choose({
    values: limited,
    given,
    corpus,
    speed: { products },
    weights,
  });
  return { values: { ...chosen, ...(!given('minutes') && { minutes }) }, why };
}

/** What is chosen where no flag says it. */
const chosenFlags = [
  ...(['k1', 'batch', 'cell', 'hidden', 'embedding', 'dropout', 'recurrentDropout', 'variationalDropout'] as const),
  ...(['learningRate', 'schedule', 'average', 'steps', 'earlyStopping'] as const),
] as const;

type Chosen = { -readonly [Name in (typeof chosenFlags)[number]]?: TrainValues[Name] };

/** Whether another run would choose the value of this flag anew, so that a command which does the same again has to say it. */
export function isChosen(name: string): boolean {
  return (chosenFlags as readonly string[]).includes(name);
}

export interface Choice {
  readonly values: Chosen;
  /** Why, in words. */
  readonly why: string;
}

const widths = [512, 448, 384, 320, 256, 192, 128, 96, 64] as const;

/** Part of the time that goes into updates: the rest is for validations, samples and what else the machine does. */
const SHARE = 0.85;

/**
 * Shares that are dropped by how many weights there are for a character, times the part of the readings that there is time for. Measured on
 * 150,000 characters of Shakespeare: read 80 times, 1.51 nats with 256 units (1.9 weights a character), 0.5 and 0.3; 1.50 with 320 (2.9), 0.5 and
 * 0.4. Read 49 times by 256 units, 1.557 with 0.5 and 0.4, whose training loss was still above that of validation; 1.523 with 0.4 and 0.3.
 */
const drops = [
  { weights: 2, dropout: 0.5, recurrentDropout: 0.4 },
  { weights: 0.7, dropout: 0.4, recurrentDropout: 0.3 },
  { weights: 0.3, dropout: 0.3, recurrentDropout: 0.2 },
  { weights: 0.1, dropout: 0.2, recurrentDropout: 0.1 },
  { weights: 0, dropout: 0.1, recurrentDropout: 0 },
] as const;

/** Validations of twenty without a lower loss after which a training with a budget ends; the best weights are kept. */
const PATIENCE = 5;

/** Part of the readings that is enough for another width. */
const ENOUGH = 0.6;

/** Most weights for a character: with more, what is learned is the text itself. */
const MOST_WEIGHTS = 6;

/** Times to read a text before it is known as well as it will be: 80 of 150,000 characters, fewer of longer ones. */
const readings = (characters: number) => Math.min(80, Math.max(2, 80 * (135_000 / characters) ** 0.9));

/** Chooses what was not given. */
export function choose({ values, given, corpus, speed, weights: known }: Occasion): Choice {
  const { size } = corpus.vocabulary;
  const characters = Math.max(1, Math.round(corpus.tokens * (1 - values.validation)));
  const long = characters >= 500_000;
  const k1 = given('k1') ? values.k1 : long ? 80 : 50;
  const most = Math.max(1, Math.floor((characters - 1) / (4 * k1)));
  const batch = given('batch') ? values.batch : Math.min(long ? 32 : 16, most);
  const wanted = readings(characters);
  const perUpdate = k1 * batch * values.accumulate;
  const seconds = (values.minutes ?? 0) * 60 * SHARE;
  const affordable = (weights: number) =>
    speed === undefined ? undefined : (speed.products * seconds) / (3 * weights);

  const cell = given('cell') ? values.cell : usualCell(values);
  const tried = widths.map((hidden) => {
    const units = given('hidden') ? values.hidden : hidden;
    const embedding = given('embedding') ? values.embedding : Math.min(64, units);
    return { hidden: units, embedding, weights: weightsWith({ ...values, cell, hidden: units, embedding }, size) };
  });
  // With less time than 256 units take for all readings, both are less: readings by the root of what there is.
  const scarce = Math.min(
    1,
    Math.sqrt((affordable(weightsWith({ ...values, cell, hidden: 256 }, size)) ?? 0) / (wanted * characters)),
  );
  const needed = ENOUGH * wanted * characters * scarce;
  const fits = ({ weights }: { readonly weights: number }) =>
    weights <= MOST_WEIGHTS * characters && (affordable(weights) ?? needed) >= needed;
  const narrow = speed === undefined ? tried.filter(({ hidden }) => hidden <= 256 || given('hidden')) : tried;
  const { hidden, embedding, weights } =
    known === undefined ? (narrow.find(fits) ?? narrow.at(-1)!) : { ...tried[0]!, weights: known };
  const read = Math.min(wanted * characters, affordable(weights) ?? Number.POSITIVE_INFINITY);
  // What is read fewer times is less learned by heart.
  const learnable = (weights / characters) * (read / (wanted * characters));
  const { dropout, recurrentDropout } = drops.find((drop) => learnable >= drop.weights)!;
  const steps = Math.max(1, Math.round(read / perUpdate));
  const updates =
    values.steps ?? (values.epochs === undefined ? steps : Math.ceil((values.epochs * characters) / perUpdate));
  const chosen: Chosen = {
    ...{ k1, batch },
    ...(known === undefined && {
      ...{ cell, hidden, embedding, dropout, recurrentDropout },
      variationalDropout: (given('dropout') ? values.dropout : dropout) > 0,
    }),
    // What has learned already is not to be thrown about.
    learningRate: known === undefined ? 0.003 : 0.001,
    schedule: 'cosine',
    // The mean of about the last twentieth of the updates, of 500 at most.
    average: Number(Math.max(0, Math.min(0.998, 1 - 20 / updates)).toFixed(4)),
    ...(values.steps === undefined && values.epochs === undefined && { steps }),
    ...(speed !== undefined && values.validation > 0 && values.validateEvery !== 0 && { earlyStopping: PATIENCE }),
  };
  const free = Object.fromEntries(Object.entries(chosen).filter(([name]) => !given(name as keyof TrainValues)));
  return {
    values: free,
    why: reasons({ characters, weights, steps: updates, perUpdate, values, ...(speed && { speed }) }),
  };
}

/** What texts are usually learned with, and what the figures above are of; but some flags are of elman alone. */
function usualCell({ vanishingRegularization, initializer }: TrainValues): TrainValues['cell'] {
  return vanishingRegularization > 0 || initializer === 'irnn' ? 'elman' : 'gru';
}

/** Weights of the network that the flags describe; what cannot be is refused when it is made. */
function weightsWith(values: TrainValues, size: number): number {
  const specs = createGraph(describeModel(values, size)).layers.flatMap(({ layer }) => layer.parameters);
  return weightsOf(
    specs.reduce((sum, { rows, columns }) => sum + rows * columns, 0),
    size,
    values.embedding,
  );
}

function reasons(of: {
  readonly characters: number;
  readonly weights: number;
  readonly steps: number;
  readonly perUpdate: number;
  readonly values: TrainValues;
  readonly speed?: Occasion['speed'];
}): string {
  const { characters, weights, steps, perUpdate, values, speed } = of;
  const count = (value: number) => Math.round(value).toLocaleString('en-US');
  const ratio = (weights / characters).toPrecision(2);
  const times = ((steps * perUpdate) / characters).toPrecision(2);
  const budget =
    speed === undefined
      ? ''
      : ` in ${values.minutes} minutes at ${count(speed.products / (3 * weights))} characters a second, measured at the start`;
  return `${count(characters)} characters to learn, ${ratio} weights for each; read ${times} times in ${count(steps)} updates${budget}`;
}
