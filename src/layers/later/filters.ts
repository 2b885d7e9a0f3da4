// The filters of a convolution: products of patches, one row a place, group by group, and their gradients.
import { aligned } from '../../wasm/arena.ts';
import type { Kernels, Pointer } from '../../wasm/kernels.ts';
import type { Binding, Pass } from '../contract.ts';
import { sumOfProducts } from '../parts/weight-gradient.ts';
import type { ConvolutionKernels } from './convolution-kernels.ts';
import type { Sliding } from './sliding.ts';

export interface Convolution extends Sliding {
  readonly where: string;
  readonly filters: number;
  readonly groups: number;
  /** The channels that each filter sees. */
  readonly inputs: number;
  /** Whether each channel has one filter of its own. */
  readonly depthwise: boolean;
  /** Whether what was read before is its state. */
  readonly causal: boolean;
  readonly names: { readonly weight: string; readonly bias: string };
}

/** What filters see in a window, as rows: one for each place. */
export interface Patches {
  /** Rows `from` to `to`, of each pixel `channels` from `first` on. */
  gather(rows: Pointer, ld: number, from: number, to: number, first: number, channels: number): void;
  /** Brings their gradients back; called from the last rows to the first. Undefined where nobody asks for it. */
  readonly scatter: Patches['gather'] | undefined;
}

/** Bytes of a block of patches: it stays in the second-level cache from when it is gathered until the product has read it. */
const BLOCK_BYTES = 196_608;
/** Places of a block at most: as many rows as the product takes at once. */
const BLOCK_PLACES = 250;

/** Over places `from` to `to`. */
export interface BoundFilters {
  forward(from: number, to: number): void;
  backward(from: number, to: number, pass: Pass): void;
}

/** What the filters of a group make of n patches, which lie in scratch: rows of y or dy, `ld` reals apart. */
interface Group {
  beginForward(n: number): void;
  forward(y: Pointer, ld: number, n: number): void;
  beginBackward(pass: Pass): void;
  /** Adds to the gradients of the filters and of their bias. */
  weights(dy: Pointer, ld: number, n: number): void;
  /** Puts the gradients of the patches in their place. */
  inputs(dy: Pointer, ld: number, n: number): void;
  endBackward(): void;
}

interface Layout {
  readonly taps: number;
  /** Of a group: the channels of each pixel, the numbers of a patch and the filters. */
  readonly channels: number;
  readonly K: number;
  readonly outputs: number;
  /** Reals between the rows of patches, and of outputs. */
  readonly ldPatch: number;
  readonly ld: number;
  /** The places of a block. */
  readonly block: number;
  /** Where in scratch everything lies. */
  readonly offsets: Readonly<Record<'patches' | 'y' | 'panels' | 'group' | 'product', number>>;
  readonly bytes: number;
}

function layoutOf(kernels: Kernels, { depthwise, C, filters, groups, inputs, across, down }: Convolution): Layout {
  const taps = across.kernel * down.kernel;
  // Depthwise all groups are taken at once.
  const [channels, outputs] = depthwise ? [C, filters] : [inputs, filters / groups];
  const K = taps * channels;
  const [ldPatch, ld] = [kernels.padded(K), kernels.padded(outputs)];
  const real = kernels.realBytes();
  const block = Math.max(8, Math.min(BLOCK_PLACES, Math.floor(BLOCK_BYTES / (ldPatch * real))));
  const { gemmScratch } = kernels;
  const sizes = {
    patches: block * ldPatch * real,
    y: block * ld * real,
    panels: Math.max(K * ld, outputs * ldPatch) * real,
    // The filters and the bias of one of several groups, and their gradients.
    group: groups > 1 ? 2 * (K + 1) * ld * real : 0,
    product: Math.max(gemmScratch(block, outputs, K), gemmScratch(K, outputs, block), gemmScratch(block, K, outputs)),
  };
  let bytes = 0;
  const offsets = Object.entries(sizes).map(([name, size]) => {
    const offset = bytes;
    bytes += aligned(size);
    return [name, offset];
  });
  return { taps, channels, K, outputs, ldPatch, ld, block, offsets: Object.fromEntries(offsets), bytes };
}

/** Bytes of scratch, however many places there are. */
export function filterScratch(kernels: Kernels, shape: Convolution): number {
  return layoutOf(kernels, shape).bytes;
}

interface Place {
  readonly binding: Binding;
  readonly shape: Convolution;
  readonly own: ConvolutionKernels;
  readonly layout: Layout;
}

const inScratch = ({ binding: { scratch }, layout: { offsets } }: Place, name: keyof Layout['offsets']): Pointer =>
  scratch + offsets[name];

export function bindFilters(
  binding: Binding,
  shape: Convolution,
  own: ConvolutionKernels,
  patches: Patches,
): BoundFilters {
  const { kernels, dOutput: dy, buffer, weight } = binding;
  const { filters, places, names, depthwise } = shape;
  const layout = layoutOf(kernels, shape);
  const { channels, outputs, ldPatch, ld, block } = layout;
  const place: Place = { binding, shape, own, layout };
  const [seen, ownRows] = [inScratch(place, 'patches'), inScratch(place, 'y')];
  const y = buffer('y');
  const real = kernels.realBytes();
  // One place a row of the outputs, and all filters at once: products write and read them where they lie.
  const direct = places === 1 && outputs === filters;
  const learned = weight(names.weight).gradient !== 0;
  const groups = Array.from({ length: filters / outputs }, (_, index) =>
    depthwise ? bindDepthwise(place) : bindGroup(place, index),
  );
  const pixels = (first: number, end: number, group: number) =>
    [first, end - first, places, filters, y.ld, group * outputs, outputs] as const;
  return {
    forward(from, to) {
      for (const [index, group] of groups.entries()) {
        group.beginForward(to - from);
        for (let first = from; first < to; first += block) {
          const end = Math.min(to, first + block);
          patches.gather(seen, ldPatch, first, end, index * channels, channels);
          if (direct) group.forward(y.pointer + first * y.ld * real, y.ld, end - first);
          else {
            group.forward(ownRows, ld, end - first);
            own.place(y.pointer, ownRows, ld, ...pixels(first, end, index));
          }
        }
      }
    },
    backward(from, to, pass) {
      for (const [index, group] of groups.entries()) {
        group.beginBackward(pass);
        for (let end = to; end > from; end -= block) {
          const first = Math.max(from, end - block);
          const [rows, ldRows] = direct ? [dy.pointer + first * dy.ld * real, dy.ld] : [ownRows, ld];
          if (!direct) own.take(rows, ldRows, dy.pointer, ...pixels(first, end, index));
          if (learned) patches.gather(seen, ldPatch, first, end, index * channels, channels);
          group.weights(rows, ldRows, end - first);
          if (patches.scatter === undefined) continue;
          group.inputs(rows, ldRows, end - first);
          patches.scatter(seen, ldPatch, first, end, index * channels, channels);
        }
        group.endBackward();
      }
    },
  };
}

/** Filters and their bias as a product reads them, and where their gradients go. */
interface Lying {
  readonly W: Pointer;
  readonly bias: Pointer;
  readonly dW: Pointer;
  readonly dBias: Pointer;
  /** The same in panels, where it stays as it is; else 0. */
  readonly packed: Pointer;
}

/** Filters that see all channels, or those of one of several groups, which are copied together first. */
function bindGroup(place: Place, index: number): Group {
  const { binding, shape, layout } = place;
  const { kernels, weight, parameter, gradient } = binding;
  const { filters, groups, names } = shape;
  const { K, outputs, ld, ldPatch } = layout;
  const [seen, panels, scratch] = [
    inScratch(place, 'patches'),
    inScratch(place, 'panels'),
    inScratch(place, 'product'),
  ];
  const real = kernels.realBytes();
  const whole = weight(names.weight);
  const alone = groups === 1;
  const own = inScratch(place, 'group');
  const rowBytes = ld * real;
  const lying: Lying = alone
    ? {
        ...{ W: whole.pointer, bias: parameter(names.bias), packed: whole.packed },
        ...{ dW: whole.gradient, dBias: gradient(names.bias) },
      }
    : {
        ...{ W: own, bias: own + K * rowBytes, packed: 0 },
        ...{ dW: whole.gradient && own + (K + 1) * rowBytes, dBias: own + (2 * K + 1) * rowBytes },
      };
  const { W, bias, dW, dBias, packed } = lying;
  const column = index * outputs * real;
  const wide = kernels.padded(filters);
  /** Brings the columns of the group from the matrix of all filters, or takes them there. */
  const fetch = (to: Pointer, all: Pointer, rows: number) => {
    if (!alone && to !== 0) kernels.copyColumns(to, all + column, rows, outputs, ld, wide);
  };
  const bringBack = (all: Pointer, from: Pointer, rows: number) => {
    if (!alone && from !== 0) kernels.copyColumns(all + column, from, rows, outputs, wide, ld);
  };
  let adds = false;
  let used: Pointer = 0;
  return {
    beginForward(n) {
      fetch(W, whole.pointer, K);
      fetch(bias, parameter(names.bias), 1);
      // Fewer rows do not pay for packing.
      used = packed !== 0 || n < 4 ? packed : panels;
      if (used === panels) kernels.packB(panels, W, K, outputs, ld, false);
    },
    forward(y, ldy, n) {
      if (used === 0) kernels.gemm(y, seen, W, n, outputs, K, ldPatch, ld, ldy, false, false, bias, scratch);
      else kernels.gemmPacked(y, seen, used, n, outputs, K, ldPatch, ldy, false, bias, scratch);
    },
    beginBackward(pass) {
      adds = whole.shared || pass.continuesFromLater;
      fetch(W, whole.pointer, K);
      fetch(dW, whole.gradient, K);
      fetch(dBias, gradient(names.bias), 1);
      kernels.packB(panels, W, outputs, K, ld, true);
    },
    weights(dy, ldy, n) {
      kernels.sumRows(dBias, dy, n, ld);
      if (dW === 0) return;
      const product = { x: seen, ldx: ldPatch, inputs: K, dy, ldy, outputs, rows: n };
      sumOfProducts(kernels, dW, ld, product, adds, scratch);
      adds = true;
    },
    inputs(dy, ldy, n) {
      kernels.gemmPacked(seen, dy, panels, n, K, outputs, ldy, ldPatch, false, 0, scratch);
    },
    endBackward() {
      bringBack(whole.gradient, dW, K);
      bringBack(gradient(names.bias), dBias, 1);
    },
  };
}

/** One filter for each channel: no product of matrices, but of numbers side by side. */
function bindDepthwise(place: Place): Group {
  const { binding, shape, own, layout } = place;
  const { kernels, weight, parameter, gradient } = binding;
  const { taps, ldPatch, outputs: C, ld: ldW } = layout;
  const seen = inScratch(place, 'patches');
  const { pointer: W, gradient: dW } = weight(shape.names.weight);
  const [bias, dBias] = [parameter(shape.names.bias), gradient(shape.names.bias)];
  return {
    beginForward() {},
    forward: (y, ld, n) => own.depthwise(y, ld, seen, ldPatch, W, ldW, bias, n, taps, C),
    // What adds to its gradients begins with what is there: nothing, or that of later steps.
    beginBackward() {},
    weights(dy, ld, n) {
      kernels.sumRows(dBias, dy, n, ld);
      if (dW !== 0) own.depthwiseWeights(dW, ldW, seen, ldPatch, dy, ld, n, taps, C);
    },
    inputs: (dy, ld, n) => own.depthwiseBack(seen, ldPatch, W, ldW, dy, ld, n, taps, C),
    endBackward() {},
  };
}
