// Rows of states put together anew.
import type { Network } from '../model/network.ts';
import { type State, zeroState } from '../model/state.ts';

/** A state whose row r is row `rows[r]` of another. */
export function gatherRows(network: Network, state: State, rows: readonly number[]): State {
  const gathered = zeroState(network, rows.length);
  for (const [to, from] of rows.entries()) copyRow(state, from, gathered, to);
  return gathered;
}

/** Copies one row of a state to a row of another. */
export function copyRow(source: State, from: number, target: State, to: number): void {
  for (const [layer, data] of target.layers.entries()) {
    const width = data.length / target.rows;
    data.set(source.layers[layer]!.subarray(from * width, (from + 1) * width), to * width);
  }
}
