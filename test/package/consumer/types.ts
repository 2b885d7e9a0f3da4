// A consumer in TypeScript: the types must be found, and be right. Each wrong use must be an error, so that a type that is
// not found, and then any, is one.
import {
  adam,
  type Batch,
  BpttError,
  characters,
  createModel,
  dense,
  elman,
  generate,
  type Model,
  type StepEvent,
  type TrainEvent,
  textStream,
  tokens,
  train,
} from 'bptt';
import { loadModel, saveModel } from 'bptt/node';
import { fitPipeline, type Pipeline, readCsv, type Series } from 'bptt/series';
import { type Tokenizer, words } from 'bptt/tokenizers';
import { trainInWorker, workers } from 'bptt/worker';

export async function learn(text: string): Promise<number[]> {
  const vocabulary = characters(text);
  const model: Model = await createModel([
    tokens(vocabulary.size),
    elman({ units: 8, activation: 'relu' }),
    dense({ units: vocabulary.size }),
  ]);
  const losses: number[] = [];
  const data = textStream(vocabulary.encode(text), { batch: 2 });
  for await (const event of train(model, { data, loss: 'cross-entropy', optimizer: adam(), steps: 3 })) {
    if (event.type === 'step') losses.push(event.loss);
  }
  const written: string = vocabulary.decode([...generate(model, { prompt: [0], length: 5 })]);
  await saveModel(model, written);
  const { model: loaded } = await loadModel(written);
  const parameters: Float32Array | Float64Array = loaded.parameters()[0]!.data;
  return [...losses, parameters.length];
}

export const lossOf = (event: TrainEvent): number | undefined => ('loss' in event ? event.loss : undefined);
export const codeOf = (error: unknown) => (error instanceof BpttError ? error.code : undefined);

export const tokenizers = (text: string): readonly Tokenizer[] => [characters(text), words(text, { minimum: 1 })];
export function fitted(text: string): Pipeline {
  const series: Series = readCsv(text, { missing: 'previous' });
  return fitPipeline(series, { from: 0, to: series.length }, { targets: ['x'], calendar: ['weekday'] });
}

export function elsewhere(model: Model, data: readonly Batch[], worker: Worker): AsyncGenerator<TrainEvent>[] {
  const options = { data, loss: 'cross-entropy', optimizer: adam(), steps: 3 } as const;
  const parallel = workers({ count: 2, worker: () => new Worker('worker.js') });
  return [trainInWorker(model, { ...options, worker }), train(model, { ...options, parallel })];
}

// @ts-expect-error no such policy
readCsv('', { missing: 'zero' });
// @ts-expect-error units are a number
elman({ units: 'many' });
// @ts-expect-error there is no such activation
elman({ units: 8, activation: 'softplus' });
// @ts-expect-error a step has no such field
export const wrong = (event: StepEvent) => event.perplexity;
// @ts-expect-error a model is more than this
saveModel({}, 'model.safetensors');
// @ts-expect-error no such code
export const isWrong = (error: BpttError) => error.code === 'no-such-code';
// @ts-expect-error internal members are not part of the types
export const internal = (model: Model) => model.network;
