// A consumer in TypeScript: the types must be found, and be right. Each wrong use must be an error, so that a type that is
// not found, and then any, is one.
import {
  adam,
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
