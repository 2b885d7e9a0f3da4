// Models of TensorFlow.js: model.json, with the configuration that Keras would have and a list of weights, and files with their numbers.
// https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/types.ts
import { checkLegible, checkObject, checkString, readable, show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { checkFields } from '../../base/fields.ts';
import { parseJson } from '../../base/parse-json.ts';
import { bitsOfF16 } from '../../formats/decode-safetensors.ts';
import { count } from '../../formats/safetensors.ts';
import { type EngineOptions, engineFields } from '../../model/network.ts';
import type { RealArray } from './hdf5.ts';
import { type Fields, fields } from './layer-chain.ts';
import { type KerasModel, restore } from './restore.ts';
import type { WeightGroup } from './weight-groups.ts';

/**
 * The model of a layers model of TensorFlow.js, as `model.save` or its converter from Keras writes it: what `importKeras` does, with the
 * same layers. Weights in f32, also quantised to f16 or to 8 or 16 bits.
 *
 * @param model The content of model.json: its text, or what JSON.parse gives.
 * @param weights The files that it names in `weightsManifest`, by their paths there; or the bytes of all of them, one after the other.
 * @param options `dtype`, `relaxed` and `kernels`, as of `createModel`. Default dtype f32.
 * @param where What error messages call it.
 * @throws BpttError as `importKeras` does; also for a graph model, files that are missing, and bytes that do not fit the list of weights.
 *
 * @example
 * const files = { 'weights.bin': await readFile('weights.bin') }; // all that model.json names
 * const { model } = await importTfjs(await readFile('model.json', 'utf8'), files);
 */
export async function importTfjs(
  model: string | object,
  weights: Uint8Array | Readonly<Record<string, Uint8Array>>,
  options: EngineOptions = {},
  where = 'TensorFlow.js model',
): Promise<KerasModel> {
  checkString('importTfjs(where)', where);
  if (typeof model !== 'string') checkLegible('importTfjs(model)', model, 'the text of model.json, or what it holds');
  const engine = checkFields('importTfjs', options, engineFields);
  const json = fields(typeof model === 'string' ? parse(model, where) : model, where);
  const { format = 'layers-model', modelTopology } = json;
  if (format !== 'layers-model') {
    throw new BpttError('bad-file', `${where}: expected format layers-model, got ${show(format)}`);
  }
  const topology = fields(modelTopology, `${where}, modelTopology`);
  const { model_config: config = topology, keras_version: written } = topology;
  // Its layers are those of Keras 2, whatever wrote it; the converter keeps the version of Keras.
  const version = String(written ?? '').startsWith('tfjs') ? '2' : String(written ?? '');
  const groups = groupsOf(json.weightsManifest, weights, where);
  return restore({ model: config, version, weights: () => ({ byClass: false, groups }) }, engine, where);
}

function parse(text: string, where: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new BpttError('bad-file', `${where}: expected JSON, got something else: it is damaged`, { cause });
  }
}

/** The arrays of each layer: `lstm_1/kernel`, or of its parts `lstm_1/lstm_cell/kernel`. */
function groupsOf(
  manifest: unknown,
  weights: Uint8Array | Readonly<Record<string, Uint8Array>>,
  where: string,
): readonly WeightGroup[] {
  const parts = list(manifest, `${where}, weightsManifest`).map((part) => fields(part, `${where}, weightsManifest`));
  const bytes = isBytes('importTfjs(weights)', weights) ? weights : join(parts, weights, where);
  const groups = new Map<string, RealArray[]>();
  let at = 0;
  for (const entry of parts.flatMap((part) => list(part.weights, `${where}, weights`))) {
    const spec = fields(entry, `${where}, weights`);
    const { array, end } = read(spec, bytes, at, where);
    at = end;
    const layer = array.path.split('/')[0]!;
    groups.set(layer, [...(groups.get(layer) ?? []), array]);
  }
  if (at !== bytes.length) {
    throw new BpttError('bad-file', `${where}: expected ${at} bytes of weights, got ${bytes.length}`);
  }
  return [...groups].map(([name, arrays]) => ({ name, arrays }));
}

const isBytes = (where: string, value: unknown): value is Uint8Array =>
  readable(where, () => value instanceof Uint8Array && value.keys() !== undefined);

/** The files of the manifest, one after the other. */
function join(parts: readonly Fields[], files: Readonly<Record<string, Uint8Array>>, where: string): Uint8Array {
  checkObject('importTfjs(weights)', files);
  const paths = parts.flatMap(({ paths }) => list(paths, `${where}, paths`)).map(String);
  const chosen = paths.map((path) => {
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (isBytes(`importTfjs(weights)[${show(path)}]`, file)) return file;
    throw new BpttError(
      'invalid-argument',
      `importTfjs(weights): expected the bytes of ${path}, got ${file === undefined ? `only ${Object.keys(files).join(', ') || 'none'}` : show(file)}`,
    );
  });
  const joined = new Uint8Array(chosen.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const file of chosen) {
    joined.set(file, at);
    at += file.length;
  }
  return joined;
}

const sizes: Readonly<Record<string, number>> = { float32: 4, float16: 2, uint8: 1, uint16: 2 };

/** The array of a weight that begins at a byte. */
function read(spec: Fields, bytes: Uint8Array, at: number, where: string): { array: RealArray; end: number } {
  const { name, shape, dtype, quantization } = spec;
  if (typeof name !== 'string')
    throw new BpttError('bad-file', `${where}, weights: expected a name, got ${show(name)}`);
  const bad = (expected: string, got: string) =>
    new BpttError('bad-file', `${where}, ${name}: expected ${expected}, got ${got}`);
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw bad('a shape of integers >= 0', show(shape));
  }
  const { dtype: stored = dtype, scale = 1, min = 0 } = quantization === undefined ? {} : fields(quantization, where);
  const size = typeof stored === 'string' && Object.hasOwn(sizes, stored) ? sizes[stored]! : undefined;
  if (dtype !== 'float32' || size === undefined) throw bad('float32, also quantised', show(stored));
  if (typeof scale !== 'number' || typeof min !== 'number') throw bad('scale and min that are numbers', show(scale));
  const total = count(shape);
  const end = at + total * size;
  if (end > bytes.length) throw bad(`${total * size} bytes from ${at} on`, `${bytes.length - at}: the file is cut off`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, total * size);
  const numbers = Float64Array.from({ length: total }, (_, i) => numberAt(view, i * size, stored as string));
  const exact = stored === 'float32' || stored === 'float16';
  // As TensorFlow.js does: in f32.
  const data = exact ? numbers : numbers.map((value) => Math.fround(Math.fround(value * scale) + min));
  return { array: { path: name, shape, data }, end };
}

function numberAt(view: DataView, at: number, dtype: string): number {
  if (dtype === 'float32') return view.getFloat32(at, true);
  if (dtype === 'uint8') return view.getUint8(at);
  const half = view.getUint16(at, true);
  if (dtype === 'uint16') return half;
  return new Float32Array(Int32Array.of(bitsOfF16(half)).buffer)[0]!;
}

function list(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new BpttError('bad-file', `${where}: expected a list, got ${show(value)}`);
}
