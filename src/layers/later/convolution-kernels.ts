// The kernels of assembly/companions/convolution, where stands what each does.
import type { Pointer } from '../../wasm/kernels.ts';

type Rows = [rows: Pointer, ld: number];
type Places = [place: number, count: number];
type Channels = [first: number, channels: number];
type Pixels = [
  place: number,
  count: number,
  places: number,
  filters: number,
  rowReals: number,
  first: number,
  columns: number,
];
type Grouped = [T: number, B: number, H: number, C: number, G: number, ld: number];
type Normalized = [dy: Pointer, x: Pointer, stats: Pointer, lds: number];
type Flags = [resets: Pointer, padding: Pointer];

export interface ConvolutionKernels {
  gather(...args: [...Rows, x: Pointer, plan: Pointer, padding: Pointer, ...Places, ...Channels]): void;
  scatter(...args: [dx: Pointer, ...Rows, plan: Pointer, padding: Pointer, ...Places, ...Channels]): void;
  place(...args: [y: Pointer, ...Rows, ...Pixels]): void;
  take(...args: [...Rows, y: Pointer, ...Pixels]): void;
  remember(
    ...args: [past: Pointer, x: Pointer, ...Flags, T: number, B: number, R: number, C: number, ld: number, ldx: number]
  ): void;
  gatherPast(
    ...args: [
      ...[...Rows, past: Pointer, ldPast: number, x: Pointer, ldx: number, count: number],
      ...[K: number, dilation: number, C: number, channels: number],
    ]
  ): void;
  scatterPast(
    ...args: [
      ...[dx: Pointer, ldx: number, dPast: Pointer, ldPast: number, ...Rows, ...Flags, ...Places],
      ...[B: number, K: number, dilation: number, C: number, channels: number],
    ]
  ): void;
  depthwise(
    ...args: [
      y: Pointer,
      ldy: number,
      ...Rows,
      w: Pointer,
      ldw: number,
      bias: Pointer,
      count: number,
      taps: number,
      C: number,
    ]
  ): void;
  depthwiseWeights(
    ...args: [dw: Pointer, ldw: number, ...Rows, dy: Pointer, ldy: number, count: number, taps: number, C: number]
  ): void;
  depthwiseBack(
    ...args: [...Rows, w: Pointer, ldw: number, dy: Pointer, ldy: number, count: number, taps: number, C: number]
  ): void;
  maxPool(
    ...args: [y: Pointer, chosen: Pointer, x: Pointer, plan: Pointer, padding: Pointer, ...Places, ldy: number]
  ): void;
  maxPoolBack(...args: [dx: Pointer, chosen: Pointer, dy: Pointer, plan: Pointer, ...Places, ldy: number]): void;
  averagePool(...args: [y: Pointer, x: Pointer, plan: Pointer, padding: Pointer, ...Places, ldy: number]): void;
  averagePoolBack(...args: [dx: Pointer, dy: Pointer, plan: Pointer, padding: Pointer, ...Places, ldy: number]): void;
  groupMoments(...args: [stats: Pointer, lds: number, x: Pointer, padding: Pointer, ...Grouped, epsilon: number]): void;
  groupNormalize(
    ...args: [
      ...[y: Pointer, x: Pointer, stats: Pointer, lds: number, gain: Pointer, bias: Pointer, padding: Pointer],
      ...Grouped,
    ]
  ): void;
  groupNormalizeWeights(...args: [dGain: Pointer, dBias: Pointer, ...Normalized, padding: Pointer, ...Grouped]): void;
  groupNormalizeBack(
    ...args: [dx: Pointer, ...Normalized, gain: Pointer, padding: Pointer, ...Grouped, adds: boolean]
  ): void;
}
