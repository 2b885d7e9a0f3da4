// A recurrent layer of any cell: V, W and b of its gates, its states over a window, and the products around the kernels, which
// run over time. What a cell is, is data: elman.ts, lstm.ts and gru.ts.

import type { Signal } from '../../base/signal.ts';
import type { Kernels, Pointer } from '../../wasm/kernels.ts';
import { recurrentWords, writePlan } from '../../wasm/recurrent-plan.ts';
import type { BufferSpec, Layer, LayerKind, Pass, Track } from '../contract.ts';
import { drawOnce, drawSteps } from '../parts/masks.ts';
import { bindProjection, packedBuffer, projectionScratch } from '../parts/projection.ts';
import { weightGradient } from '../parts/weight-gradient.ts';
import type { Activation, GateActivation, RecurrentDescription } from './options.ts';
import { type Cell, recurrentParameters } from './parameters.ts';
import { bindVanishing, vanishingBuffer } from './vanishing.ts';

/** Nonlinearities and cells, in the order in which the kernels number them. */
const functions: readonly (Activation | GateActivation)[] = [
  'tanh',
  'relu',
  'identity',
  'softsign',
  'sigmoid',
  'hard-sigmoid',
];
const cells: readonly Cell['kind'][] = ['elman', 'lstm', 'gru', 'gru-before'];

/** A kind of recurrent layer, which can also run from the last step to the first. */
export interface RecurrentKind<Description extends RecurrentDescription & { readonly kind: string }>
  extends LayerKind<Description> {
  cell(description: Description): Cell;
}

/** A layer in one direction. `name` gives the full name of `weight_ih`, `weight_hh`, `bias_ih`, `bias_hn` and `peephole`. */
export function recurrentLayer(
  cell: Cell,
  description: RecurrentDescription,
  input: Signal,
  name: (part: string) => string,
  reverse: boolean,
): Layer {
  const H = description.units;
  const { layerNorm, recurrentDropout, zoneout, weightDropout } = description;
  const { hidden: zoneoutHidden = 0, cell: zoneoutCell = 0 } = zoneout;
  const lstm = cell.kind === 'lstm';
  const after = cell.kind === 'gru';
  const gru = after || cell.kind === 'gru-before';
  const G = Math.max(1, cell.gates.length);
  const regularized = cell.vanishing !== undefined && cell.vanishing > 0;
  const { names, parameters } = recurrentParameters(cell, description, input, name);

  const own = (bufferName: string, extent: BufferSpec['extent'], kept: boolean, more: Partial<BufferSpec> = {}) =>
    ({ name: bufferName, extent, columns: H, type: 'real', kept, ...more }) satisfies BufferSpec;
  const gated = { columns: G * H, gates: G };
  const buffers: BufferSpec[] = [
    own('h', 'slot', true),
    // The gates; dL/da takes their place on the way back where nobody needs them again.
    own('a', 'step', cell.kind !== 'elman', gated),
    // h_{t-1} as the products saw it: zero in rows that were reset, without what was dropped.
    own('previous', 'step', false),
    own('dh', 'batch', false),
    { name: 'plan', extent: 'fixed', rows: 1, columns: recurrentWords.length, type: 'integer', kept: false },
  ];
  buffers.push(...packedBuffer('packedV', input, G * H, G));
  buffers.push(own('packed', 'fixed', false, { columns: G * H, gates: G, rows: H, frozen: true }));
  if (cell.kind !== 'elman') buffers.push(own('da', 'step', false, { ...gated, inPlaceOf: 'a' }));
  if (lstm) buffers.push(own('c', 'slot', true), own('dc', 'batch', false));
  if (gru) buffers.push(own('p', 'step', true), own('dp', 'step', false, after ? { inPlaceOf: 'p' } : {}));
  if (layerNorm) {
    // Normalised products of input and state, one over their deviations, and the gradient of the second before normalisation.
    buffers.push(own('xn', 'step', true, gated), own('q', 'step', true, gated));
    buffers.push(own('dq', 'step', false, { ...gated, inPlaceOf: 'q' }));
    buffers.push(own('xInverse', 'step', true, { columns: G }), own('qInverse', 'step', true, { columns: G }));
    if (lstm) buffers.push(own('cn', 'step', true), own('cInverse', 'step', true, { columns: 1 }));
  }
  if (recurrentDropout > 0) buffers.push(own('dropout', 'step', true));
  if (zoneoutHidden > 0) buffers.push(own('zoneoutH', 'step', true));
  if (zoneoutCell > 0) buffers.push(own('zoneoutC', 'step', true));
  if (weightDropout > 0) {
    for (const part of ['w', 'dw', 'kept']) buffers.push(own(part, 'fixed', false, { ...gated, rows: H }));
  }

  if (regularized) buffers.push(vanishingBuffer(H));

  return {
    output: { kind: 'features', size: H },
    parameters,
    buffers,
    result: 'h',
    returns: description.returns,
    keepsResult: true,
    state: lstm ? ['h', 'c'] : ['h'],
    reads: reverse ? 'both' : 'past',

    scratch(kernels: Kernels, T: number, B: number) {
      const width = G === 1 ? H : G * kernels.padded(H);
      return Math.max(
        projectionScratch(kernels, input, width, T * B),
        kernels.recurrentScratch(B, H, G),
        kernels.gemmScratch(H, width, T * B),
        regularized ? kernels.gemmScratch(T * B, H, H) : 0,
      );
    },

    bind(binding) {
      const { kernels, rows: B, dOutput, resets, padding, scratch } = binding;
      const find = (bufferName: string) => binding.buffer(bufferName);
      const h = find('h');
      const ld = h.ld;
      const width = G * ld;
      const real = kernels.realBytes();
      const a = find('a');
      const separate = {
        da: cell.kind === 'elman' ? a : find('da'),
        dp: gru ? find('dp') : undefined,
        dq: layerNorm ? find('dq') : undefined,
      };
      const c = lstm ? find('c') : undefined;
      const dc = lstm ? find('dc') : undefined;
      const p = gru ? find('p') : undefined;
      const previous = find('previous');
      const dh = find('dh');
      const plan = find('plan').pointer;
      const dropout = recurrentDropout > 0 ? find('dropout') : undefined;
      const zoneoutH = zoneoutHidden > 0 ? find('zoneoutH') : undefined;
      const zoneoutC = zoneoutCell > 0 ? find('zoneoutC') : undefined;
      const dropped = weightDropout > 0 ? { w: find('w'), dw: find('dw'), kept: find('kept') } : undefined;
      const W = binding.parameter(names.W);
      const dW = binding.gradient(names.W);
      const b = binding.parameter(names.b);
      const db = binding.gradient(names.b);
      const norm = layerNorm
        ? {
            xn: find('xn'),
            xInverse: find('xInverse'),
            q: find('q'),
            qInverse: find('qInverse'),
            gainX: binding.parameter(names.gainX),
            dGainX: binding.gradient(names.gainX),
            ...(lstm && { cn: find('cn'), cInverse: find('cInverse') }),
          }
        : undefined;
      const parameter = (there: boolean, parameterName: string) => (there ? binding.parameter(parameterName) : 0);
      const gradient = (there: boolean, parameterName: string) => (there ? binding.gradient(parameterName) : 0);
      const projection = bindProjection(
        {
          ...binding,
          weight: binding.parameter(names.V),
          dWeight: binding.gradient(names.V),
          // A normalised product gets the bias after the norm.
          bias: layerNorm ? 0 : b,
          dBias: layerNorm ? 0 : db,
          packed: binding.frozen && input.kind === 'features' ? find('packedV').pointer : 0,
        },
        input,
        G === 1 ? H : width,
        scratch,
      );
      const at = (track: Track | undefined, step: number): Pointer =>
        track === undefined ? 0 : track.pointer + step * track.stride;

      /** Where dL/da, dL/dp and dL/dq go: in the place of a, p and q where these have served. */
      const gradients = (pass: Pass) =>
        pass.keepsActivations ? separate : { da: a, dp: after ? p : separate.dp, dq: norm?.q };
      /** W as steps use it in training. */
      const droppedWeight = () => {
        kernels.multiply(dropped!.w.pointer, W, dropped!.kept.pointer, 1, H * width);
        return dropped!.w.pointer;
      };
      const vanishing = regularized
        ? bindVanishing(binding, {
            weight: cell.vanishing!,
            units: H,
            activation: functions.indexOf(cell.activation),
            h,
            da: a,
            dropout,
            recurrentWeight: () => (dropped === undefined ? W : droppedWeight()),
          })
        : undefined;
      const packed = binding.frozen ? find('packed').pointer : 0;
      if (packed !== 0) kernels.packB(packed, W, H, width, width, false);

      /** Hands the steps to the kernels, where they are not those of the call before. */
      let written: readonly [from: number, to: number, pass: Pass] | undefined;
      const write = (from: number, to: number, pass: Pass) => {
        if (written?.[0] === from && written[1] === to && written[2] === pass) return;
        written = [from, to, pass];
        writePlan(kernels, plan, {
          cell: cells.indexOf(cell.kind),
          reverse: reverse ? 1 : 0,
          T: to - from,
          B,
          H,
          activation: functions.indexOf(cell.activation),
          gateActivation: functions.indexOf(cell.gateActivation),
          h: at(h, from),
          c: at(c, from),
          a: at(a, from),
          p: at(p, from),
          w: dropped !== undefined && pass.training ? dropped.w.pointer : W,
          candidateBias: parameter(after, names.bn),
          peepholes: parameter(cell.peepholes === true, names.p),
          gain: parameter(layerNorm, names.gainH),
          cellGain: parameter(layerNorm && lstm, names.gainC),
          cellBias: parameter(layerNorm && lstm, names.biasC),
          q: at(norm?.q, from),
          qInverse: at(norm?.qInverse, from),
          inverses: (norm?.qInverse.stride ?? 0) / real,
          cInverses: (norm?.cInverse?.stride ?? 0) / real,
          cn: at(norm?.cn, from),
          cInverse: at(norm?.cInverse, from),
          resets: pass.resets ? at(resets, from) : 0,
          padding: pass.padding ? at(padding, from) : 0,
          dropout: pass.training ? at(dropout, from) : 0,
          zoneoutH: at(zoneoutH, from),
          zoneoutC: at(zoneoutC, from),
          dh: dh.pointer,
          dc: at(dc, 0),
          earlier: pass.continuesToEarlier ? 1 : 0,
          dy: at(dOutput, from),
          da: at(gradients(pass).da, from),
          dp: at(gradients(pass).dp, from),
          dPeepholes: gradient(cell.peepholes === true, names.p),
          dq: at(gradients(pass).dq, from),
          dGain: gradient(layerNorm, names.gainH),
          dCellGain: gradient(layerNorm && lstm, names.gainC),
          dCellBias: gradient(layerNorm && lstm, names.biasC),
          packed,
          scratch,
        });
      };

      return {
        ...(vanishing && { penalties: [vanishing.penalty] }),

        draw(from, to, draw) {
          if (dropout !== undefined) {
            drawOnce(kernels, dropout, from, to, B, H, 1 - recurrentDropout, draw);
          }
          if (zoneoutH !== undefined) drawSteps(kernels, zoneoutH, from, to, B, H, zoneoutHidden, 1, draw);
          if (zoneoutC !== undefined) drawSteps(kernels, zoneoutC, from, to, B, H, zoneoutCell, 1, draw);
          if (dropped !== undefined) {
            const kept = 1 - weightDropout;
            const [low, high] = draw.seed;
            const { pointer } = dropped.kept;
            kernels.bernoulli(
              pointer,
              H,
              width,
              width,
              kept,
              1 / kept,
              low,
              high,
              0,
              draw.window + 1,
              draw.batch,
              draw.mask(),
            );
          }
        },

        forward(from, to, pass) {
          const T = to - from;
          projection.forward(a, from, to);
          if (norm !== undefined) {
            for (let t = from; t < to; t++) {
              const y = at(a, t);
              kernels.normalize(at(norm.xn, t), y, at(norm.xInverse, t), y, norm.gainX, b, B * G, G, H);
            }
          }
          if (reverse) {
            kernels.clear(at(h, to), B * ld);
            if (c !== undefined) kernels.clear(at(c, to), B * ld);
          }
          if (!pass.training) {
            if (zoneoutH !== undefined) kernels.fill(at(zoneoutH, from), zoneoutHidden, T * B * ld);
            if (zoneoutC !== undefined) kernels.fill(at(zoneoutC, from), zoneoutCell, T * B * ld);
          } else if (dropped !== undefined) {
            droppedWeight();
          }
          write(from, to, pass);
          kernels.recurrentForward(plan);
        },

        backward(from, to, pass) {
          const T = to - from;
          const { da, dp, dq = da } = gradients(pass);
          if (!pass.continuesFromLater) {
            kernels.clear(dh.pointer, B * ld);
            if (dc !== undefined) kernels.clear(dc.pointer, B * ld);
          }
          write(from, to, pass);
          kernels.recurrentBackward(plan);

          let seen = at(h, reverse ? from + 1 : from);
          const masked = at(previous, from);
          if (pass.resets) {
            // In reverse the state before a step comes from the one after: where that begins a sequence, there is none.
            const shift = reverse ? 1 : 0;
            kernels.maskRows(masked, seen, at(resets, from + shift), (T - shift) * B, ld);
            if (reverse) kernels.copy(at(previous, to - 1), at(h, to), B * ld);
            seen = masked;
          }
          if (pass.training && dropout !== undefined) {
            kernels.multiply(masked, seen, at(dropout, from), 1, T * B * ld);
            seen = masked;
          }
          if (pass.training && vanishing !== undefined) seen = vanishing.seenWith(seen, from, to, pass);
          const target = dropped !== undefined && pass.training ? dropped.dw.pointer : dW;
          const accumulate = pass.continuesFromLater || (dropped !== undefined && target === dW);
          // A first state of zeros, as it often is, adds nothing. In reverse it belongs to the last rows.
          const idle = kernels.isZero(reverse ? seen + (T - 1) * B * ld * real : seen, B * ld);
          const rows = (T - idle) * B;
          const skipped = reverse ? 0 : idle * B * real;
          /** dW of some columns of gates, which begin at column `first`. */
          const product = (first: number, outputs: number, x: Pointer, dy: Pointer, ldy: number) => {
            const both = { x: x + skipped * ld, ldx: ld, inputs: H, dy: dy + skipped * ldy, ldy, outputs, rows };
            weightGradient(kernels, target + first * real, width, both, accumulate, scratch);
          };
          const n = 2 * ld;
          if (gru) {
            product(0, n, seen, at(dq, from), width);
            if (!after) product(n, ld, at(p, from), at(dq, from) + n * real, width);
            else if (norm !== undefined) product(n, ld, seen, at(dq, from) + n * real, width);
            else product(n, ld, seen, at(dp, from), ld);
            if (after) kernels.sumRows(binding.gradient(names.bn), at(dp, from), T * B, ld);
          } else {
            product(0, G === 1 ? H : width, seen, at(dq, from), width);
          }
          if (dropped !== undefined && target !== dW && !pass.continuesToEarlier) {
            kernels.multiply(target, target, dropped.kept.pointer, 1, H * width);
            kernels.add(dW, target, H * width);
          }
          if (norm !== undefined) {
            kernels.sumRows(db, at(da, from), T * B, width);
            for (let t = to - 1; t >= from; t--) {
              const { gainX, dGainX } = norm;
              kernels.normalizeBack(
                at(da, t),
                at(da, t),
                at(norm.xn, t),
                at(norm.xInverse, t),
                gainX,
                dGainX,
                B * G,
                G,
                H,
              );
            }
          }
          projection.backward(da, from, to, pass);
        },
      };
    },
  };
}
