// What every engine must compute to the last bit: small models trained for some updates, each reduced to the SHA-256 of
// its parameters, and of what it then computes outside training. Bundled into one module by run.js; the default export is what
// an engine runs.
import { beamSearch, perplexity, score } from '../../../src/generation/index.ts';
import {
  adam,
  createModel,
  type Dtype,
  evaluate,
  generate,
  type LossOption,
  type Model,
  type TrainEvent,
  type TrainOptions,
  train,
} from '../../../src/index.ts';
import { trainInWorker, type WorkersOptions, workers } from '../../../src/worker/index.ts';
import { type Case, cases } from './cases.ts';

/** SHA-256 of the trained models, by the name of the case. */
export default async function hashes(): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  for (const dtype of ['f32', 'f64'] as const) {
    for (const [name, one] of Object.entries(cases())) {
      results[`${name}, ${dtype}`] = await hashAfterTraining(name, one, dtype);
    }
    for (const name of ELSEWHERE) {
      for (const [where, trainer] of Object.entries(elsewhere)) {
        results[`${name}, ${dtype}, ${where}`] = await hashAfterTraining(name, cases()[name]!, dtype, trainer);
      }
    }
  }
  return results;
}

/** The cases that are trained in workers too: with random masks, and activations that are kept from window to window. */
const ELSEWHERE = ['dropout, k1=5 k2=9', 'two inputs and two losses, k1=5 k2=9'];

const inBlocks =
  (options: WorkersOptions): Trainer =>
  (model, training) =>
    train(model, { ...training, parallel: workers({ blocks: 4, ...options }) });

/** The first must have the bits of training in the main thread, the others those of each other. */
const elsewhere: Readonly<Record<string, Trainer>> = {
  'in a worker': trainInWorker,
  'in blocks by one worker': inBlocks({ count: 1 }),
  'in blocks by two workers': inBlocks({ count: 2 }),
  'in blocks by four workers without shared memory': inBlocks({ count: 4, sharedMemory: false }),
};

type Trainer = (model: Model, options: TrainOptions) => AsyncIterable<TrainEvent>;

/** The SHA-256 of a case. */
export async function hashAfterTraining(
  name: string,
  one: Case,
  dtype: Dtype,
  trainer: Trainer = train,
  threads = 1,
): Promise<string> {
  const { truncation, updates, learningRate, clip, groups, data } = one;
  const model = await createModel(one.model, { seed: 7, dtype, threads });
  const loss = typeof one.loss === 'function' ? await one.loss() : (one.loss ?? 'cross-entropy');
  const losses: number[] = [];
  let clipped = 0;
  for await (const event of trainer(model, {
    data,
    loss,
    ...(truncation && { truncation }),
    ...(groups && { groups }),
    optimizer: adam({ learningRate }),
    clip: { norm: clip },
    steps: updates,
    seed: 2 ** 32 + 3, // both halves of a seed
  })) {
    if (event.type !== 'step') continue;
    losses.push(event.loss);
    if (event.gradientNorm > clip) clipped++;
  }
  // A fixture that does not train, or never or always clips, would show less than it says.
  const [before, after] = [mean(losses.slice(0, 10)), mean(losses.slice(-10))];
  if (losses.length !== updates || clipped === 0 || clipped === updates || !(after < before)) {
    throw new Error(`${name}: ${losses.length} updates, ${clipped} clipped, loss from ${before} to ${after}`);
  }
  return sha256([
    ...model.parameters().map(({ data: values }) => values),
    ...(one.evaluated ? outside(model, one, loss) : []),
    ...(one.said ? await said(model, one.said) : []),
  ]);
}

/** What a model computes of its data where nothing is random: outputs, last states and the loss. */
function outside(model: Model, { data }: Case, loss: LossOption): readonly (Float32Array | Float64Array)[] {
  const results = [Float64Array.of(evaluate(model, data, { loss }).loss)] as (Float32Array | Float64Array)[];
  for (const { steps, rows, inputs, lengths } of data) {
    const { named, state } = model.forward({ steps, rows, inputs, ...(lengths && { lengths }) });
    results.push(...Object.values(named), ...state.layers);
  }
  return results;
}

/** What a model says, and how likely it finds it. */
async function said(model: Model, { drawn, searched }: NonNullable<Case['said']>): Promise<readonly Float64Array[]> {
  const results: Float64Array[] = [];
  for (const options of drawn) {
    const given = [...generate(model, { ...options, logProbabilities: true })];
    results.push(Float64Array.from(given.flatMap((one) => [one.token, one.logProbability, one.probability])));
    const text = given.map(({ token }) => token);
    results.push(Float64Array.of(perplexity(model, text).perplexity, score(model, [text])[0]!.logProbability));
  }
  for (const hypothesis of await beamSearch(model, searched)) {
    results.push(Float64Array.of(...hypothesis.tokens, hypothesis.score));
  }
  return results;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function sha256(parts: readonly (Float32Array | Float64Array)[]): Promise<string> {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const { buffer, byteOffset, byteLength } of parts) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), offset);
    offset += byteLength;
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
