// Reading a model file, which model-file.ts writes. Its module is loaded where a file is read: training without one does not need it.
import { checkObject } from '../base/check.ts';
import { checksum } from '../base/crc32.ts';
import { BpttError } from '../base/errors.ts';
import { parseJson } from '../base/parse-json.ts';
import { decodeSafetensors } from '../formats/decode-safetensors.ts';
import { partsOfSafetensors, type Tensor } from '../formats/safetensors.ts';
import { StateReader } from '../formats/state-reader.ts';
import type { LayerKind } from '../layers/contract.ts';
import { kindsNamed } from '../layers/later/kinds.ts';
import type { Reals } from '../wasm/arena.ts';
import { createGraph } from './create-graph.ts';
import { CHECKSUM, FORMAT, MODEL, OF_TRAINING, TRAINING, VERSION } from './model-file-names.ts';
import type { Parameter } from './parameters.ts';

/** What any model file says, whatever layers it names. */
interface AnyModelFile {
  readonly description: readonly unknown[];
  readonly metadata: Readonly<Record<string, string>>;
  /** The state of the training, where the file has one. */
  readonly training: StateReader | undefined;
}

/** A model file before it is known whether its layers are there. @internal */
export interface OpenModelFile extends AnyModelFile {
  /** Those of the model. */
  readonly tensors: readonly Tensor[];
  /** @throws BpttError `bad-file` where the checksum is another. */
  checkSum(): void;
}

/** What a model file says, checked. */
export interface ModelFileContent extends AnyModelFile {
  /** Those of the model, in the order of the description. */
  readonly parameters: readonly Parameter[];
}

/** @throws BpttError `bad-file` for bytes that are not a whole model file. @internal */
export async function decodeModelFile(
  bytes: Uint8Array,
  where: string,
  kinds: readonly LayerKind<never>[] = [],
): Promise<ModelFileContent> {
  const { tensors, checkSum, ...file } = openModelFile(bytes, where);
  const known = [...kinds, ...(await kindsNamed(file.description))];
  const parameters = parametersOf(file.description, known, tensors, where);
  checkSum();
  return { ...file, parameters };
}

const bad = (where: string, expected: string, got: string) =>
  new BpttError('bad-file', `${where}: expected ${expected}, got ${got}`);

/** The same without a look at the layers and the tensors. @throws BpttError `bad-file` for bytes that are no model file. @internal */
export function openModelFile(bytes: Uint8Array, where: string): OpenModelFile {
  const { tensors: all, metadata } = decodeSafetensors(bytes, where);
  if (metadata[FORMAT] === undefined || metadata[MODEL] === undefined) {
    throw bad(where, 'the metadata of a bptt model', 'a safetensors file without them');
  }
  if (metadata[FORMAT] !== VERSION) throw bad(where, `format version ${VERSION}`, metadata[FORMAT]);
  const parse = (name: string) => {
    try {
      return parseJson(metadata[name]!);
    } catch {
      throw bad(where, `JSON in ${name}`, 'something else');
    }
  };
  const resumable = metadata[TRAINING] !== undefined;
  const ofModel = ({ name }: Tensor) => !resumable || !name.startsWith(OF_TRAINING);
  const others = all
    .filter((tensor) => !ofModel(tensor))
    .map((tensor) => [tensor.name.slice(OF_TRAINING.length), tensor]);
  const values = resumable ? checkObject(`${where}, ${TRAINING}`, parse(TRAINING)) : {};
  return {
    description: parse(MODEL) as readonly unknown[],
    tensors: all.filter(ofModel),
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => !name.startsWith('bptt.'))),
    training: resumable ? new StateReader(values, new Map(others as never), where) : undefined,
    checkSum() {
      const { [CHECKSUM]: sum, ...rest } = metadata;
      const found = checksum(...partsOfSafetensors(all, rest));
      if (sum !== found) throw bad(where, `checksum ${sum ?? '(none)'}`, `${found}: the file is damaged`);
    },
  };
}

/** The tensors as the parameters of the description. */
function parametersOf(
  description: readonly unknown[],
  kinds: readonly LayerKind<never>[],
  tensors: readonly Tensor[],
  where: string,
): readonly Parameter[] {
  try {
    const specs = createGraph(description, kinds).layers.flatMap(({ layer }) => layer.parameters);
    const known = new Set(specs.map(({ name }) => name));
    const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    for (const { name } of tensors) {
      if (!known.has(name)) throw bad(where, 'only tensors of the description', JSON.stringify(name));
    }
    return specs.map(({ name, shape }): Parameter => {
      const tensor = byName.get(name);
      if (tensor === undefined) throw bad(where, `tensor ${name}`, 'a file without it');
      if (tensor.shape.join() !== shape.join()) {
        throw bad(where, `shape [${shape.join(', ')}] of ${name}`, `[${tensor.shape.join(', ')}]`);
      }
      const { data } = tensor;
      if (!(data instanceof Float32Array || data instanceof Float64Array))
        throw bad(where, `F32 or F64 in ${name}`, 'integers');
      if (data.some((value) => !Number.isFinite(value)))
        throw bad(where, `finite numbers in ${name}`, 'NaN or an infinity');
      return { name, shape, data: data as Reals };
    });
  } catch (cause) {
    if (cause instanceof BpttError && cause.code !== 'bad-file') {
      throw new BpttError('bad-file', `${where}, description: ${cause.message}`, { cause });
    }
    throw cause;
  }
}
