// PNG and JPEG: by the browser's decoder in pages, else by the optional packages fast-png and jpeg-js.
import { BpttError } from '../base/errors.ts';
import type { BytePicture } from './picture.ts';

type Format = 'PNG' | 'JPEG';

/** The picture of a file whose size has been checked. @throws BpttError that names the file. */
export async function decodeImage(bytes: Uint8Array, format: Format, name: string): Promise<BytePicture> {
  const inPage = typeof createImageBitmap === 'function' && typeof OffscreenCanvas === 'function';
  const decode = inPage ? inBrowser : await (format === 'PNG' ? pngDecoder(name) : jpegDecoder(name));
  try {
    return await decode(bytes);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new BpttError('bad-file', `${name}: expected a ${format} image that is not damaged, got: ${said}`, { cause });
  }
}

type Decode = (bytes: Uint8Array) => BytePicture | Promise<BytePicture>;

async function inBrowser(bytes: Uint8Array): Promise<BytePicture> {
  const plain = { colorSpaceConversion: 'none', premultiplyAlpha: 'none', imageOrientation: 'none' } as const;
  const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]), plain as ImageBitmapOptions);
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, data: new Uint8ClampedArray(data) };
}

/** A package that is there, or what says how it comes there. Its name is in a variable: bundlers are not to look for it. */
async function packageFor(format: Format, packageName: string, name: string): Promise<object> {
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ packageName)) as object;
  } catch (cause) {
    const remedy = `npm install ${packageName} reads it`;
    throw new BpttError('bad-file', `${name}: expected a PGM or PPM image, got a ${format}; ${remedy}`, { cause });
  }
}

/** The part of jpeg-js that is used. */
interface Jpeg {
  decode(bytes: Uint8Array, options: object): { width: number; height: number; data: Uint8Array };
}

async function jpegDecoder(name: string): Promise<Decode> {
  const { default: jpeg } = (await packageFor('JPEG', 'jpeg-js', name)) as { default: Jpeg };
  return (bytes) => {
    // Its own limits are below those that were checked.
    const limits = { maxResolutionInMP: 100, maxMemoryUsageInMB: 4096 };
    const { width, height, data } = jpeg.decode(bytes, { useTArray: true, tolerantDecoding: false, ...limits });
    return { width, height, data: new Uint8ClampedArray(data) };
  };
}

/** The part of fast-png that is used. */
interface Png {
  decode(bytes: Uint8Array, options: { checkCrc: boolean }): DecodedPng;
}

interface DecodedPng {
  readonly width: number;
  readonly height: number;
  /** Rows begin at whole bytes. */
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
  readonly depth: number;
  readonly channels: number;
  readonly palette?: readonly (readonly number[])[];
  /** The sample, or the three, of pixels that are not to be seen. */
  readonly transparency?: Uint16Array;
}

async function pngDecoder(name: string): Promise<Decode> {
  const { decode } = (await packageFor('PNG', 'fast-png', name)) as Png;
  return (bytes) => pictureOf(decode(bytes, { checkCrc: true }));
}

/** Any kind of PNG as red, green, blue and opacity in bytes. */
function pictureOf({ width, height, data, depth, channels, palette, transparency }: DecodedPng): BytePicture {
  const out = new Uint8ClampedArray(4 * width * height).fill(255);
  const row = Math.ceil((width * channels * Math.min(depth, 8)) / 8);
  const top = 2 ** depth - 1;
  /** Samples of fewer than 8 bits share bytes, the first in the highest bits. */
  const sampleAt = (y: number, index: number) => {
    if (depth >= 8) return data[y * width * channels + index]!;
    const bit = index * depth;
    return (data[y * row + (bit >> 3)]! >> (8 - depth - (bit & 7))) & top;
  };
  const colours = channels < 3 ? 1 : 3;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      const samples = Array.from({ length: channels }, (_, c) => sampleAt(y, x * channels + c));
      if (palette !== undefined) {
        const colour = palette[samples[0]!];
        if (colour === undefined) throw new Error(`colour ${samples[0]} of ${palette.length} in row ${y + 1}`);
        out.set(colour, at);
        continue;
      }
      const bytes = samples.map((sample) => Math.round((sample * 255) / top));
      for (let c = 0; c < 3; c++) out[at + c] = bytes[colours === 1 ? 0 : c]!;
      if (channels > colours) out[at + 3] = bytes[colours]!;
      else if (transparency?.length === colours && samples.every((sample, c) => sample === transparency[c]))
        out[at + 3] = 0;
    }
  }
  return { width, height, data: out };
}
