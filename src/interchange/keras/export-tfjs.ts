// A model as a layers model of TensorFlow.js: the configuration that Keras would have, and the weights in its orientation and order of gates.
import { BpttError } from '../../base/errors.ts';
import { checkFields, type Options, oneOf, withDefault } from '../../base/fields.ts';
import type { InputDescription } from '../../layers/inputs.ts';
import { cellKindOf, cellOf, type DirectedDescription } from '../../layers/recurrent/cells.ts';
import type { LayerDescription } from '../../layers/registry.ts';
import { checkModel } from '../../model/check-model.ts';
import { stackIn } from '../../model/graph.ts';
import type { Model } from '../../model/model.ts';
import type { Parameter } from '../../model/parameters.ts';
import { missingFrom } from '../missing.ts';
import { partsOf } from '../parameter-parts.ts';
import type { KerasOutput } from './describe.ts';

const options = {
  /** What the last layer makes of the outputs there: here that belongs to the loss. Default `logits`: nothing. */
  output: withDefault(oneOf<KerasOutput>('logits', 'softmax', 'sigmoid'), 'logits'),
};

/** What the last layer of the exported model makes of its outputs. */
export interface TfjsExportOptions extends Options<typeof options> {}

/** What a layers model of TensorFlow.js is made of. */
export interface TfjsFiles {
  /** The text of model.json. */
  readonly model: string;
  /** The bytes of the file that it names, weights.bin: f32, little-endian. */
  readonly weights: Uint8Array<ArrayBuffer>;
}

/** What model.json calls the file of weights. */
const WEIGHTS_PATH = 'weights.bin';

/** A layer in the words of Keras, with its arrays by what Keras calls them. */
interface KerasEntry {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly arrays: readonly Part[];
}

interface Part {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

type Parameters = ReadonlyMap<string, Parameter>;

/**
 * A model as TensorFlow.js's `loadLayersModel` reads it: model.json and weights.bin side by side. Embedding, SimpleRNN, LSTM, GRU with the
 * reset gate before the product, both directions, BatchNormalization, Dropout, SpatialDropout1D and Dense; parameters in f32. Inputs are [B,T,...] there,
 * [T,B,...] here.
 *
 * @throws BpttError `invalid-argument` for a model that is no stack, and for a layer or an option that TensorFlow.js has not.
 *
 * @example
 * const { model, weights } = exportTfjs(trained, { output: 'softmax' });
 * await writeFile('model.json', model);
 * await writeFile('weights.bin', weights);
 */
export function exportTfjs(model: Model, given: TfjsExportOptions = {}): TfjsFiles {
  checkModel('exportTfjs', model);
  const { output } = checkFields('exportTfjs', given, options);
  const { layers, description } = stackIn(model.network.graph, 'exportTfjs');
  const { skip } = description[0];
  if (skip !== undefined) throw refuse('exportTfjs', 'an input without skip', `one with skip ${skip}`);
  const [input, ...entries] = description as readonly [InputDescription, ...LayerDescription[]];
  const all = new Map(model.parameters().map((parameter) => [parameter.name, parameter]));
  const described = entries.flatMap((entry, index) => {
    const where = `exportTfjs, layer ${index} (${entry.kind})`;
    const following = entries[index + 1]?.kind === 'last';
    const last = index === entries.length - 1;
    if (entry.kind === 'last') return [];
    return entryOf(entry, partsOf(layers[index]!, all), { where, following, activation: last ? output : 'logits' });
  });
  if (input.kind === 'tokens' && described[0]?.className !== 'Embedding') {
    throw refuse('exportTfjs', 'tokens that an embedding reads', 'tokens that another layer reads');
  }
  const shape = input.kind === 'tokens' ? [null, null] : [null, null, input.size];
  const source: KerasEntry = {
    className: 'InputLayer',
    config: { batch_input_shape: shape, dtype: input.kind === 'tokens' ? 'int32' : 'float32', sparse: false },
    arrays: [],
  };
  return filesOf([source, ...described].map((entry, index) => [`${snake(entry.className)}_${index}`, entry]));
}

function filesOf(entries: readonly (readonly [name: string, KerasEntry])[]): TfjsFiles {
  const layers = entries.map(([name, { className, config }]) => ({
    class_name: className,
    config: { name, ...config },
  }));
  const parts = entries.flatMap(([name, { arrays }]) =>
    arrays.map((part) => ({ ...part, name: `${name}/${part.name}` })),
  );
  const numbers = Float32Array.from(parts.flatMap(({ data }) => Array.from(data)));
  const specs = parts.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const json = {
    format: 'layers-model',
    generatedBy: 'bptt',
    convertedBy: null,
    modelTopology: {
      class_name: 'Sequential',
      config: { name: 'model', layers },
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
    },
    weightsManifest: [{ paths: [WEIGHTS_PATH], weights: specs }],
  };
  return { model: JSON.stringify(json), weights: new Uint8Array(numbers.buffer) };
}

interface Context {
  readonly where: string;
  /** Whether only its last step is read. */
  readonly following: boolean;
  readonly activation: KerasOutput;
}

function entryOf(entry: LayerDescription, parts: Parameters, context: Context): readonly KerasEntry[] {
  const { where, activation } = context;
  if (activation !== 'logits' && entry.kind !== 'dense') {
    throw refuse(where, `output logits of a model that does not end in dense`, activation);
  }
  if (entry.kind === 'embedding') {
    const { shape, data } = parts.get('weight')!;
    const config = { input_dim: shape[0], output_dim: shape[1], input_length: null, mask_zero: false };
    return [{ className: 'Embedding', config, arrays: [{ name: 'embeddings', shape, data }] }];
  }
  if (entry.kind === 'dropout') {
    return [
      { className: entry.variational ? 'SpatialDropout1D' : 'Dropout', config: { rate: entry.rate }, arrays: [] },
    ];
  }
  if (entry.kind === 'dense') {
    const { shape, data } = parts.get('weight')!;
    const [O, I] = shape as [number, number];
    const bias = parts.get('bias')!;
    const config = { units: O, activation: activation === 'logits' ? 'linear' : activation, use_bias: true };
    const kernel = { name: 'kernel', shape: [I, O], data: columnsOf(data, I, O, [0]) };
    return [{ className: 'Dense', config, arrays: [kernel, { name: 'bias', shape: [O], data: bias.data }] }];
  }
  if (entry.kind === 'batchNormalization') {
    const { momentum = 0.1, epsilon = 1e-5 } = entry;
    const arrays = Object.entries(normArrays).map(([name, part]) => ({ name, ...vectorOf(parts.get(part)!) }));
    const config = { axis: -1, momentum: 1 - momentum, epsilon, center: true, scale: true };
    return [{ className: 'BatchNormalization', config, arrays }];
  }
  if (entry.kind === 'bidirectional') return [bothOf(entry, parts, context)];
  if (cellKindOf(entry as DirectedDescription) === undefined)
    throw refuse(where, 'a layer that TensorFlow.js has', entry.kind);
  return [directionOf(entry as DirectedDescription, parts, '', context)];
}

/** Keras's names of what batch normalisation has, in its order. */
const normArrays = { gamma: 'weight', beta: 'bias', moving_mean: 'running_mean', moving_variance: 'running_var' };

const vectorOf = ({ shape, data }: Parameter) => ({ shape, data });

const mergeNames = { concat: 'concat', sum: 'sum', average: 'ave', multiply: 'mul' } as const;

function bothOf(
  { layer, merge, returns }: Extract<LayerDescription, { kind: 'bidirectional' }>,
  parts: Parameters,
  { where, following }: Context,
): KerasEntry {
  const last = following || returns === 'last';
  const [forward, backward] = ['', '_reverse'].map((suffix) =>
    directionOf(layer, parts, suffix, { where: `${where}.layer`, following: last, activation: 'logits' }),
  ) as [KerasEntry, KerasEntry];
  const name = snake(forward.className);
  const prefixed = (prefix: string, { arrays }: KerasEntry) =>
    arrays.map((part) => ({ ...part, name: `${prefix}_${name}/${part.name}` }));
  const inner = { class_name: forward.className, config: { name, ...forward.config } };
  return {
    className: 'Bidirectional',
    config: { layer: inner, merge_mode: mergeNames[merge] },
    arrays: [...prefixed('forward', forward), ...prefixed('backward', backward)],
  };
}

const activations: Readonly<Record<string, string>> = { identity: 'linear' };
const gateActivations: Readonly<Record<string, string>> = { sigmoid: 'sigmoid', 'hard-sigmoid-fifth': 'hard_sigmoid' };

function directionOf(
  layer: DirectedDescription,
  parts: Parameters,
  suffix: string,
  { where, following }: Context,
): KerasEntry {
  const { keras } = cellKindOf(layer)!;
  // TensorFlow.js has no GRU with the reset gate after the product, and of the hard sigmoid the older form.
  const only = { ...keras?.only, ...(layer.kind === 'gru' && { reset: ['before'] }) };
  const gate = 'gateActivation' in layer ? layer.gateActivation : 'sigmoid';
  const missing =
    missingFrom(keras && only, layer) ??
    (Object.hasOwn(gateActivations, gate) ? undefined : `gateActivation '${gate}'`);
  if (missing !== undefined) throw refuse(where, 'a layer that TensorFlow.js has', `one with ${missing}`);
  const H = layer.units;
  const gates = cellOf(layer).gates.map((own) => keras!.gates.indexOf(own));
  const [V, W, b] = ['weight_ih', 'weight_hh', 'bias_ih'].map((part) => parts.get(`${part}${suffix}`)!) as [
    Parameter,
    Parameter,
    Parameter,
  ];
  const width = gates.length * H;
  const I = V.shape[1]!;
  return {
    className: keras!.name,
    config: {
      units: H,
      activation: activations[layer.activation] ?? layer.activation,
      ...('gateActivation' in layer && { recurrent_activation: gateActivations[gate] }),
      ...(layer.kind === 'gru' && { reset_after: false }),
      use_bias: true,
      return_sequences: !(following || layer.returns === 'last'),
      recurrent_dropout: layer.recurrentDropout,
    },
    arrays: [
      { name: 'kernel', shape: [I, width], data: columnsOf(V.data, I, width, gates) },
      { name: 'recurrent_kernel', shape: [H, width], data: columnsOf(W.data, H, width, gates) },
      { name: 'bias', shape: [width], data: columnsOf(b.data, 1, width, gates) },
    ],
  };
}

/** A matrix [columns, rows] as [rows, columns], its gate g as block `places[g]` of the columns. */
function columnsOf(data: ArrayLike<number>, rows: number, columns: number, places: readonly number[]): Float64Array {
  const width = columns / places.length;
  const result = new Float64Array(rows * columns);
  for (const [gate, place] of places.entries()) {
    for (let j = 0; j < width; j++) {
      for (let i = 0; i < rows; i++) result[i * columns + place * width + j] = data[(gate * width + j) * rows + i]!;
    }
  }
  return result;
}

const snake = (name: string) => name.replace(/(.)([A-Z][a-z])/g, '$1_$2').toLowerCase();

const refuse = (where: string, expected: string, got: string) =>
  new BpttError('invalid-argument', `${where}: expected ${expected}, got ${got}`);
