// Windows that slide over images and sequences: how many places they have, and on which clock.
import { BpttError } from '../../base/errors.ts';
import type { Clock } from '../../base/signal.ts';
import type { SlidingPlan } from '../../wasm/sliding-plan.ts';
import type { Pass, Port } from '../contract.ts';
import type { Pair } from './convolution-fields.ts';

/** A window in one direction, and what stands around what it slides over. */
export interface Slide {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

/** How many pixels or steps a window needs to have a place. */
const needed = ({ kernel, dilation, before, after }: Slide) =>
  Math.max(1, (kernel - 1) * dilation + 1 - before - after);

/** How many places a window has over so many pixels or steps; 0 or less where it has none. */
export function placesOf(size: number, { kernel, stride, dilation, before, after }: Slide): number {
  return Math.floor((size + before + after - (kernel - 1) * dilation - 1) / stride) + 1;
}

/** What stands before and after so that there are as many places as pixels or steps; of an odd number of them one more after. */
export function same(kernel: number, dilation: number): Pick<Slide, 'before' | 'after'> {
  const before = Math.floor(((kernel - 1) * dilation) / 2);
  return { before, after: (kernel - 1) * dilation - before };
}

/** The clock of what a window that slides over time gives: that of its input, or one that follows it. */
export function clockOf({ clock }: Port, across: Slide, where: string): Clock {
  const { kernel, stride, dilation, before, after } = across;
  if (stride === 1 && before + after === (kernel - 1) * dilation) return clock;
  return {
    kind: 'steps',
    name: where,
    follows: {
      clock,
      steps(of, row) {
        const places = placesOf(of, across);
        if (places >= 1) return places;
        throw new BpttError(
          'invalid-shape',
          `${where}: expected at least ${needed(across)} steps${row === undefined ? '' : ` in row ${row}`}, of which its window leaves one, got ${of}`,
        );
      },
    },
  };
}

/** Rows of pixels, of which a window leaves some. @throws BpttError where it leaves none. */
export function heightOf(H: number, down: Slide, where: string): number {
  const places = placesOf(H, down);
  if (places >= 1) return places;
  throw new BpttError(
    'invalid-shape',
    `${where}: expected an image at least ${needed(down)} pixels high, of which its window leaves one, got ${H}`,
  );
}

/** What slides over what. */
export interface Sliding {
  /** The pixels of a column and the channels of each; of a sequence 1 and its features. */
  readonly H: number;
  readonly C: number;
  readonly down: Slide;
  readonly across: Slide;
  /** The places that the window has in a column. */
  readonly places: number;
}

/** Of a sequence: nothing is above or below it. */
export const FLAT: Slide = { kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 };

/** The same as the kernels read it. */
export function planOf({ H, C, down, across, places }: Sliding, T: number, B: number, rowReals: number): SlidingPlan {
  return {
    ...{ T, B, H, C, rowReals, places },
    ...{ height: down.kernel, dilationDown: down.dilation, strideDown: down.stride, top: down.before },
    ...{ width: across.kernel, dilationAcross: across.dilation, strideAcross: across.stride, left: across.before },
  };
}

/** @throws BpttError for what has no features at its steps. */
export function checkSteps({ signal, clock, where: source }: Port, where: string): void {
  if (signal.kind === 'features' && clock.kind === 'steps') return;
  const got = clock.kind === 'row' ? 'one output a row' : `${signal.size} tokens`;
  const hint = signal.kind === 'tokens' ? '; embedding makes features of them' : '';
  throw new BpttError(
    'invalid-shape',
    `${where}: expected features at every step as input, got ${got} from ${source}${hint}`,
  );
}

/** Down and across of what may be one number for both. */
export const both = (value: Pair): readonly [down: number, across: number] =>
  typeof value === 'number' ? [value, value] : value;

/** The pixels of a column and the channels of each. @throws BpttError for what is no image. */
export function imageOf(port: Port, where: string): { readonly H: number; readonly C: number } {
  checkSteps(port, where);
  const { size, height } = port.signal;
  if (height !== undefined && size % height === 0) return { H: height, C: size / height };
  throw new BpttError(
    'invalid-shape',
    `${where}: expected an image, got ${size} features from ${port.where}, which ${height === undefined ? 'are none' : `no height of ${height} divides`}; image({ height }) is one, and so is what conv2d and pooling make of it`,
  );
}

/** @throws BpttError where rows begin anew between steps that are read together. */
export function refuseResets({ resets }: Pass, where: string): void {
  if (!resets) return;
  throw new BpttError(
    'invalid-argument',
    `resets: expected none with ${where}, which reads both sides of a step, got some; lengths say where rows end`,
  );
}
