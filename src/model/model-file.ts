// A model as one file: safetensors, with the description in the metadata.

import { checkObject, checkString } from '../base/check.ts';
import { checksum } from '../base/crc32.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, type Field, type Options, optional, withDefault } from '../base/fields.ts';
import { StateReader, type StateWriter } from '../formats/record.ts';
import { decodeSafetensors, encodeSafetensors, partsOfSafetensors, type Tensor } from '../formats/safetensors.ts';
import type { LayerKind } from '../layers/contract.ts';
import { kindsFields, kindsOf } from '../layers/describe.ts';
import type { Reals } from '../wasm/arena.ts';
import { checkModel } from './check-model.ts';
import { createGraph } from './graph.ts';
import { type Model, restoreModel } from './model.ts';
import { type EngineOptions, engineFields } from './network.ts';
import type { Parameter } from './parameters.ts';

/** The metadata entries that are ours; the rest of the names are the user's. */
const FORMAT = 'bptt.format';
const MODEL = 'bptt.model';
const TRAINING = 'bptt.training';
const CHECKSUM = 'bptt.checksum';
const VERSION = '1';
/** What the names of tensors begin with that belong to the training and not to the model. */
const OF_TRAINING = 'training.';

/** Strings by their names, which may not be the package's own. */
export const metadata: Field<Readonly<Record<string, string>>> = {
  check(where, value) {
    const given = checkObject(where, value);
    for (const [name, text] of Object.entries(given)) {
      if (name.startsWith('bptt.')) {
        throw new BpttError('invalid-argument', `${where}: expected names that do not begin with bptt., got ${name}`);
      }
      checkString(`${where}.${name}`, text);
    }
    return given as Readonly<Record<string, string>>;
  },
};

const fields = {
  /** Strings to keep in the file, such as a vocabulary as JSON. Names that begin with `bptt.` are taken. */
  metadata: withDefault(metadata, () => ({})),
};

export interface SerializeOptions extends Options<typeof fields> {}

export interface DeserializeOptions extends EngineOptions, Options<typeof kindsFields> {}

/** What a model file holds. */
export interface ModelFile {
  readonly model: Model;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The bytes of a model file: description and parameters in safetensors, names and orientation as PyTorch's. The same model
 * always gives the same bytes.
 *
 * @throws BpttError for metadata that are not strings or whose names are taken.
 */
export function serialize(model: Model, options: SerializeOptions = {}): Uint8Array<ArrayBuffer> {
  checkModel('serialize', model);
  return encodeModelFile(model, checkFields('serialize', options, fields).metadata);
}

/** A model file; with `training`, one from which the training goes on. @internal */
export function encodeModelFile(
  model: Model,
  metadata: Readonly<Record<string, string>>,
  training?: StateWriter,
): Uint8Array<ArrayBuffer> {
  const tensors = (training?.tensors ?? []).map((tensor) => ({ ...tensor, name: OF_TRAINING + tensor.name }));
  const all = [...model.parameters(), ...tensors];
  const own = {
    [FORMAT]: VERSION,
    [MODEL]: JSON.stringify(model.description),
    ...(training === undefined ? {} : { [TRAINING]: JSON.stringify(training.values) }),
    ...metadata,
  };
  // The checksum is that of the file without it.
  return encodeSafetensors(all, { ...own, [CHECKSUM]: checksum(...partsOfSafetensors(all, own)) });
}

/** What a model file says, checked. @internal */
export interface ModelFileContent {
  readonly description: readonly unknown[];
  /** Those of the model, in the order of the description. */
  readonly parameters: readonly Parameter[];
  readonly metadata: Readonly<Record<string, string>>;
  /** The state of the training, where the file has one. */
  readonly training: StateReader | undefined;
}

/** @throws BpttError `bad-file` for bytes that are not a whole model file. @internal */
export function decodeModelFile(
  bytes: Uint8Array,
  where: string,
  kinds: readonly LayerKind<never>[] = [],
): ModelFileContent {
  const { tensors: all, metadata } = decodeSafetensors(bytes, where);
  const bad = (expected: string, got: string) =>
    new BpttError('bad-file', `${where}: expected ${expected}, got ${got}`);
  if (metadata[FORMAT] === undefined || metadata[MODEL] === undefined) {
    throw bad('the metadata of a bptt model', 'a safetensors file without them');
  }
  if (metadata[FORMAT] !== VERSION) throw bad(`format version ${VERSION}`, metadata[FORMAT]);
  const parse = (name: string) => {
    try {
      return JSON.parse(metadata[name]!);
    } catch {
      throw bad(`JSON in ${name}`, 'something else');
    }
  };
  const description = parse(MODEL) as readonly unknown[];
  const resumable = metadata[TRAINING] !== undefined;
  const isOwn = ({ name }: Tensor) => !resumable || !name.startsWith(OF_TRAINING);
  const parameters = parametersOf(description, kinds, all.filter(isOwn), where, bad);

  const { [CHECKSUM]: sum, ...rest } = metadata;
  const found = checksum(...partsOfSafetensors(all, rest));
  if (sum !== found) throw bad(`checksum ${sum ?? '(none)'}`, `${found}: the file is damaged`);
  const values = resumable ? checkObject(`${where}, ${TRAINING}`, parse(TRAINING)) : {};
  const others = all
    .filter((tensor) => !isOwn(tensor))
    .map((tensor) => [tensor.name.slice(OF_TRAINING.length), tensor]);
  return {
    description,
    parameters,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => !name.startsWith('bptt.'))),
    training: resumable ? new StateReader(values, new Map(others as never), where) : undefined,
  };
}

/** The tensors as the parameters of the description. */
function parametersOf(
  description: readonly unknown[],
  kinds: readonly LayerKind<never>[],
  tensors: readonly Tensor[],
  where: string,
  bad: (expected: string, got: string) => BpttError,
): readonly Parameter[] {
  try {
    const specs = createGraph(description, kinds).layers.flatMap(({ layer }) => layer.parameters);
    for (const { name } of tensors) {
      if (!specs.some((spec) => spec.name === name)) throw bad('only tensors of the description', JSON.stringify(name));
    }
    return specs.map(({ name, shape }): Parameter => {
      const tensor = tensors.find((candidate) => candidate.name === name);
      if (tensor === undefined) throw bad(`tensor ${name}`, 'a file without it');
      if (tensor.shape.join() !== shape.join()) {
        throw bad(`shape [${shape.join(', ')}] of ${name}`, `[${tensor.shape.join(', ')}]`);
      }
      const { data } = tensor;
      if (!(data instanceof Float32Array || data instanceof Float64Array))
        throw bad(`F32 or F64 in ${name}`, 'integers');
      if (data.some((value) => !Number.isFinite(value))) throw bad(`finite numbers in ${name}`, 'NaN or an infinity');
      return { name, shape, data: data as Reals };
    });
  } catch (cause) {
    if (cause instanceof BpttError && cause.code !== 'bad-file') {
      throw new BpttError('bad-file', `${where}, description: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

/**
 * The model of a file that `serialize` made, or of a checkpoint. Its dtype is the file's, unless `options.dtype` asks for another.
 *
 * @param where What error messages call the file.
 * @throws BpttError `bad-file` for bytes that are not a whole model file, for tensors that do not fit the description, and where the
 * checksum tells that something has changed.
 */
export async function deserialize(
  bytes: Uint8Array,
  options: DeserializeOptions = {},
  where = 'model file',
): Promise<ModelFile> {
  const fields = { ...engineFields, dtype: optional(engineFields.dtype), ...kindsFields };
  const { kinds: functions, ...engine } = checkFields('deserialize', options, fields);
  const kinds = kindsOf(functions);
  const { description, parameters, metadata } = decodeModelFile(bytes, where, kinds);
  const dtype = parameters.every(({ data }) => data instanceof Float64Array) ? 'f64' : 'f32';
  return { model: await restoreModel(description, parameters, { dtype, ...engine }, kinds), metadata };
}
