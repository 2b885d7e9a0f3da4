// Gaussian blur of numbers in rows and columns, their edges repeated outside.
import { exp } from '../base/exact-log.ts';

/** How numbers [height,width,channels] lie. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Blurs by a standard deviation in pixels, in place. */
export function blur(values: Float64Array, { width, height, channels }: Grid, deviation: number): void {
  if (deviation === 0) return;
  const weights = weightsOf(deviation);
  const row = width * channels;
  for (let y = 0; y < height; y++) {
    for (let c = 0; c < channels; c++) blurLine(values, y * row + c, width, channels, weights);
  }
  for (let i = 0; i < row; i++) blurLine(values, i, height, row, weights);
}

/** Of the middle and of those on each side, to where less than a ninetieth of the highest is left; with their twins they add up to 1. */
function weightsOf(deviation: number): Float64Array {
  const weights = Float64Array.from({ length: Math.ceil(3 * deviation) + 1 }, (_, i) =>
    exp((-i * i) / (2 * deviation * deviation)),
  );
  const sum = weights.reduce((total, weight, i) => total + (i === 0 ? weight : 2 * weight), 0);
  return weights.map((weight) => weight / sum);
}

function blurLine(values: Float64Array, start: number, count: number, stride: number, weights: Float64Array): void {
  const reach = weights.length - 1;
  const line = new Float64Array(count + 2 * reach);
  for (let i = 0; i < line.length; i++) {
    line[i] = values[start + Math.min(count - 1, Math.max(0, i - reach)) * stride]!;
  }
  for (let i = 0; i < count; i++) {
    const middle = i + reach;
    let sum = weights[0]! * line[middle]!;
    for (let k = 1; k <= reach; k++) sum += weights[k]! * (line[middle - k]! + line[middle + k]!);
    values[start + i * stride] = sum;
  }
}
