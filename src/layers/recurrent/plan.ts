// The plan of a range of steps: every size, flag and address that the kernels' loop over time reads.
import type { Pointer } from '../../wasm/kernels.ts';
import { numberedCells, numberedFunctions, type RecurrentPlan, writePlan } from '../../wasm/recurrent-plan.ts';
import type { Binding, Pass, Track } from '../contract.ts';
import { type Buffers, type DirectedLayer, gradientTracks } from './buffers.ts';

/** W as steps use it. */
export interface UsedWeights {
  /** W in panels, where it stays as it is; else 0. */
  readonly packed: Pointer;
  used(pass: Pass): Pointer;
}

/** Hands steps to the kernels, and gives where their plan lies. */
export type Planner = (from: number, to: number, pass: Pass) => Pointer;

export function bindPlan(layer: DirectedLayer, binding: Binding, buffers: Buffers, weights: UsedWeights): Planner {
  const { kernels } = binding;
  const { pointer } = buffers.plan;
  const same = wordsOfAll(layer, binding, buffers);
  let written: readonly [from: number, to: number, pass: Pass] | undefined;
  return (from, to, pass) => {
    // Nothing to do for those of the call before.
    if (written?.[0] === from && written[1] === to && written[2] === pass) return pointer;
    written = [from, to, pass];
    const own = wordsOfSteps(layer, binding, buffers, from, pass);
    writePlan(kernels, pointer, { ...same, ...own, T: to - from, w: weights.used(pass), packed: weights.packed });
    return pointer;
  };
}

/** The words that are those of any steps. */
function wordsOfAll({ cell, description, names, reverse }: DirectedLayer, binding: Binding, buffers: Buffers) {
  const { kernels, rows, scratch } = binding;
  const { qInverse, cInverse, dh, dc } = buffers;
  const parameter = (there: boolean, name: string) => (there ? binding.parameter(name) : 0);
  const gradient = (there: boolean, name: string) => (there ? binding.gradient(name) : 0);
  const normal = description.layerNorm;
  const normalCell = normal && cell.states.length === 2;
  const peepholes = cell.peepholes === true;
  const reals = (track: Track | undefined) => (track?.stride ?? 0) / kernels.realBytes();
  return {
    cell: numberedCells.indexOf(cell.kernel),
    reverse: reverse ? 1 : 0,
    B: rows,
    H: description.units,
    gates: cell.gates.length,
    activation: numberedFunctions.indexOf(cell.activation),
    gateActivation: numberedFunctions.indexOf(cell.gateActivation),
    candidateBias: parameter(cell.reset === 'after', names.bn),
    peepholes: parameter(peepholes, names.p),
    gain: parameter(normal, names.gainH),
    cellGain: parameter(normalCell, names.gainC),
    cellBias: parameter(normalCell, names.biasC),
    inverses: reals(qInverse),
    cInverses: reals(cInverse),
    dh: dh.pointer,
    dc: dc?.pointer ?? 0,
    dPeepholes: gradient(peepholes, names.p),
    dGain: gradient(normal, names.gainH),
    dCellGain: gradient(normalCell, names.gainC),
    dCellBias: gradient(normalCell, names.biasC),
    scratch,
  } satisfies Partial<RecurrentPlan>;
}

/** Those of the steps from `from` on. */
function wordsOfSteps(layer: DirectedLayer, binding: Binding, buffers: Buffers, from: number, pass: Pass) {
  const at = (track: Track | undefined) => (track === undefined ? 0 : track.pointer + from * track.stride);
  const { da, dp, dq } = gradientTracks(buffers, layer, pass);
  return {
    h: at(buffers.h),
    c: at(buffers.c),
    a: at(buffers.a),
    p: at(buffers.p),
    q: at(buffers.q),
    qInverse: at(buffers.qInverse),
    cn: at(buffers.cn),
    cInverse: at(buffers.cInverse),
    resets: pass.resets ? at(binding.resets) : 0,
    padding: pass.padding ? at(binding.padding) : 0,
    dropout: pass.training ? at(buffers.dropout) : 0,
    zoneoutH: at(buffers.zoneoutH),
    zoneoutC: at(buffers.zoneoutC),
    stateGradient: pass.continuesToEarlier ? 1 : 0,
    dy: at(binding.dOutput),
    da: at(da),
    dp: at(dp),
    dq: at(dq),
  } satisfies Partial<RecurrentPlan>;
}
