// `bptt train`: from a text to a model file.
import pc from 'picocolors';
import { BpttError } from '../../base/errors.ts';
import { type EndEvent, generate, type Model, serialize, type TrainEvent, type TrainOptions } from '../../index.ts';
import { writeFileAtomic } from '../../node/atomic-file.ts';
import { CheckpointFiles, type FoundCheckpoint } from '../../node/checkpoint-files.ts';
import type { FileLock } from '../../node/file-lock.ts';
import type { Tokenizer } from '../../tokenizers/index.ts';
import { divide } from '../../training/groups.ts';
import { trainWith } from '../../training/train.ts';
import type { Choice } from '../flags/choose.ts';
import { commandLine, flagsOf, typedFlags } from '../flags/command-line.ts';
import { metricsOf, PERPLEXITY } from '../flags/metrics.ts';
import { threadsOf } from '../flags/threads.ts';
import type { TrainValues } from '../flags/train-flags.ts';
import { describeModel, describeTraining } from '../flags/train-options.ts';
import type { BaseModel } from '../io/base-model.ts';
import type { Corpus, Parts } from '../io/corpus.ts';
import { createLarge } from '../io/create-large.ts';
import { writeLearned } from '../io/learned-file.ts';
import type { Output } from '../io/output.ts';
import { checkTarget } from '../io/paths.ts';
import { renamedError } from '../io/renamed-error.ts';
import { encodePrompt, VOCABULARY } from '../io/vocabulary.ts';
import type { Flow } from '../report/flow.ts';
import { History } from '../report/history.ts';
import { LEAST_STEPS } from '../report/inspect-summary.ts';
import { lossChart } from '../report/loss-chart.ts';
import { createReporter, inTurn, type Reporter, type StartReport } from '../report/progress.ts';
import { COMMAND, commandOf } from './resume.ts';

/** How often things happen in all when their flags do not say. */
const VALIDATIONS = 20;
const SAMPLES = 5;
const LINES = 50;
const CHECKPOINTS = 20;

/** Updates between two checkpoints where --checkpoint-every does not say. */
export const checkpointsEvery = (steps: number): number => Math.min(1000, Math.ceil(steps / CHECKPOINTS));

/** What a training reads, with the paths of its files; none for the embedded text. */
type Source = Corpus & { readonly paths: readonly string[]; readonly base: BaseModel | undefined };

/** What a training writes to and goes on from. */
export interface Files {
  readonly lock: FileLock;
  readonly checkpoints: CheckpointFiles;
  readonly left: FoundCheckpoint | undefined;
}

/**
 * Trains on a text and writes the model, also when `interrupted` aborts before all steps are made. Nothing is written when
 * anything fails, and what could fail is tried before the training.
 */
export async function trainCommand(
  corpus: Source,
  values: TrainValues,
  files: Files,
  output: Output,
  interrupted: AbortSignal,
  choice?: Choice,
): Promise<void> {
  const run = await prepare(corpus, values, interrupted, files.left);
  if (values.restart) await files.checkpoints.clear();
  const { model, metadata, sampler } = run;
  const { chart, report, json } = values;
  const { left } = files;
  const history = new History();
  const reporter = inTurn(history, createReporter(output, json, values.logEvery ?? Math.ceil(run.steps / LINES)));
  const begin = performance.now();
  try {
    reporter.start(introductionOf(corpus, run, left, choice));
    for (const reason of warningsOf(corpus, run, left)) reporter.warning(reason);
    const { step, reason, validationLoss, lowest } = await follow(run, files, reporter);
    if (reason !== 'aborted') sampler.report(model, step, reporter);
    await files.lock.check();
    const bytes = serialize(model, { metadata });
    const { out, overwrite, restart, resume } = values;
    const path = await writeLearned(out, bytes, overwrite || restart || resume);
    reporter.saved(path, bytes.length);
    // What is done needs no more to go on from.
    if (reason !== 'aborted') await files.checkpoints.clear();
    reporter.end({ step, reason, seconds: (performance.now() - begin) / 1000, validationLoss, lowest });
    if (chart || (output.isTerminal && !json)) printChart(history, output);
    if (report !== undefined) await writeReport(report, history, model, corpus, values, output);
  } finally {
    reporter.close();
  }
}

/** A training that is about to begin. */
interface Run {
  readonly parts: Parts;
  readonly steps: number;
  readonly sampleEvery: number;
  readonly sampler: Sampler;
  readonly model: Model;
  readonly metadata: Readonly<Record<string, string>>;
  readonly events: AsyncIterable<TrainEvent>;
  /** Parameters that stay as they are. */
  readonly frozen: readonly string[];
  /** Whether that is said of validations. */
  readonly perplexity: boolean;
}

/** Tries all that could fail, and makes what the training needs. */
async function prepare(
  corpus: Source,
  values: TrainValues,
  signal: AbortSignal,
  left: FoundCheckpoint | undefined,
): Promise<Run> {
  const { vocabulary } = corpus;
  const parts = await corpus.cut(values);
  const steps = countSteps(parts.steps, values);
  const { validateEvery = Math.ceil(steps / VALIDATIONS), sampleEvery = Math.ceil(steps / SAMPLES) } = values;
  const sampler = new Sampler(vocabulary, values, corpus.opening[0]!);
  checkValidations(values, validateEvery);
  const options = describeTraining(values, steps);
  const { seed, dtype, relaxed } = values;
  const engine = { seed, dtype, relaxed, threads: threadsOf(values), signal };
  const model = corpus.base?.model ?? (await createLarge(describeModel(values, vocabulary.size), engine));

  const frozen = frozenIn(model, options);
  const metadata = { [VOCABULARY]: JSON.stringify(vocabulary) };
  const every = values.checkpointEvery ?? checkpointsEvery(steps);
  const command = commandOf(corpus.paths, corpus, values);
  const { training: data, validation } = parts;
  const events = trainWith(
    model,
    {
      ...options,
      data,
      ...(validation === undefined ? {} : { validation }),
      ...(validation === undefined || validateEvery === 0 ? {} : { validateEvery }),
      ...(every > 0 && { checkpoint: { every, metadata: { ...metadata, [COMMAND]: command } } }),
      signal,
    },
    { checkpoint: left?.content },
  );
  const { perplexity } = metricsOf('--metrics', values.metrics);
  return { parts, steps, sampleEvery, sampler, model, metadata, events, frozen, perplexity };
}

/** The parameters that --freeze names; what is wrong with it is said before the training. */
function frozenIn(model: Model, { groups, optimizer }: Pick<TrainOptions, 'groups' | 'optimizer'>): readonly string[] {
  if (groups === undefined) return [];
  try {
    return divide(model.network, { groups, optimizer, validates: false }).frozen;
  } catch (cause) {
    throw renamedError(cause, { 'train.groups[0].match': '--freeze', 'train.groups': '--freeze' });
  }
}

/** What the user should know before the training. */
function warningsOf({ base }: Source, { frozen }: Run, left: FoundCheckpoint | undefined): readonly string[] {
  const untrained = base?.grown.filter((name) => frozen.includes(name)) ?? [];
  return [
    ...(left?.damaged ?? []).map(({ reason }) => reason),
    ...(untrained.length === 0
      ? []
      : [`--freeze: new rows of ${untrained.join(', ')} stay as they began, as all of what is frozen does`]),
  ];
}

/** Flags of what is written; trainings of other tasks draw no chart and go on from no model. */
type Written = Pick<TrainValues, 'out' | 'report' | 'json' | 'keep' | 'resume' | 'restart' | 'overwrite'> &
  Partial<Pick<TrainValues, 'chart' | 'from'>>;

/**
 * The checkpoints of a training that reads some files; before anything is read, since that takes its time.
 *
 * @throws BpttError where what is to be written cannot be, or would take the place of something.
 */
export async function openCheckpoints(read: readonly string[], values: Written): Promise<CheckpointFiles> {
  const { out, report, chart, json, keep, resume, restart, overwrite } = values;
  const checkpoints = new CheckpointFiles(out, { keep });
  await checkFresh(checkpoints, values);
  await checkTarget({
    where: '--out',
    path: out,
    others: [...read, values.from],
    overwrite: overwrite || restart || resume,
  });
  if (report !== undefined) await checkTarget({ where: '--report', path: report, others: [...read, out], overwrite });
  if (chart && json) throw new BpttError('invalid-argument', '--chart: expected no --json beside it, got both');
  return checkpoints;
}

/** What is said before the first update. */
function introductionOf(
  corpus: Source,
  { parts, model, steps }: Run,
  left: FoundCheckpoint | undefined,
  choice: Choice | undefined,
): StartReport {
  const { trainingCharacters, validationCharacters } = parts;
  return {
    text: corpus.name,
    characters: corpus.characters,
    vocabulary: corpus.vocabulary.size,
    ...(trainingCharacters !== undefined && { trainingCharacters }),
    ...(validationCharacters !== undefined && { validationCharacters }),
    parameters: model.parameterCount,
    steps,
    ...(left !== undefined && { resumed: left.step }),
    ...(corpus.base !== undefined && corpus.base.added.length > 0 && { added: corpus.base.added }),
    ...(choice && { chosen: { flags: typedFlags(choice.values), why: choice.why } }),
  };
}

/** Reports each event of a training to its end. */
async function follow(run: Run, { checkpoints, lock, left }: Files, reporter: Reporter) {
  const { events, steps, sampleEvery, sampler, model } = run;
  const { perToken } = run.parts;
  let step = left?.step ?? 0;
  let reason = '';
  let validationLoss: number | undefined;
  let lowest: EndEvent['lowest'];
  for await (const event of events) {
    step = event.step;
    if (event.type === 'step') {
      const {
        epoch,
        loss,
        gradientNorm,
        learningRate,
        tokens: characters,
        tokensPerSecond: charactersPerSecond,
      } = event;
      const scale = perToken.training;
      reporter.step({
        ...{ step, epoch, gradientNorm, learningRate },
        loss: loss / scale,
        characters: Math.round(characters * scale),
        charactersPerSecond: charactersPerSecond * scale,
      });
      if (sampleEvery > 0 && step % sampleEvery === 0 && step < steps) sampler.report(model, step, reporter);
    } else if (event.type === 'validation') {
      reporter.validation(step, event.loss / perToken.validation, {
        ...event.metrics,
        ...(run.perplexity && { [PERPLEXITY]: Math.exp(event.loss) }),
      });
    } else if (event.type === 'checkpoint') {
      await lock.check();
      reporter.checkpoint(step, await checkpoints.write(event));
    } else {
      reason = event.reason;
      ({ validationLoss, lowest } = ofCharacters(event, perToken.validation));
    }
  }
  return { step, reason, validationLoss, lowest };
}

/** Losses of tokens as losses of the characters that they have. */
function ofCharacters(
  { validationLoss, lowest }: EndEvent,
  characters: number,
): Pick<EndEvent, 'validationLoss' | 'lowest'> {
  return {
    validationLoss: validationLoss && validationLoss / characters,
    ...(lowest && { lowest: { ...lowest, loss: lowest.loss / characters } }),
  };
}

async function writeReport(
  path: string,
  history: History,
  model: Model,
  corpus: Source,
  values: TrainValues,
  output: Output,
): Promise<void> {
  const flow = await flowOf(model, corpus);
  const command = commandLine(corpus.paths, values);
  const about = { command, settings: flagsOf(values), model, clip: values.clip, flow };
  // Like what draws pictures: only those who want a report wait for it.
  const { htmlReport } = await import('../report/html-report.ts');
  await writeFileAtomic(path, new TextEncoder().encode(htmlReport(history, about)), { replace: values.overwrite });
  if (!values.json) output.line(`report in ${path}`);
}

/** Checkpoints of another training are not to be mixed with those of this one. */
async function checkFresh(checkpoints: CheckpointFiles, { resume, restart, out }: Written): Promise<void> {
  if (resume && restart) {
    throw new BpttError('invalid-argument', '--restart: expected it without --resume, got both');
  }
  const [newest] = resume || restart ? [] : await checkpoints.steps();
  if (newest === undefined) return;
  throw new BpttError(
    'bad-file',
    `${out}: expected no unfinished training of it, got a checkpoint of step ${newest}: --resume goes on with it, --restart removes it`,
  );
}

/** What looks at validation losses needs some. */
function checkValidations({ validation, earlyStopping, schedule, metrics }: TrainValues, validateEvery: number): void {
  if (metrics !== undefined && validation === 0) {
    throw new BpttError('invalid-argument', '--metrics: expected --validation above 0 with it, got 0');
  }
  const who =
    earlyStopping !== undefined ? '--early-stopping' : schedule === 'plateau' ? '--schedule plateau' : undefined;
  if (who === undefined || (validation > 0 && validateEvery > 0)) return;
  throw new BpttError('invalid-argument', `${who}: expected --validation and --validate-every above 0 with it, got 0`);
}

/** How gradients flow at the end, or why that cannot be told. */
async function flowOf(model: Model, { vocabulary, opening }: Corpus): Promise<Flow | string> {
  if (opening.length <= LEAST_STEPS) {
    return `Not looked at: expected at least ${LEAST_STEPS + 1} characters to read, got ${opening.length}.`;
  }
  try {
    const { lookInside } = await import('../report/flow.ts');
    return await lookInside(model, vocabulary.encode(opening.join('')), opening, 0);
  } catch (error) {
    // Some layers have no slopes that are known outside of training.
    if (error instanceof BpttError) return `Not looked at: ${error.message}.`;
    throw error;
  }
}

function printChart(history: History, output: Output): void {
  const { columns = 80 } = output.stream;
  const chart = lossChart(history, columns, output.hasCursor && pc.isColorSupported);
  if (chart !== '') output.styled(`${chart}\n`);
}

/** How many updates to make: what --steps says, or as many as --epochs take. `length` is that of the rows. */
function countSteps(length: number | undefined, { steps, epochs, k1, accumulate }: TrainValues): number {
  if (length === undefined && steps === undefined) {
    throw new BpttError('invalid-argument', '--steps: expected it for a text that is read as training goes, got none');
  }
  if (steps === undefined) return Math.ceil((epochs! * Math.ceil(length! / k1)) / accumulate);
  if (epochs === undefined) return steps;
  throw new BpttError('invalid-argument', `--steps: expected no --epochs beside it, got ${epochs}`);
}

/** Samples of what the model says so far, each with the same prompt and seed. */
class Sampler {
  readonly #vocabulary: Tokenizer;
  readonly #values: TrainValues;
  readonly #prompt: Int32Array;

  constructor(vocabulary: Tokenizer, values: TrainValues, first: string) {
    this.#vocabulary = vocabulary;
    this.#values = values;
    this.#prompt = encodePrompt(vocabulary, values.prompt ?? first);
  }

  report(model: Model, step: number, reporter: Reporter): void {
    const { length, temperature, seed } = this.#values;
    if (length === 0) return;
    const tokens = [...generate(model, { prompt: this.#prompt, length, temperature, seed })];
    reporter.sample(step, this.#vocabulary.decode([...this.#prompt, ...tokens]));
  }
}
