// A model as one file: safetensors, with the description in the metadata.
import { checkObject, checkOptions } from './check.ts';
import { BpttError } from './errors.ts';
import { createStack } from './layers/registry.ts';
import { type EngineOptions, type Model, restoreModel } from './model.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

/** The metadata entries that are ours; the rest of the names are the user's. */
const FORMAT = 'bptt.format';
const MODEL = 'bptt.model';
const VERSION = '1';

export interface SerializeOptions {
  /** Strings to keep in the file, such as a vocabulary as JSON. Names that begin with `bptt.` are taken. */
  readonly metadata?: Readonly<Record<string, string>>;
}

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
  checkOptions('serialize', options, ['metadata']);
  const metadata = checkObject('serialize.metadata', options.metadata ?? {}) as Record<string, string>;
  const taken = Object.keys(metadata).find((name) => name.startsWith('bptt.'));
  if (taken !== undefined) {
    throw new BpttError(
      'invalid-argument',
      `serialize.metadata: expected names that do not begin with bptt., got ${taken}`,
    );
  }
  const own = { [FORMAT]: VERSION, [MODEL]: JSON.stringify(model.description) };
  return encodeSafetensors(model.parameters(), { ...own, ...metadata });
}

/**
 * The model of a file that `serialize` made. Its dtype is the file's, unless `options.dtype` asks for another.
 *
 * @param where What error messages call the file.
 * @throws BpttError `bad-file` for bytes that are not a whole model file, and for tensors that do not fit the description.
 */
export async function deserialize(
  bytes: Uint8Array,
  options: EngineOptions = {},
  where = 'model file',
): Promise<ModelFile> {
  checkOptions('deserialize', options, ['dtype', 'relaxed', 'kernels']);
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const bad = (expected: string, got: string) =>
    new BpttError('bad-file', `${where}: expected ${expected}, got ${got}`);
  if (metadata[FORMAT] === undefined || metadata[MODEL] === undefined) {
    throw bad('the metadata of a bptt model', 'a safetensors file without them');
  }
  if (metadata[FORMAT] !== VERSION) throw bad(`format version ${VERSION}`, metadata[FORMAT]);
  let description: readonly unknown[];
  try {
    description = JSON.parse(metadata[MODEL]);
  } catch {
    throw bad(`JSON in ${MODEL}`, 'something else');
  }
  try {
    const specs = createStack(description).layers.flatMap((layer) => layer.parameters);
    for (const { name } of tensors) {
      if (!specs.some((spec) => spec.name === name)) throw bad('only tensors of the description', JSON.stringify(name));
    }
    for (const { name, shape } of specs) {
      const tensor = tensors.find((candidate) => candidate.name === name);
      if (tensor === undefined) throw bad(`tensor ${name}`, 'a file without it');
      if (tensor.shape.join() !== shape.join()) {
        throw bad(`shape [${shape.join(', ')}] of ${name}`, `[${tensor.shape.join(', ')}]`);
      }
    }
  } catch (cause) {
    if (cause instanceof BpttError && cause.code !== 'bad-file') {
      throw new BpttError('bad-file', `${where}, description: ${cause.message}`, { cause });
    }
    throw cause;
  }
  const stored = tensors.every(({ data }) => data instanceof Float64Array) ? 'f64' : 'f32';
  const reals = tensors.map(({ name, shape, data }) => {
    if (data instanceof Float32Array || data instanceof Float64Array) return { name, shape, data };
    throw bad(`F32 or F64 in ${name}`, 'integers');
  });
  const finite = reals.find(({ data }) => data.some((value) => !Number.isFinite(value)));
  if (finite !== undefined) throw bad(`finite numbers in ${finite.name}`, 'NaN or an infinity');
  const model = await restoreModel(description, reals as never, { dtype: stored, ...options });
  const names = Object.keys(metadata).filter((name) => !name.startsWith('bptt.'));
  return { model, metadata: Object.fromEntries(names.map((name) => [name, metadata[name]!])) };
}
