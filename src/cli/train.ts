// `bptt train`: from a text to a model file.
import { checkWritable, writeFileAtomic } from '../atomic-file.ts';
import { CheckpointFiles, type FoundCheckpoint } from '../checkpoint-files.ts';
import { BpttError } from '../errors.ts';
import { characters, createModel, generate, type Model, serialize, split, textStream, train } from '../index.ts';
import type { Vocabulary } from '../text.ts';
import type { Output } from './output.ts';
import { createReporter, type Reporter } from './report.ts';
import { COMMAND, commandOf } from './resume.ts';
import type { Text } from './text-file.ts';
import { describeModel, describeTraining, type TrainValues } from './train-flags.ts';

const EPOCHS = 15;
/** How often things happen in all when their flags do not say. */
const VALIDATIONS = 20;
const SAMPLES = 5;
const LINES = 50;
const CHECKPOINTS = 20;

/** The name of the vocabulary in a model file's metadata. */
export const VOCABULARY = 'vocabulary';

/**
 * Trains on a text and writes the model, also when `interrupted` aborts before all steps are made. Nothing is written when
 * anything fails, and what could fail is tried before the training.
 *
 * @returns whether all steps were made.
 */
export async function trainCommand(
  source: Text & { readonly path: string | undefined },
  values: TrainValues,
  output: Output,
  interrupted: AbortSignal,
  left?: FoundCheckpoint,
): Promise<boolean> {
  const { name, text } = source;
  const vocabulary = characters(text);
  const tokens = vocabulary.encode(text);
  const { training, validation } = prepare(tokens, values);
  const steps = countSteps(training.steps, values);
  const { out, validateEvery = Math.ceil(steps / VALIDATIONS), sampleEvery = Math.ceil(steps / SAMPLES) } = values;
  const sampler = new Sampler(vocabulary, values, text);
  const options = describeTraining(values, steps);
  const { seed, dtype, relaxed } = values;
  const model = await createModel(describeModel(values, vocabulary.size), { seed, dtype, relaxed });
  await checkWritable(out);
  const files = new CheckpointFiles(out, { keep: values.keep });
  await checkFresh(files, values);
  const every = values.checkpointEvery ?? Math.min(1000, Math.ceil(steps / CHECKPOINTS));
  const metadata = { [VOCABULARY]: JSON.stringify(vocabulary) };
  const command = commandOf(source.path, source, values);

  const events = train(model, {
    ...options,
    data: training,
    ...(validation === undefined ? {} : { validation }),
    ...(validation === undefined || validateEvery === 0 ? {} : { validateEvery }),
    ...(every > 0 && { checkpoint: { every, metadata: { ...metadata, [COMMAND]: command } } }),
    ...(left !== undefined && { resume: left.bytes }),
    signal: AbortSignal.any([interrupted, output.closed]),
  });

  const reporter = createReporter(output, values.json, values.logEvery ?? Math.ceil(steps / LINES));
  const begin = performance.now();
  let step = left?.step ?? 0;
  let reason = '';
  let validationLoss: number | undefined;
  try {
    reporter.start({
      text: name,
      characters: tokens.length,
      vocabulary: vocabulary.size,
      trainingCharacters: training.targets + 1,
      validationCharacters: validation === undefined ? 0 : validation.targets + 1,
      parameters: model.parameterCount,
      steps,
      ...(left !== undefined && { resumed: left.step }),
    });
    for (const { reason: why } of left?.damaged ?? []) reporter.warning(why);
    for await (const event of events) {
      step = event.step;
      if (event.type === 'step') {
        const { epoch, loss, gradientNorm, learningRate, tokens: characters, tokensPerSecond } = event;
        reporter.step({
          step,
          epoch,
          loss,
          gradientNorm,
          learningRate,
          characters,
          charactersPerSecond: tokensPerSecond,
        });
        if (sampleEvery > 0 && step % sampleEvery === 0 && step < steps) sampler.report(model, step, reporter);
      } else if (event.type === 'validation') {
        validationLoss = event.loss;
        reporter.validation(step, event.loss);
      } else if (event.type === 'checkpoint') {
        reporter.checkpoint(step, await files.write(event));
      } else {
        reason = event.reason;
      }
    }
    if (reason !== 'aborted') sampler.report(model, step, reporter);
    const bytes = serialize(model, { metadata });
    await writeFileAtomic(out, bytes);
    reporter.saved(out, bytes.length);
    // What is done needs no more to go on from.
    if (reason !== 'aborted') await files.clear();
    reporter.end({ step, reason, seconds: (performance.now() - begin) / 1000, validationLoss });
  } finally {
    reporter.close();
  }
  return reason !== 'aborted';
}

/** Checkpoints of another training are not to be mixed with those of this one. */
async function checkFresh(files: CheckpointFiles, { resume, restart, out }: TrainValues): Promise<void> {
  if (resume && restart) {
    throw new BpttError('invalid-argument', '--restart: expected it without --resume, got both');
  }
  const [newest] = resume ? [] : await files.steps();
  if (newest === undefined) return;
  if (!restart) {
    throw new BpttError(
      'bad-file',
      `${out}: expected no unfinished training of it, got a checkpoint of step ${newest}: --resume goes on with it, --restart removes it`,
    );
  }
  await files.clear();
}

/** Cuts the tokens into the streams to train and to validate on. */
function prepare(tokens: Int32Array<ArrayBuffer>, { validation: fraction, batch }: TrainValues) {
  const parts = fraction > 0 ? split(tokens, fraction) : { training: tokens, validation: undefined };
  const pairs = parts.training.length - 1;
  if (batch > pairs) {
    throw new BpttError(
      'invalid-argument',
      `--batch: expected at most ${pairs} for a training text of ${pairs + 1} characters, got ${batch}`,
    );
  }
  const training = textStream(parts.training, { batch });
  if (parts.validation === undefined) return { training, validation: undefined };
  // A short validation text has fewer rows; the loss per character is of all its characters in any case.
  return {
    training,
    validation: textStream(parts.validation, { batch: Math.min(batch, parts.validation.length - 1) }),
  };
}

/** How many updates to make: what --steps says, or as many as --epochs take. `length` is that of the rows. */
function countSteps(length: number, { steps, epochs, k1 }: TrainValues): number {
  if (steps === undefined) return (epochs ?? EPOCHS) * Math.ceil(length / k1);
  if (epochs === undefined) return steps;
  throw new BpttError('invalid-argument', `--steps: expected no --epochs beside it, got ${epochs}`);
}

/** Samples of what the model says so far, each with the same prompt and seed. */
class Sampler {
  readonly #vocabulary: Vocabulary;
  readonly #values: TrainValues;
  readonly #prompt: Int32Array;

  constructor(vocabulary: Vocabulary, values: TrainValues, text: string) {
    this.#vocabulary = vocabulary;
    this.#values = values;
    this.#prompt = encodePrompt(vocabulary, values.prompt ?? String.fromCodePoint(text.codePointAt(0)!));
  }

  report(model: Model, step: number, reporter: Reporter): void {
    const { length, temperature, seed } = this.#values;
    if (length === 0) return;
    const tokens = [...generate(model, { prompt: this.#prompt, length, temperature, seed })];
    reporter.sample(step, this.#vocabulary.decode([...this.#prompt, ...tokens]));
  }
}

/** The tokens of --prompt, or of another flag. */
export function encodePrompt(vocabulary: Vocabulary, prompt: string, flag = '--prompt'): Int32Array {
  if (prompt === '')
    throw new BpttError('invalid-argument', `${flag}: expected at least one character, got an empty text`);
  try {
    return vocabulary.encode(prompt);
  } catch (cause) {
    if (!(cause instanceof BpttError)) throw cause;
    throw new BpttError(cause.code, cause.message.replace('encode(text)', flag), { cause });
  }
}
