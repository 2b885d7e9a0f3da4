// `bptt/vision`: pictures, and networks that read them.
export { type FloatPicture, grey, scaled } from './change-picture.ts';
export { type Distort, type DistortOptions, distorted } from './distort.ts';
export { type FromVgslOptions, fromVgsl } from './from-vgsl.ts';
export {
  type LineReader,
  type LineReaderOptions,
  lineMetadata,
  lineReader,
  type PlacedLabel,
  type ReadLine,
  readLineMetadata,
} from './line-reader.ts';
export { type BytePicture, type ImageInput, images, type Picture, type Pixels } from './picture.ts';
export { readImage } from './read-image.ts';
export { deskewed, standardized } from './straighten.ts';
export { toVgsl } from './to-vgsl.ts';
