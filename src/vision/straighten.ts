// What differs between pictures and says nothing: how much they lean, how bright and how strong they are.
import { fail } from '../base/check.ts';
import type { FloatPicture } from './change-picture.ts';
import { moved } from './distort.ts';
import { checkPicture, type Picture, scaleOf } from './picture.ts';

/** A picture of one channel as numbers. */
function numbersOf(where: string, picture: Picture) {
  const { width, height, data, channels } = checkPicture(where, picture);
  if (channels !== 1) fail(where, '1 channel, as grey makes it', `${channels}`);
  const scale = scaleOf(data);
  const values = Float64Array.from(data, (value) => value * scale);
  // Most of a picture with something drawn or written on it is what that is drawn on.
  const paper = values.toSorted()[values.length >> 1]!;
  return { width, height, values, paper };
}

/**
 * A picture of a letter, a digit or a word, leant so that what is drawn in it leans to neither side: by the moments of what differs from the median of its
 * pixels, the paper. Of a whole line of text, in which the words are higher at one end, that is not what leans.
 *
 * @example
 * const input = images(digits.map((digit) => deskewed(grey(digit))));
 *
 * @throws BpttError for what is no picture, or has more than one channel.
 */
export function deskewed(picture: Picture): FloatPicture {
  const { width, height, values, paper } = numbersOf('deskewed(picture)', picture);
  let [mass, sumX, sumY] = [0, 0, 0];
  const each = (take: (ink: number, x: number, y: number) => void) => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) take(Math.abs(values[y * width + x]! - paper), x, y);
    }
  };
  each((ink, x, y) => {
    mass += ink;
    sumX += ink * x;
    sumY += ink * y;
  });
  const [middleX, middleY] = [sumX / mass, sumY / mass];
  let [covariance, variance] = [0, 0];
  each((ink, x, y) => {
    covariance += ink * (x - middleX) * (y - middleY);
    variance += ink * (y - middleY) * (y - middleY);
  });
  // Without ink, or in one row, nothing leans.
  const lean = variance > 0 ? covariance / variance : 0;
  const grid = { width, height, channels: 1 };
  const straight = lean === 0 ? values : moved(values, grid, (x, y) => [x + lean * (y - middleY), y]);
  return { width, height, data: new Float32Array(straight) };
}

/**
 * A picture whose paper, the median of its pixels, is 0, and whose standard deviation is 1: bright or dark, pale or strong, it is the same to a network,
 * which sees 0 beside pictures as well. One that is the same everywhere is 0 everywhere.
 *
 * @example
 * const input = images(lines.map((line) => standardized(scaled(grey(line), 32))));
 *
 * @throws BpttError for what is no picture, or has more than one channel.
 */
export function standardized(picture: Picture): FloatPicture {
  const { width, height, values, paper } = numbersOf('standardized(picture)', picture);
  let [sum, squares] = [0, 0];
  for (const value of values) sum += value;
  const mean = sum / values.length;
  for (const value of values) squares += (value - mean) * (value - mean);
  const deviation = Math.sqrt(squares / values.length);
  const data = Float32Array.from(values, (value) => (deviation > 0 ? (value - paper) / deviation : 0));
  return { width, height, data };
}
