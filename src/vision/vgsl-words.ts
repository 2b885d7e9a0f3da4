// The words of VGSL, the strings in which kraken and Tesseract describe networks: which letters are which activations, and how a convolution pads.

import type { ActivationFunction } from '../layers/later/activation.ts';
import type { Padding2d } from '../layers/later/convolution-fields.ts';

/** The letters of what is made of the outputs of a convolution or a dense layer; l: nothing. */
export const letters: Readonly<Record<string, ActivationFunction | undefined>> = {
  ...{ l: undefined, r: 'relu', s: 'sigmoid', t: 'tanh' },
};

/** What VGSL's convolutions have around an image: half of what the kernel reaches over, rounded down, on each side. */
export function paddingOf(
  kernel: readonly [number, number],
  dilation: readonly [number, number],
): readonly [number, number] {
  const each = (axis: 0 | 1) => Math.floor(((kernel[axis] - 1) * dilation[axis]) / 2);
  return [each(0), each(1)];
}

/** The same in the words of `conv2d`: `same` where that is it. */
export function namedPadding(
  kernel: readonly [number, number],
  stride: readonly [number, number],
  dilation: readonly [number, number],
): Padding2d {
  const whole = ([0, 1] as const).every(
    (axis) => stride[axis] === 1 && ((kernel[axis] - 1) * dilation[axis]) % 2 === 0,
  );
  return whole ? 'same' : paddingOf(kernel, dilation);
}
