// The state of recurrent layers between steps, as a value that the caller keeps.
import { checkLegible, checkReals, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import type { Reals } from '../wasm/arena.ts';
import type { Network } from './network.ts';
import type { StateNames } from './state-names.ts';

/**
 * What the rows of a batch carry from step to step. One that was made by hand need not say what it is of. `JSON.stringify` writes one, and what `JSON.parse` then gives is taken as one;
 * `serializeState` makes bytes of it.
 */
export interface State extends Partial<StateNames> {
  /** B. */
  readonly rows: number;
  /** [B,H] each: of each recurrent layer from the input on its h, and of an LSTM then its c. */
  readonly layers: readonly Reals[];
}

/** A state of these numbers. */
export function stateOf({ model, names }: StateNames, rows: number, layers: readonly Reals[]): State {
  const state = { rows, model, names, layers };
  // JSON would make objects of typed arrays.
  const toJSON = () => ({ ...state, layers: layers.map((data) => Array.from(data)) });
  return Object.defineProperty(state, 'toJSON', { value: toJSON });
}

/** Zeros for `rows` rows. */
export function zeroState({ dtype, stateNames, states }: Network, rows: number): State {
  const most = Math.max(0, ...states.map(({ columns }) => rows * columns));
  // A state of more is read by no model: its memory ends at 4 GiB, and arrays end at 2^32 numbers or before.
  if (most * (dtype === 'f32' ? 4 : 8) >= 2 ** 32) {
    throw new BpttError('out-of-memory', `zeroState(rows): expected rows whose state fits into 4 GiB, got ${rows}`);
  }
  const Real = dtype === 'f32' ? Float32Array : Float64Array;
  return stateOf(
    stateNames,
    rows,
    states.map(({ columns }) => new Real(rows * columns)),
  );
}

/**
 * A state that may come from JSON, with typed arrays in place of plain ones; undefined for none.
 *
 * @throws BpttError `foreign-state` when it does not belong to such a network and number of rows, `non-finite` for what its dtype does not hold.
 */
export function checkState(network: Network, state: State | undefined, rows: number): State | undefined {
  if (state === undefined) return undefined;
  checkLegible('state', state);
  const { stateNames, states, dtype } = network;
  const lengths = states.map(({ columns }) => rows * columns);
  const given: { readonly [Name in keyof State]?: unknown } = Object(state);
  if (!Array.isArray(given.layers)) throw foreign('', show(state));
  const found = Array.from(given.layers, (data) => data?.length ?? show(data));
  if (given.rows !== rows || found.join() !== lengths.join()) {
    const shapes = states.map(({ columns }) => `[${rows},${columns}]`).join(', ');
    throw foreign(` with layers ${shapes}`, `${show(given.rows)} rows with ${found.join(', ')} numbers`);
  }
  const say = ({ model, names }: typeof given) =>
    `${typeof model === 'string' ? model : show(model)} with ${isList(names) ? names.join() : show(names)}`;
  const [expected, got] = [stateNames, { ...stateNames, ...given }].map(say);
  if (expected !== got) throw foreign(`, ${expected}`, got!);
  const checked = given.layers.map((layer: unknown, index) => {
    const reals = checkReals(`state.layers[${index}]`, layer, lengths[index]!, '', dtype);
    return (ArrayBuffer.isView(reals) ? reals : Float64Array.from(reals)) as Reals;
  });
  return stateOf(stateNames, rows, checked);
}

const isList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

const foreign = (expected: string, got: string) =>
  new BpttError('foreign-state', `state: expected a state of this model${expected}, got ${got}`);
