// A state as bytes: safetensors, each layer a tensor of the name that the state has for it, which tell what it is of.
import {
  checkBytes,
  checkFinite,
  checkLegible,
  checkLength,
  checkNumbers,
  checkString,
  fail,
  show,
} from '../base/check.ts';
import { checksum } from '../base/crc32.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, names, string } from '../base/fields.ts';
import { parseJson } from '../base/parse-json.ts';
import { encodeSafetensors, partsOfSafetensors } from '../formats/safetensors.ts';
import type { Reals } from '../wasm/arena.ts';
import { CHECKSUM, FORMAT, STATE, VERSION } from './model-file-names.ts';
import { type State, stateOf } from './state.ts';

const fields = { rows: integer({ min: 1 }), model: string, names: names() };

/**
 * The bytes of a state, in safetensors with a checksum: to keep a conversation in a file, and to go on with it in another process.
 *
 * @example
 * const bytes = serializeState(model.forward(input).state);
 * model.forward(next, await deserializeState(bytes));
 *
 * @throws BpttError for what is no state that a model gave, and for one that is not finite.
 */
export function serializeState(state: State): Uint8Array<ArrayBuffer> {
  const where = 'serializeState(state)';
  checkLegible(where, state);
  const given: Partial<State> = Object(state);
  if (typeof given.model !== 'string' || !Array.isArray(given.names) || !Array.isArray(given.layers)) {
    throw new BpttError('foreign-state', `${where}: expected a state that a model gave, got ${show(state)}`);
  }
  const { rows, model, names } = checkFields(
    where,
    { rows: given.rows, model: given.model, names: given.names },
    fields,
  );
  checkLength(`${where}.layers`, given.layers, names.length, names.join(', '));
  const tensors = Array.from(given.layers, (layer: unknown, index) => {
    const numbers = checkNumbers(`${where}.layers[${index}]`, layer);
    if (numbers.length === 0 || numbers.length % rows !== 0) {
      fail(`${where}.layers[${index}]`, `a multiple of ${rows} rows`, `${numbers.length} numbers`);
    }
    checkFinite(`${where}.layers[${index}]`, numbers);
    const data = layer instanceof Float32Array ? layer : Float64Array.from(numbers);
    return { name: names[index]!, shape: [rows, data.length / rows], data };
  });
  const own = { [FORMAT]: VERSION, [STATE]: JSON.stringify({ rows, model, names }) };
  return encodeSafetensors(tensors, { ...own, [CHECKSUM]: checksum(...partsOfSafetensors(tensors, own)) });
}

/**
 * The state that `serializeState` made bytes of. Whether it is of a model is checked where that takes it.
 *
 * @param where What error messages call the file.
 * @throws BpttError `bad-file` for bytes that are not a whole state, and where the checksum tells that something has changed.
 *
 * @example
 * const { state } = model.forward(batch);
 * const bytes = serializeState(state); // kept in a file, or sent
 * const { outputs } = model.forward(batch, await deserializeState(bytes)); // goes on
 */
export async function deserializeState(bytes: Uint8Array, where = 'state file'): Promise<State> {
  checkBytes('deserializeState(bytes)', bytes);
  checkString('deserializeState(where)', where);
  const { decodeSafetensors } = await import('../formats/decode-safetensors.ts');
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const { [CHECKSUM]: sum, ...own } = metadata;
  const bad = (expected: string, got: string) =>
    new BpttError('bad-file', `${where}: expected ${expected}, got ${got}`);
  if (own[STATE] === undefined) throw bad('the metadata of a state', 'a safetensors file without them');
  if (own[FORMAT] !== VERSION) throw bad(`format version ${VERSION}`, show(own[FORMAT]));
  const found = checksum(...partsOfSafetensors(tensors, own));
  if (sum !== found) throw bad(`checksum ${sum ?? '(none)'}`, `${found}: the file is damaged`);
  let said: unknown;
  try {
    said = parseJson(own[STATE]);
  } catch {
    throw bad(`JSON in ${STATE}`, 'something else');
  }
  const { rows, model, names } = checkFields(`${where}, ${STATE}`, said, fields);
  const layers = names.map((name) => {
    const tensor = tensors.find((one) => one.name === name);
    if (tensor?.shape[0] !== rows || !(tensor.data instanceof Float32Array || tensor.data instanceof Float64Array)) {
      throw bad(`F32 or F64 with ${rows} rows in ${show(name)}`, tensor === undefined ? 'none' : `[${tensor.shape}]`);
    }
    checkFinite(`${where}, ${name}`, tensor.data);
    return tensor.data as Reals;
  });
  return stateOf({ model, names }, rows, layers);
}
