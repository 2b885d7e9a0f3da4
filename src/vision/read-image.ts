// Images in files: which format it is, whether it is whole, and how large, before anything is decoded.
import { checkBytes, checkString, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { type Bad, type CheckSize, measureJpeg, measurePng } from './image-headers.ts';
import { readNetpbm } from './netpbm.ts';
import { type BytePicture, SIDE } from './picture.ts';

/** The most pixels of an image: 256 MiB when it is decoded. */
const PIXELS = 2 ** 26;

/** How formats begin, those that are read first. */
const formats: readonly (readonly [begins: RegExp, name: string])[] = [
  [/^\x89PNG\r\n.\n/s, 'PNG'],
  [/^\xff\xd8\xff/, 'JPEG'],
  [/^P[2356]\s/, 'PGM'],
  [/^P[14]\s/, 'a PBM'],
  [/^P7\s/, 'a PAM'],
  [/^GIF8/, 'a GIF'],
  [/^BM/, 'a BMP'],
  [/^(II\*|MM.\*)/s, 'a TIFF'],
  [/^RIFF.{4}WEBP/s, 'a WebP'],
  [/^.{4}ftyp(avif|heic|heix|mif1)/s, 'an AVIF or HEIC'],
  [/^%PDF/, 'a PDF'],
];

/**
 * Reads an image: PNG, JPEG, PGM or PPM (P2, P3, P5, P6), whatever its name ends in. Pages decode PNG and JPEG with what the browser has. Elsewhere, as in
 * Node, PNG needs the package fast-png and JPEG the package jpeg-js: `npm install fast-png jpeg-js`. Pictures of PNG, PGM and PPM are the same
 * everywhere, those of JPEG may differ by a few steps of brightness. Samples of other depths become bytes; colour profiles, and how a camera was held, are
 * left aside.
 *
 * An image has at most 16,384 pixels a side and 67,108,864 in all; of a larger one nothing is decoded.
 *
 * @param name What errors call the file.
 * @returns red, green, blue and opacity of each pixel: `grey` makes one channel of it.
 * @throws BpttError `bad-file` with the place, for what is of another format, cut off, damaged, without pixels or larger than that, and where the package is
 * missing.
 *
 * @example
 * const picture = scaled(grey(await readImage(await readFile('line.png'), 'line.png')), 48);
 */
export async function readImage(bytes: Uint8Array, name = 'image'): Promise<BytePicture> {
  checkBytes('readImage(bytes)', bytes);
  checkString('readImage(name)', name);
  const bad: Bad = (at, expected, got) =>
    new BpttError('bad-file', `${name}, byte ${at}: expected ${expected}, got ${got}`);
  const checkSize: CheckSize = (at, width, height) => {
    const sides = Math.min(width, height) >= 1 && Math.max(width, height) <= SIDE;
    if (sides && width * height <= PIXELS) return;
    throw bad(at, '1 to 16,384 pixels a side and at most 67,108,864 in all', `${width}x${height}`);
  };
  const begin = String.fromCharCode(...bytes.subarray(0, 16));
  const format = formats.find(([begins]) => begins.test(begin))?.[1];
  switch (format) {
    case 'PGM':
      return readNetpbm(bytes, bad, checkSize);
    case 'PNG':
      measurePng(bytes, bad, checkSize);
      break;
    case 'JPEG':
      measureJpeg(bytes, bad, checkSize);
      break;
    default: {
      const other = bytes.length === 0 ? 'nothing' : show(begin.slice(0, 8));
      const got = format === undefined ? other : `${format}; programs that show it can save it as PNG`;
      throw bad(0, 'a PNG, JPEG, PGM or PPM image', got);
    }
  }
  const { decodeImage } = await import('./decode-image.ts');
  return decodeImage(bytes, format, name);
}
