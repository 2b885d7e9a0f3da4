// Users' own layers: right gradients, the bits of built-in twins, files, and what is refused.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Batch,
  backpropagate,
  checkGradients,
  constant,
  createModel,
  dense,
  deserialize,
  elman,
  features,
  glorotUniform,
  lstm,
  type Model,
  type ModelDescription,
  NonFiniteError,
  serialize,
  sgd,
  tokens,
  train,
} from '../../src/index.ts';
import { defineLayer } from '../../src/own/index.ts';

const swish = defineLayer({
  kind: 'swish',
  options: { beta: 1 },
  forward({ x: [x], y, options: { beta } }) {
    for (let i = 0; i < y.length; i++) y[i] = x[i]! / (1 + Math.exp(-beta * x[i]!));
  },
  backward({ x: [x], dy, dx: [dx], options: { beta } }) {
    for (let i = 0; i < dx.length; i++) {
      const s = 1 / (1 + Math.exp(-beta * x[i]!));
      dx[i] = dy[i]! * (s + beta * x[i]! * s * (1 - s));
    }
  },
});

/** y = W x + b, as a user would write a dense layer. */
const affine = defineLayer({
  kind: 'affine',
  options: { units: 2 },
  output: (_, { units }) => units,
  parameters: ([size], { units }) => ({
    weight: { shape: [size, units], initializer: glorotUniform() },
    bias: { shape: [units] },
  }),
  forward({ rows, sizes: [I], size: O, ld, x: [x], y, parameters: { weight, bias } }) {
    for (let r = 0; r < rows; r++) {
      for (let o = 0; o < O; o++) {
        let sum = bias[o]!;
        for (let i = 0; i < I; i++) sum += x[r * ld(I) + i]! * weight[i * ld(O) + o]!;
        y[r * ld(O) + o] = sum;
      }
    }
  },
  backward({ rows, sizes: [I], size: O, ld, x: [x], dx: [dx], dy, parameters: { weight }, gradients }) {
    for (let r = rows - 1; r >= 0; r--) {
      for (let o = 0; o < O; o++) gradients.bias[o]! += dy[r * ld(O) + o]!;
      for (let i = 0; i < I; i++) {
        let sum = 0;
        for (let o = 0; o < O; o++) {
          sum += weight[i * ld(O) + o]! * dy[r * ld(O) + o]!;
          gradients.weight[i * ld(O) + o]! += x[r * ld(I) + i]! * dy[r * ld(O) + o]!;
        }
        dx[r * ld(I) + i] = sum;
      }
    }
  },
});

/** The product of two entries. */
const product = defineLayer({
  kind: 'product',
  ports: 'several',
  forward({ x: [a, b], y }) {
    for (let i = 0; i < y.length; i++) y[i] = a[i]! * b![i]!;
  },
  backward({ x: [a, b], dx: [da, db], dy }) {
    for (let i = 0; i < dy.length; i++) {
      da[i] = dy[i]! * b![i]!;
      db![i] = dy[i]! * a[i]!;
    }
  },
});

/** Writes what must not be seen: 1 between the rows. */
const careless = defineLayer({
  kind: 'careless',
  forward({ x: [x], y, rows, size, ld }) {
    y.fill(1);
    for (let r = 0; r < rows; r++) for (let j = 0; j < size; j++) y[r * ld(size) + j] = x[r * ld(size) + j]!;
    y[y.length] = 7;
    y[-1] = 7;
  },
  backward({ dy, dx: [dx], rows, size, ld }) {
    dx.fill(1);
    for (let r = 0; r < rows; r++) for (let j = 0; j < size; j++) dx[r * ld(size) + j] = dy[r * ld(size) + j]!;
  },
});

const F = 3;
const O = 2;

function batchOf(T: number, B: number, outputs = O): Batch {
  const numbers = (count: number, k: number) => Float64Array.from({ length: count }, (_, i) => ((i * k) % 11) / 5 - 1);
  return { steps: T, rows: B, inputs: numbers(T * B * F, 7), targets: numbers(T * B * outputs, 5) };
}

const objective = { loss: 'mean-squared-error' } as const;

describe('gradients of own layers', () => {
  const stacks: Readonly<Record<string, ModelDescription>> = {
    elementwise: [features(F), lstm({ units: 5 }), swish({ beta: 1.5 }), dense({ units: O })],
    'with parameters, first': [features(F), affine({ units: 4 }), elman({ units: 4 }), dense({ units: O })],
    'with parameters, last': [features(F), elman({ units: 5 }), affine({ units: O })],
    'of one output a row': [features(F), elman({ units: 5, returns: 'last' }), swish(), affine({ units: O })],
    'careless of padding': [features(F), elman({ units: 5 }), careless(), dense({ units: O })],
    'of several entries, one of them read twice': [
      features(F),
      elman({ units: 5, name: 'a' }),
      swish({ name: 'b', from: 'a' }),
      product({ from: ['a', 'b'] }),
      dense({ units: O }),
    ],
  };
  const last = 'of one output a row';

  it.each(Object.entries(stacks))('%s are right', async (name, description) => {
    const model = await createModel(description, { dtype: 'f64', seed: 2 });
    const batch = batchOf(6, 3);
    const cut = name === last ? { ...batch, targets: batch.targets.slice(0, 3 * O) as Float64Array } : batch;
    const truncations = name === last ? [undefined] : [undefined, { k1: 2, k2: 4 }];
    for (const truncation of truncations) {
      const errors = checkGradients(model, cut, { ...objective, ...(truncation && { truncation }) });
      expect(errors.map((error) => error.name)).toEqual(model.parameters().map((parameter) => parameter.name));
      for (const { name, relativeError } of errors) expect(relativeError, name).toBeLessThan(1e-7);
    }
  });

  it('are the same bits in parts as in one, where rows are added from the last to the first', async () => {
    const model = await createModel(stacks['with parameters, last']!, { seed: 2 });
    const batch = { ...batchOf(40, 3), inputs: Float32Array.from(batchOf(40, 3).inputs) };
    const gradientsOf = (more: object) => {
      [...backpropagate(model, batch, { ...objective, ...more })];
      return model.gradients();
    };
    expect(gradientsOf({ memoryBudget: 6000 })).toEqual(gradientsOf({}));
  });

  it('that are wrong are found', async () => {
    const wrong = defineLayer({
      kind: 'wrong',
      forward: ({ x: [x], y }) => y.set(x.map((value) => value * value)),
      backward: ({ dy, dx: [dx] }) => dx.set(dy),
    });
    const model = await createModel([features(F), elman({ units: 5 }), wrong(), dense({ units: O })], { dtype: 'f64' });
    const errors = checkGradients(model, batchOf(4, 2), objective);
    expect(errors[0]!.relativeError).toBeGreaterThan(0.1);
  });
});

describe('an own layer', () => {
  it.each(['f32', 'f64'] as const)('has the bits of a built-in twin in %s', async (dtype) => {
    const scaled = defineLayer({
      kind: 'one',
      parameters: ([size]) => ({ scale: { shape: [size], initializer: constant(1) } }),
      forward({ rows, size, ld, x: [x], y, parameters: { scale } }) {
        for (let r = 0; r < rows; r++) for (let j = 0, i = r * ld(size); j < size; j++, i++) y[i] = scale[j]! * x[i]!;
      },
      backward({ rows, size, ld, x: [x], dy, dx: [dx], parameters: { scale }, gradients }) {
        for (let r = rows - 1; r >= 0; r--) {
          for (let j = 0, i = r * ld(size); j < size; j++, i++) {
            dx[i] = scale[j]! * dy[i]!;
            gradients.scale[j]! += x[i]! * dy[i]!;
          }
        }
      },
    });
    const around = (...own: readonly ReturnType<typeof scaled>[]) =>
      [features(F), lstm({ units: 5 }), ...own, dense({ units: O })] as ModelDescription;
    const twin = await createModel(around(), { dtype, seed: 3 });
    const own = await createModel(around(scaled()), { dtype, seed: 3 });
    for (const { name, data } of twin.parameters()) own.setParameter(name, data);
    const Real = dtype === 'f32' ? Float32Array : Float64Array;
    const batch = batchOf(5, 3);
    const real = { ...batch, inputs: Real.from(batch.inputs), targets: Real.from(batch.targets) };
    expect([...backpropagate(own, real, objective)].map(({ loss }) => loss)).toEqual(
      [...backpropagate(twin, real, objective)].map(({ loss }) => loss),
    );
    const gradients = new Map(own.gradients().map(({ name, data }) => [name, data]));
    for (const { name, data } of twin.gradients()) expect(gradients.get(name), name).toEqual(data);
    expect(own.parameters().map(({ name, shape }) => [name, shape])).toContainEqual(['one.scale', [5]]);
  });

  it('sees new views when the memory has grown', async () => {
    const model = await createModel([features(F), swish(), dense({ units: O })], { seed: 1 });
    const batch = batchOf(4, 2);
    const input = { steps: 4, rows: 2, inputs: Float32Array.from(batch.inputs) };
    const before = model.forward(input).outputs;
    const events = train(model, {
      data: [{ ...batch, inputs: input.inputs, targets: Float32Array.from(batch.targets) }],
      ...objective,
      optimizer: sgd({ learningRate: 1e-9 }),
      steps: 3,
    });
    await events.next();
    model.network.arena.allocate(1 << 20);
    for await (const _ of events);
    expect(Math.abs(model.forward(input).outputs[0]! - before[0]!)).toBeLessThan(1e-6);
  });

  it('has names of parameters of its own, and takes names and options as others do', async () => {
    const model = await createModel([
      features(F),
      affine({ units: 4 }),
      affine({ name: 'head' }),
      affine({ units: O }),
    ]);
    expect(model.parameters().map(({ name, shape }) => [name, shape])).toEqual([
      ['affine.weight', [F, 4]],
      ['head.weight', [4, 2]],
      ['affine1.weight', [2, O]],
      ['affine.bias', [4]],
      ['head.bias', [2]],
      ['affine1.bias', [O]],
    ]);
    expect(model.description[1]).toEqual({ kind: 'own:affine', units: 4 });
  });
});

describe('files with own layers', () => {
  let model: Model;
  beforeAll(async () => {
    model = await createModel([features(F), elman({ units: 4 }), swish({ beta: 2 }), affine({ units: O })], {
      seed: 4,
    });
  });

  it('come back where the kinds are handed in', async () => {
    const { model: again } = await deserialize(serialize(model), { kinds: [swish, affine] });
    expect(again.parameters()).toEqual(model.parameters());
    expect(again.description).toEqual(model.description);
    const input = { steps: 2, rows: 1, inputs: Float32Array.of(1, 2, 3, 4, 5, 6) };
    expect(again.forward(input)).toEqual(model.forward(input));
  });

  it('are refused without, with what to hand in', async () => {
    await expect(deserialize(serialize(model))).rejects.toThrow(
      /^model file, description: model\[2\]\.kind: expected one of 'embedding', .*, got "own:swish"; .*kinds: \[swish\]$/,
    );
    await expect(deserialize(serialize(model), { kinds: [swish] })).rejects.toThrow(/kinds: \[affine\]$/);
    await expect(deserialize(serialize(model), { kinds: [() => ({})] })).rejects.toThrow(
      /^deserialize\.kinds\[0\]: expected a function that describes layers, got /,
    );
  });

  it('can be made from their description', async () => {
    const description = JSON.parse(JSON.stringify(model.description)) as ModelDescription;
    await expect(createModel(description)).rejects.toThrow(/kinds: \[swish\]$/);
    const again = await createModel(description, { kinds: [swish, affine], seed: 4 });
    expect(again.parameters()).toEqual(model.parameters());
  });

  it('are gone on with from checkpoints', async () => {
    const batch = batchOf(4, 2);
    const data = [{ ...batch, inputs: Float32Array.from(batch.inputs), targets: Float32Array.from(batch.targets) }];
    const run = async (resume?: Uint8Array) => {
      const fresh = await createModel(model.description, { seed: 4 });
      const options = {
        data,
        ...objective,
        optimizer: sgd({ learningRate: 0.1 }),
        epochs: 4,
        checkpoint: { every: 2 },
      };
      let checkpoint: Uint8Array | undefined;
      for await (const event of train(fresh, { ...options, ...(resume && { resume }) })) {
        if (event.type === 'checkpoint') checkpoint ??= event.bytes;
      }
      return { checkpoint, parameters: fresh.parameters() };
    };
    const whole = await run();
    expect((await run(whole.checkpoint)).parameters).toEqual(whole.parameters);
  });
});

describe('errors in own layers', () => {
  const nothing = { forward: () => {}, backward: () => {} };
  const failing = defineLayer({
    kind: 'failing',
    options: { where: 'forward' },
    forward({ x: [x], y, options: { where } }) {
      y.set(x);
      if (where === 'forward') throw new RangeError('no');
      if (where === 'NaN forward') y[0] = Number.NaN;
    },
    backward({ dy, dx: [dx], options: { where } }) {
      dx.set(dy);
      if (where === 'backward') throw new RangeError('no');
      if (where === 'NaN backward') dx[1] = Number.NaN;
    },
  });
  const run = async (where: string) => {
    const model = await createModel([features(F), elman({ units: 4 }), failing({ where }), dense({ units: O })]);
    const batch = batchOf(4, 2);
    const data = [{ ...batch, inputs: Float32Array.from(batch.inputs), targets: Float32Array.from(batch.targets) }];
    for await (const _ of train(model, { data, ...objective, optimizer: sgd({ learningRate: 0.1 }), steps: 1 }));
  };

  it.each(['forward', 'backward'])('what %s throws comes with the name of the layer', async (where) => {
    const error = await run(where).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'invalid-argument',
      message: `model[2] (own:failing).${where}: expected it to return, got RangeError: no`,
      cause: new RangeError('no'),
    });
  });

  it.each(['forward', 'backward'])('NaN in %s is an error that names the layer', async (where) => {
    const error = await run(`NaN ${where}`).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NonFiniteError);
    const quantity = where === 'forward' ? 'loss' : 'gradient';
    expect(error).toMatchObject({ where: 'layer 1 (own:failing)', quantity, step: 1 });
  });

  it('wrong definitions are refused', () => {
    const refused = (definition: object) => expect(() => defineLayer(definition as never));
    refused({ kind: 'a b', ...nothing }).toThrow(/^defineLayer\.kind: expected a name of letters.*got "a b"/);
    refused({ kind: 'a', forward: () => {} }).toThrow(/^defineLayer\.backward: expected a function, got undefined/);
    refused({ kind: 'a', ...nothing, outputs: 3 }).toThrow(/^defineLayer: .*"outputs"; did you mean "output"/);
    refused({ kind: 'a', ...nothing, options: { name: '' } }).toThrow(
      /^defineLayer\.options\.name: expected another name/,
    );
    refused({ kind: 'a', ...nothing, options: { f: () => 0 } }).toThrow(
      /^defineLayer\.options\.f: expected a number, /,
    );
  });

  it('wrong options and places are refused', async () => {
    expect(() => swish({ beta: Number.NaN })).toThrow(/^swish\.beta: expected a finite number/);
    expect(() => swish({ gamma: 1 } as never)).toThrow(/^swish: .*"gamma"/);
    const checked = defineLayer({
      kind: 'checked',
      options: { p: 0 },
      check({ p }) {
        if (p < 0) throw new Error('p is below 0');
      },
      ...nothing,
    });
    expect(() => checked({ p: -1 })).toThrow('checked.check: expected it to return, got Error: p is below 0');
    await expect(createModel([tokens(4), swish(), dense({ units: 2 })])).rejects.toThrow(
      /^model\[1\] \(own:swish\): expected features as input, got 4 tokens/,
    );
    const shaped = (shape: unknown) =>
      defineLayer({ kind: 'shaped', ...nothing, parameters: () => ({ w: { shape: shape as [number] } }) });
    for (const shape of [[], [1, 2, 3], 3]) {
      await expect(createModel([features(2), shaped(shape)()])).rejects.toThrow(
        /^model\[1\] \(own:shaped\)\.parameters\.w\.shape: expected \[n\] or \[rows, columns\], got /,
      );
    }
    const sized = defineLayer({ kind: 'sized', ...nothing, output: () => 0 });
    await expect(createModel([features(2), sized()])).rejects.toThrow(/^model\[1\] \(own:sized\)\.output: .*got 0/);
    await expect(
      createModel([
        features(2, { name: 'x' } as never),
        elman({ units: 2, name: 'all' }),
        elman({ units: 2, name: 'end', returns: 'last' }),
        product({ from: ['all', 'end'] }),
      ]),
    ).rejects.toThrow(/expected entries on clock 'x', got 'row' of model\[2\] 'end'/);
  });
});
