// What a window holds of a recurrent layer in one direction.
import type { Signal } from '../../base/signal.ts';
import { recurrentWords } from '../../wasm/recurrent-plan.ts';
import type { Binding, BufferSpec, Pass, Track } from '../contract.ts';
import type { Cell } from './cell.ts';
import type { RecurrentDescription } from './options.ts';
import type { ParameterNames } from './parameters.ts';

/** A recurrent layer in one direction, before it has addresses. */
export interface DirectedLayer {
  readonly cell: Cell;
  readonly description: RecurrentDescription;
  readonly input: Signal;
  readonly names: ParameterNames;
  /** From the last step to the first. */
  readonly reverse: boolean;
}

/** The buffers of a layer. */
export function recurrentBuffers({ cell, description }: DirectedLayer): readonly BufferSpec[] {
  const { units: H, layerNorm, recurrentDropout, zoneout, weightDropout } = description;
  const { reset } = cell;
  const G = cell.gates.length;
  const carriesC = cell.states.length === 2;
  const own = (name: string, extent: BufferSpec['extent'], kept: boolean, more: Partial<BufferSpec> = {}) =>
    ({ name, extent, columns: H, type: 'real', kept, ...more }) satisfies BufferSpec;
  const gated = { columns: G * H, gates: G };
  const buffers: BufferSpec[] = [
    own('h', 'slot', true),
    // The gates; dL/da takes their place on the way back where nobody needs them again.
    own('a', 'step', G > 1, gated),
    // h_{t-1} as the products saw it: zero in rows that were reset, without what was dropped.
    own('previous', 'step', false),
    own('dh', 'batch', false),
    { name: 'plan', extent: 'fixed', rows: 1, columns: recurrentWords.length, type: 'integer', kept: false },
  ];
  if (G > 1) buffers.push(own('da', 'step', false, { ...gated, inPlaceOf: 'a' }));
  if (carriesC) buffers.push(own('c', 'slot', true), own('dc', 'batch', false));
  if (reset !== undefined) {
    buffers.push(own('p', 'step', true), own('dp', 'step', false, reset === 'after' ? { inPlaceOf: 'p' } : {}));
  }
  if (layerNorm) {
    // Normalised products of input and state, one over their deviations, and the gradient of the second before normalisation.
    buffers.push(own('xn', 'step', true, gated), own('q', 'step', true, gated));
    buffers.push(own('dq', 'step', false, { ...gated, inPlaceOf: 'q' }));
    buffers.push(own('xInverse', 'step', true, { columns: G }), own('qInverse', 'step', true, { columns: G }));
    if (carriesC) buffers.push(own('cn', 'step', true), own('cInverse', 'step', true, { columns: 1 }));
  }
  if (recurrentDropout > 0) buffers.push(own('dropout', 'step', true));
  if ((zoneout.hidden ?? 0) > 0) buffers.push(own('zoneoutH', 'step', true));
  if ((zoneout.cell ?? 0) > 0) buffers.push(own('zoneoutC', 'step', true));
  if (weightDropout > 0) {
    const rows = cell.diagonal ? 1 : H;
    for (const part of ['w', 'dw', 'kept']) buffers.push(own(part, 'fixed', false, { ...gated, rows }));
  }
  // What Ω adds to what W saw.
  if (cell.vanishing) buffers.push(own('omega', 'step', false));
  return buffers;
}

type Always = 'h' | 'a' | 'previous' | 'dh' | 'plan';
type Sometimes =
  | ('da' | 'c' | 'dc' | 'p' | 'dp' | 'dropout' | 'zoneoutH' | 'zoneoutC' | 'w' | 'dw' | 'kept')
  | ('xn' | 'xInverse' | 'q' | 'qInverse' | 'dq' | 'cn' | 'cInverse');

/** Where the buffers lie that a layer has. */
export type Buffers = { readonly [Name in Always]: Track } & { readonly [Name in Sometimes]?: Track };

export function bindBuffers(layer: DirectedLayer, binding: Binding): Buffers {
  const names = recurrentBuffers(layer).map(({ name }) => name);
  return Object.fromEntries(names.map((name) => [name, binding.buffer(name)])) as unknown as Buffers;
}

/** Where dL/da, dL/dp and dL/dq go: in the place of a, p and q where these have served. */
export function gradientTracks({ a, da = a, p, dp, q, dq }: Buffers, { cell }: DirectedLayer, pass: Pass) {
  return pass.keepsActivations ? { da, dp, dq } : { da: a, dp: cell.reset === 'after' ? p : dp, dq: q };
}

export type GradientTracks = ReturnType<typeof gradientTracks>;
