// @ts-check
/** Valid calls of the core: `import { … } from 'bptt'`. */
import * as bptt from '../../../build/index.js';
import { workers } from '../../../build/worker.js';
import {
  B,
  batch,
  follower,
  ids,
  input,
  objective,
  reals,
  several,
  severalBatch,
  severalInput,
  speaker,
  T,
  training,
  V,
} from './models.js';

/** What ends a training soon, whatever its options say. */
const few = () => {
  const control = new AbortController();
  let left = 8;
  const onEvent = () => {
    if (--left === 0) control.abort();
  };
  return { signal: control.signal, onEvent };
};

const kernels = await (async () => {
  const { readFile } = await import('node:fs/promises');
  return readFile(new URL('../../../build/kernels/f32.wasm', import.meta.url));
})();

/** @type {Readonly<Record<string, readonly import('../table.js').Row[]>>} */
export const core = {
  // What the package makes and users are given.
  'bptt.BpttError.new': [],
  'bptt.NonFiniteError.new': [],
  'bptt.Model.new': [],
  'bptt.backpropagate': [
    async () => {
      const model = await speaker();
      return { args: [model, batch(), objective(), model.zeroState(B)] };
    },
    async () => ({
      args: [
        await several(),
        severalBatch(),
        { loss: { next: 'cross-entropy', level: { loss: 'mean-squared-error', weight: 2 } } },
      ],
    }),
    async () => ({ args: [await speaker(), batch(), { loss: 'cross-entropy', memoryBudget: 200_000 }] }),
  ],
  'bptt.checkGradients': [
    async () => {
      const model = await speaker('f64');
      return {
        args: [
          model,
          batch(),
          { ...objective(), regularization: { l1: 0, l2: 0.1, biases: true }, epsilon: 1e-5 },
          model.zeroState(B),
        ],
      };
    },
  ],
  'bptt.sequences': [
    () => ({
      args: [
        [
          { inputs: reals(4), targets: reals(2) },
          { inputs: reals(6), targets: reals(3) },
        ],
        { batch: 2, features: 2, returns: 'all', shuffle: 1, bucket: true },
      ],
    }),
    () => ({ args: [[{ inputs: ids(), targets: Int32Array.of(1) }], { batch: 1, returns: 'last' }] }),
  ],
  'bptt.Dataset.batches': [
    () => ({
      on: bptt.sequences([{ inputs: reals(4), targets: reals(2) }], { batch: 1, features: 2, shuffle: 1 }),
      args: [0, 0],
    }),
  ],
  'bptt.split': [() => ({ args: [ids(), 0.5] }), () => ({ args: [[1, 2, 3, 0], 0.5] })],
  'bptt.textStream': [() => ({ args: [ids(), { batch: 2 }] }), () => ({ args: [[0, 1, 2], { batch: 1 }] })],
  'bptt.generate': [
    async () => {
      const model = await speaker();
      const options = {
        temperature: 0.8,
        topK: 3,
        topP: 0.9,
        repetitionPenalty: 1.1,
        repetitionWindow: 4,
        seed: 1,
        logProbabilities: true,
      };
      return {
        args: [
          model,
          {
            ...options,
            prompt: [1, 2],
            length: 3,
            stop: [[3, 3], Int32Array.of(2, 2)],
            state: model.zeroState(1),
            signal: new AbortController().signal,
          },
        ],
      };
    },
  ],
  'bptt.evaluate': [
    async () => {
      const model = await speaker();
      return { args: [model, batch(), { loss: 'cross-entropy', reduction: 'sum' }, model.zeroState(B)] };
    },
    async () => ({
      args: [await several(), [severalBatch()], { loss: { next: 'cross-entropy', level: 'mean-squared-error' } }],
    }),
  ],
  'bptt.createModel': [
    () => ({
      args: [
        [
          bptt.features(2),
          bptt.dense({ units: 2, activation: 'leaky-relu' }),
          bptt.activation({ function: 'elu', alpha: 0.5 }),
        ],
      ],
    }),
    () => ({
      args: [
        [bptt.tokens(V), bptt.elman({ units: 2 }), bptt.dense({ units: V })],
        { dtype: 'f32', relaxed: false, threads: 1, seed: 1, kinds: [bptt.add], kernels: { bytes: kernels } },
      ],
    }),
    async () => ({
      args: [
        [bptt.features(2), bptt.dropout({ rate: 0.1 })],
        { kernels: { module: await WebAssembly.compile(kernels) } },
      ],
    }),
    () => ({
      args: [
        [bptt.features(2), bptt.dropout({ rate: 0.1 })],
        { kernels: { url: `data:application/wasm;base64,${kernels.toString('base64')}` } },
      ],
    }),
  ],
  'bptt.serializeState': [async () => ({ args: [(await speaker()).forward(input()).state] })],
  'bptt.deserializeState': [
    async () => ({ args: [bptt.serializeState((await speaker()).forward(input()).state), 'state.bin'] }),
  ],
  'bptt.Model.setParameter': [async () => ({ on: await speaker(), args: ['dense.bias', [1, 2, 3, 4]] })],
  'bptt.Model.zeroState': [async () => ({ on: await speaker(), args: [2] })],
  'bptt.Model.forward': [
    async () => {
      const model = await speaker();
      return { on: model, args: [input(), model.zeroState(B)] };
    },
    async () => ({ on: await several(), args: [severalInput()] }),
    async () => ({ on: await follower(), args: [{ steps: T, rows: B, inputs: reals(T * B * 2), lengths: [T, 1] }] }),
  ],
  'bptt.deserialize': [
    async () => ({
      args: [
        bptt.serialize(await speaker()),
        { dtype: 'f32', relaxed: false, threads: 1, kernels: { bytes: kernels }, kinds: [bptt.add] },
        'file',
      ],
    }),
  ],
  'bptt.serialize': [async () => ({ args: [await speaker(), { metadata: { made: 'here' } }] })],
  'bptt.characters': [() => ({ args: ['abc', { unknown: '?' }] })],
  'bptt.Vocabulary.fromJSON': [
    () => ({ args: [JSON.parse(JSON.stringify(bptt.characters('abc', { unknown: '?' })))] }),
  ],
  'bptt.Vocabulary.encode': [() => ({ on: bptt.characters('abc', { unknown: '?' }), args: ['abc'] })],
  'bptt.Vocabulary.decode': [() => ({ on: bptt.characters('abc'), args: [[0, 1]] })],
  'bptt.fit': [
    async () => ({ args: [await speaker(), { ...training(), ...few() }] }),
    async () => ({
      args: [
        await speaker(),
        {
          data: ids(),
          validation: ids(),
          batch: 2,
          loss: 'cross-entropy',
          epochs: 1,
          trainer: bptt.train,
          optimizer: bptt.sgd({ learningRate: 0.1, momentum: 0.9 }),
        },
      ],
    }),
    async () => ({
      args: [
        await follower(),
        {
          data: [{ inputs: reals(6), targets: reals(3) }],
          features: 2,
          batch: 1,
          clip: { value: 1 },
          loss: 'mean-squared-error',
          memoryBudget: 200_000,
          steps: 1,
        },
      ],
    }),
    async () => ({
      args: [
        await speaker(),
        {
          data: { batches: () => [batch()] },
          loss: 'cross-entropy',
          steps: 1,
          optimizer: bptt.adamw({
            weightDecay: 0.1,
            learningRate: bptt.plateau({ from: 0.1, factor: 0.5, patience: 2 }),
          }),
          validation: [batch()],
          groups: [{ match: 'dense*', weightDecay: 0.1 }],
        },
      ],
    }),
    async () => ({
      args: [
        await speaker(),
        { data: [batch()], loss: 'cross-entropy', steps: 1, parallel: { ...workers({ count: 1, blocks: 1 }) } },
      ],
      slow: true,
    }),
  ],
  'bptt.learningRateRange': [
    async () => {
      const { data, optimizer: _, steps: __, ...rest } = training();
      const { loss, reduction, truncation, seed, clip, regularization } = rest;
      return {
        args: [
          await speaker(),
          {
            data,
            loss,
            reduction,
            truncation,
            seed,
            clip,
            regularization,
            optimizer: bptt.rmsprop({ learningRate: 0.1 }),
            from: 1e-4,
            to: 1e-2,
            steps: 5,
            signal: new AbortController().signal,
          },
        ],
      };
    },
  ],
  'bptt.train': [
    async () => ({ args: [await speaker(), training()] }),
    async () => ({
      args: [
        await several(),
        {
          data: [severalBatch()],
          loss: { next: 'cross-entropy', level: { loss: 'mean-squared-error', weight: 1 } },
          steps: 1,
          optimizer: bptt.adagrad({ learningRate: bptt.linear({ from: 0.1, to: 0, steps: 4 }) }),
        },
      ],
    }),
    async () => {
      const model = await speaker();
      const options = {
        data: [batch()],
        loss: 'cross-entropy',
        steps: 1,
        optimizer: bptt.adam(),
        checkpoint: { every: 1 },
      };
      /** @type {unknown} */
      let resume;
      for await (const event of bptt.train(model, options)) if ('bytes' in event) resume = event.bytes;
      return { args: [model, { ...options, steps: 2, resume }] };
    },
  ],
};
