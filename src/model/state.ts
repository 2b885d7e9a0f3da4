// The state of recurrent layers between steps, as a value that the caller keeps.
import { checkLegible, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import type { Reals } from '../wasm/arena.ts';
import type { Network } from './network.ts';

/** What the rows of a batch carry from step to step. */
export interface State {
  /** B. */
  readonly rows: number;
  /** For each recurrent layer from the input on, [B,H]. */
  readonly layers: readonly Reals[];
}

/** Zeros for `rows` rows. */
export function zeroState(network: Network, rows: number): State {
  const layers = network.states.map(({ columns: width }) =>
    network.dtype === 'f32' ? new Float32Array(rows * width) : new Float64Array(rows * width),
  );
  return { rows, layers };
}

/** @throws BpttError `foreign-state` when a state does not belong to such a network and number of rows. */
export function checkState(network: Network, state: State, rows: number): void {
  checkLegible('state', state);
  const expected = network.states.map(({ columns: width }) => `[${rows},${width}]`);
  const lengths = network.states.map(({ columns }) => rows * columns);
  const given: unknown = state?.layers;
  if (!Array.isArray(given)) {
    throw new BpttError('foreign-state', `state: expected a state of this model, got ${show(state)}`);
  }
  const fits =
    state.rows === rows &&
    state.layers.length === lengths.length &&
    state.layers.every(
      (data, index) => (data instanceof Float32Array || data instanceof Float64Array) && data.length === lengths[index],
    );
  if (!fits) {
    const found = state.layers.map((data: Reals | undefined) => data?.length ?? 'no');
    const got = `${show(state.rows)} rows with ${found.map(show).join(', ')} numbers`;
    throw new BpttError(
      'foreign-state',
      `state: expected a state of this model with layers ${expected.join(', ')}, got ${got}`,
    );
  }
  for (const [index, data] of state.layers.entries()) {
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) {
      throw new BpttError('non-finite', `state.layers[${index}][${at}]: expected a finite number, got ${data[at]}`);
    }
  }
}
