// What a convolution computes: block by block of places what the filters see (im2col), as rows of products that every page has.
//
// Blocks go backward from the last to the first, and so do the rows of each: every sum is in the order of one over all places.
import { Companion } from '../../wasm/companion.ts';
import type { Pointer } from '../../wasm/kernels.ts';
import { writeSliding } from '../../wasm/sliding-plan.ts';
import type { Binding, BoundLayer, Pass } from '../contract.ts';
import { at } from '../parts/address.ts';
import type { ConvolutionKernels } from './convolution-kernels.ts';
import { bindFilters, type Convolution, type Patches } from './filters.ts';
import { planOf, refuseResets } from './sliding.ts';

export const companion = new Companion<ConvolutionKernels>('convolution', {
  f32: () => import('../../../build/kernels/convolution-f32.js'),
  f64: () => import('../../../build/kernels/convolution-f64.js'),
});

export function bindConvolution(binding: Binding, shape: Convolution): BoundLayer {
  const own = companion.of(binding.kernels);
  return shape.causal ? bindCausal(binding, shape, own) : bindBothSides(binding, shape, own);
}

/** The range of places in steps `from` to `to`. */
const placesIn = ({ rows }: Binding, { places }: Convolution, from: number, to: number) =>
  [from * rows * places, to * rows * places] as const;

function bindBothSides(binding: Binding, shape: Convolution, own: ConvolutionKernels): BoundLayer {
  const {
    kernels,
    rows: B,
    inputs: [input],
    buffer,
  } = binding;
  const { track: x, gradient: dx, add, filled, padding } = input!;
  const plan = buffer('plan').pointer;
  let flags: Pointer = 0;
  const patches: Patches = {
    gather: (rows, ld, from, to, first, channels) =>
      own.gather(rows, ld, x.pointer, plan, flags, from, to - from, first, channels),
    scatter:
      dx &&
      ((rows, ld, from, to, first, channels) =>
        own.scatter(dx.pointer, rows, ld, plan, flags, from, to - from, first, channels)),
  };
  const filters = bindFilters(binding, shape, own, patches);
  const begin = (pass: Pass) => {
    refuseResets(pass, shape.where);
    writeSliding(kernels, plan, planOf(shape, filled(), B, x.ld));
    flags = pass.padding ? padding.pointer : 0;
  };
  return {
    forward(from, to, pass) {
      begin(pass);
      filters.forward(...placesIn(binding, shape, from, to));
    },
    backward(from, to, pass) {
      begin(pass);
      if (dx !== undefined && !add) kernels.clear(dx.pointer, filled() * B * dx.ld);
      filters.backward(...placesIn(binding, shape, from, to), pass);
    },
  };
}

/** Of a sequence: its patches lie in the state before each step, and in the step itself. */
function bindCausal(binding: Binding, shape: Convolution, own: ConvolutionKernels): BoundLayer {
  const {
    kernels,
    rows: B,
    inputs: [input],
    resets,
    padding,
    buffer,
  } = binding;
  const {
    C,
    across: { kernel: K, dilation },
  } = shape;
  const { track: x, gradient: dx } = input!;
  const [past, dPast] = [buffer('past'), buffer('dPast')];
  const real = kernels.realBytes();
  let marks: readonly [resets: Pointer, padding: Pointer] = [0, 0];
  const begin = (pass: Pass) => {
    marks = [pass.resets ? resets.pointer : 0, pass.padding ? padding.pointer : 0];
  };
  const patches: Patches = {
    gather(rows, ld, from, to, first, channels) {
      const [state, step] = [past, x].map((track) => track.pointer + (from * track.ld + first) * real) as [
        number,
        number,
      ];
      own.gatherPast(rows, ld, state, past.ld, step, x.ld, to - from, K, dilation, C, channels);
    },
    scatter:
      dx &&
      ((rows, ld, from, to, first, channels) => {
        const [state, step] = [dPast.pointer + first * real, dx.pointer + (from * dx.ld + first) * real];
        const count = to - from;
        own.scatterPast(step, dx.ld, state, dPast.ld, rows, ld, ...marks, from, count, B, K, dilation, C, channels);
      }),
  };
  const filters = bindFilters(binding, shape, own, patches);
  return {
    forward(from, to, pass) {
      begin(pass);
      const [restart, hold] = marks.map((flags, index) => (flags === 0 ? 0 : at([resets, padding][index]!, from)));
      const R = (K - 1) * dilation;
      own.remember(at(past, from), at(x, from), restart!, hold!, to - from, B, R, C, past.ld, x.ld);
      filters.forward(from * B, to * B);
    },
    backward(from, to, pass) {
      begin(pass);
      filters.backward(from * B, to * B, pass);
    },
  };
}
