// What a model makes of sequences, in the order in which they were given.
import { checkFinite, checkTokens, fail, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, type Options, oneOf, withDefault } from '../base/fields.ts';
import type { Signal } from '../base/signal.ts';
import { type Given, stepsOf } from '../data/batch.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import type { Network } from '../model/network.ts';
import type { Reals } from '../wasm/arena.ts';

/** What is predicted from: tokens [T], or features [T,F], in plain arrays too; targets beside them are not looked at. */
export type PredictFrom = Given | { readonly inputs: Given };

const fields = {
  /**
   * `numbers`: outputs as they are. `probabilities`: softmax of them. `classes`: the place of the largest, the first of equal ones.
   * Default `numbers`.
   */
  as: withDefault(oneOf('numbers', 'probabilities', 'classes'), 'numbers'),
  /** B, sequences that are read at once. Default 32. */
  batch: withDefault(integer({ min: 1 }), 32),
};

/** What `predict` makes of outputs, and how many sequences are read at once. */
export interface PredictOptions extends Options<typeof fields> {}

/** Of one sequence: [T,O] numbers or probabilities, or [T] classes; of a model with one output a row [O], or [1]. */
export type Prediction = Reals | Int32Array;

/**
 * What a model makes of sequences of any lengths, one result for each in the order of the list. Those of like lengths are read together, so
 * that little is padded; nothing is learned, and no state goes from one to another.
 *
 * @example
 * const [first] = predict(model, [new Int32Array([4, 8, 1])], { as: 'classes' });
 *
 * @throws BpttError for an empty list, sequences that do not fit the model, and a model with several inputs or outputs.
 */
export function predict(
  model: Model,
  list: readonly PredictFrom[],
  options: PredictOptions = {},
): readonly Prediction[] {
  checkModel('predict', model);
  const { as, batch } = checkFields('predict', options, fields);
  const { network } = model;
  const { inputs, outputs } = network.graph;
  if (inputs.length > 1 || outputs.length > 1) {
    throw new BpttError(
      'invalid-argument',
      `predict: expected a model with one input and one output, got ${inputs.length} and ${outputs.length}; forward takes several`,
    );
  }
  if (!readable('predict(list)', () => Array.isArray(list)) || list.length === 0) {
    throw new BpttError('invalid-argument', 'predict(list): expected at least one sequence, got none');
  }
  const { kind, size: F } = inputs[0]!.output;
  const width = kind === 'tokens' ? 1 : F;
  const sequences = Array.from(list, (one, index) =>
    sequenceOf(`predict(list)[${index}]`, one, inputs[0]!.output, width),
  );
  const {
    output: { size },
    clock,
  } = outputs[0]!;
  const order = [...sequences.keys()].sort((a, b) => sequences[a]!.length - sequences[b]!.length);
  const results: Prediction[] = new Array(list.length);
  for (let from = 0; from < order.length; from += batch) {
    const members = order.slice(from, from + batch);
    const lengths = members.map((member) => sequences[member]!.length / width);
    const given = forward(
      model,
      members.map((member) => sequences[member]!),
      lengths,
      width,
    );
    for (const [row, member] of members.entries()) {
      const steps = clock.kind === 'row' ? 1 : stepsOf({ steps: lengths[row]! }, clock);
      const own = given.slice(0, steps * size);
      for (let t = 0; t < steps; t++) {
        const start = (t * members.length + row) * size;
        own.set(given.subarray(start, start + size), t * size);
      }
      results[member] = shaped(network, own, size, as);
    }
  }
  return results;
}

type Values = Int32Array | Float32Array | Float64Array;

/** The inputs of one sequence, of `width` numbers a step. */
function sequenceOf(where: string, given: PredictFrom, { kind, size }: Signal, width: number): Values {
  const tokens = kind === 'tokens';
  const inputs = readable(where, () =>
    ArrayBuffer.isView(given) || Array.isArray(given) ? given : (Object(given) as { readonly inputs?: unknown }).inputs,
  );
  const reals = inputs instanceof Float32Array || inputs instanceof Float64Array;
  if (!Array.isArray(inputs) && !(tokens ? inputs instanceof Int32Array : reals)) {
    fail(
      where,
      tokens ? 'an Int32Array or array of tokens' : 'a Float32Array, Float64Array or array of features',
      show(inputs),
    );
  }
  const numbers = inputs as Given;
  if (numbers.length === 0 || numbers.length % width !== 0) {
    throw new BpttError(
      'invalid-shape',
      `${where}: expected ${width === 1 ? 'at least one step' : `a multiple of F=${width} numbers, at least one step`}, got ${numbers.length}`,
    );
  }
  if (!Array.isArray(numbers)) return numbers as Values;
  if (tokens) return Int32Array.from(checkTokens(where, numbers, size));
  checkFinite(where, numbers);
  return Float64Array.from(numbers);
}

/** The outputs of all steps of rows side by side, padded to the longest. */
function forward(model: Model, rows: readonly Values[], lengths: readonly number[], width: number): Reals {
  const steps = Math.max(...lengths);
  const B = rows.length;
  const inputs = new (rows[0]!.constructor as new (length: number) => Values)(steps * B * width);
  for (const [row, data] of rows.entries()) {
    for (let t = 0; t < lengths[row]!; t++) {
      inputs.set(data.subarray(t * width, (t + 1) * width), (t * B + row) * width);
    }
  }
  const ragged = lengths.some((length) => length < steps);
  return model.forward({ steps, rows: B, inputs, ...(ragged && { lengths }) }).outputs;
}

/** What is wanted of [steps, size] outputs. */
function shaped(
  network: Network,
  outputs: Reals,
  size: number,
  as: 'numbers' | 'probabilities' | 'classes',
): Prediction {
  if (as === 'numbers') return outputs;
  if (as === 'probabilities') return softmax(network, outputs, size);
  return Int32Array.from({ length: outputs.length / size }, (_, row) => {
    let best = row * size;
    for (let i = best + 1; i < (row + 1) * size; i++) if (outputs[i]! > outputs[best]!) best = i;
    return best - row * size;
  });
}

/**
 * By the kernel of cross-entropy, which leaves softmax minus 1 at the target where the logits were, so that bits are the same everywhere.
 * The target is a place behind the row.
 */
function softmax({ kernels, arena }: Network, outputs: Reals, size: number): Reals {
  const ld = kernels.padded(size + 1);
  const bytes = ld * kernels.realBytes();
  const row = arena.allocate(bytes + 4);
  try {
    arena.integers(row + bytes, 1)[0] = size;
    for (let start = 0; start < outputs.length; start += size) {
      arena
        .reals(row, ld)
        .fill(0)
        .set(outputs.subarray(start, start + size));
      kernels.softmaxCrossEntropy(row, row + bytes, 0, 1, size, ld, 1, 0);
      outputs.set(arena.reals(row, size), start);
    }
    return outputs;
  } finally {
    arena.release(row, bytes + 4);
  }
}
