// Reading a model file, which model-file.ts writes. Its module is loaded where a file is read: training without one does not need it.
import { checkObject } from '../base/check.ts';
import { checksum } from '../base/crc32.ts';
import { BpttError } from '../base/errors.ts';
import { decodeSafetensors } from '../formats/decode-safetensors.ts';
import { partsOfSafetensors, type Tensor } from '../formats/safetensors.ts';
import { StateReader } from '../formats/state-reader.ts';
import type { LayerKind } from '../layers/contract.ts';
import { kindsNamed } from '../layers/later/kinds.ts';
import type { Reals } from '../wasm/arena.ts';
import { createGraph } from './create-graph.ts';
import { CHECKSUM, FORMAT, MODEL, OF_TRAINING, TRAINING, VERSION } from './model-file-names.ts';
import type { Parameter } from './parameters.ts';

/** What a model file says, checked. */
export interface ModelFileContent {
  readonly description: readonly unknown[];
  /** Those of the model, in the order of the description. */
  readonly parameters: readonly Parameter[];
  readonly metadata: Readonly<Record<string, string>>;
  /** The state of the training, where the file has one. */
  readonly training: StateReader | undefined;
}

/** @throws BpttError `bad-file` for bytes that are not a whole model file. @internal */
export async function decodeModelFile(
  bytes: Uint8Array,
  where: string,
  kinds: readonly LayerKind<never>[] = [],
): Promise<ModelFileContent> {
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
  const known = [...kinds, ...(await kindsNamed(description))];
  const parameters = parametersOf(description, known, all.filter(isOwn), where, bad);

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
