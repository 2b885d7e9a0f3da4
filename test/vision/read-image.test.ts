// Images in files: every kind as Pillow reads it, and answers to what is none. In Chromium the browser decodes, in Node fast-png and jpeg-js.
import { describe, expect, it } from 'vitest';
import { grey, readImage, scaled } from '../../src/vision/index.ts';
import fixtures from '../truth/fixtures/images.json' with { type: 'json' };

const bytesOf = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const cases = Object.entries(fixtures.cases).map(
  ([name, { file, pixels }]) => [name, bytesOf(file), bytesOf(pixels)] as const,
);
const fileOf = (name: keyof typeof fixtures.cases) => bytesOf(fixtures.cases[name].file);

describe('readImage', () => {
  it.each(cases)('reads %s', async (name, file, pixels) => {
    const { width, height, data } = await readImage(file);
    expect([width, height]).toEqual([fixtures.width, fixtures.height]);
    if (!name.endsWith('.jpg')) {
      // What is not opaque at all has no colour that is seen.
      const seen = (all: ArrayLike<number>) => Array.from(all, (value, i) => (pixels[i | 3] === 0 ? 0 : value));
      // Canvases keep colours multiplied by their opacity.
      const close = seen(data).map((value, i) => (Math.abs(value - seen(pixels)[i]!) * pixels[i | 3]!) / 255 <= 1);
      expect(close.filter((right) => !right)).toEqual([]);
      if (!name.includes('opacity')) expect(seen(data)).toEqual(seen(pixels));
      return;
    }
    // Decoders round otherwise.
    expect(Math.max(...data.map((value, i) => Math.abs(value - pixels[i]!)))).toBeLessThanOrEqual(3);
  });

  it('reads words with comments, samples of any white, and of two bytes', async () => {
    const words = await readImage(ascii('P2 # made by hand\n3 1\n#white\n15\n0 3\n15 '));
    expect([words.width, words.height, ...words.data]).toEqual([3, 1, ...[0, 51, 255].flatMap((v) => [v, v, v, 255])]);
    const colours = await readImage(ascii('P3 1 1 1 0 1 0'));
    expect([...colours.data]).toEqual([0, 255, 0, 255]);
    const wide = await readImage(Uint8Array.of(...ascii('P5 2 1 65535\n'), 0x80, 0x80, 0xff, 0xff));
    expect([...wide.data]).toEqual([128, 128, 128, 255, 255, 255, 255, 255]);
  });

  it('gives what grey and scaled take', async () => {
    const { width, height } = scaled(grey(await readImage(fileOf('colour.ppm'))), 14);
    expect([width, height]).toEqual([26, 14]);
  });

  it.each([
    ['nothing', new Uint8Array(0), 'a.png, byte 0: expected a PNG, JPEG, PGM or PPM image, got nothing'],
    ['a text', ascii('Call me Ishmael'), 'a.png, byte 0: expected a PNG, JPEG, PGM or PPM image, got "Call me "'],
    ['a GIF', ascii('GIF89a'), /got a GIF; programs that show it can save it as PNG$/],
    ['a TIFF', ascii('II*\0abc'), /got a TIFF; programs/],
    ['a bitmap of bits', ascii('P4 8 1\n\0'), /got a PBM; programs/],
    ['a wide PGM', ascii('P5 20000 1 255\n'), /^a\.png, byte 8: expected 1 to 16,384 pixels a side .*, got 20000x1$/],
    ['a flat PPM', ascii('P6 3 0 255\n'), /expected 1 to 16,384 pixels a side .*, got 3x0$/],
    ['a large PGM', ascii('P5 16384 16384 255\n'), /at most 67,108,864 in all, got 16384x16384$/],
    [
      'a PGM cut off',
      ascii('P5 3 2 255\nabcde'),
      'a.png, byte 16: expected 6 samples from byte 11 on, got the end: the file is cut off',
    ],
    [
      'a PGM without its head',
      ascii('P5 3'),
      /^a\.png, byte 4: expected the height, .*, got the end: the file is cut off$/,
    ],
    ['a PGM of no white', ascii('P5 3 1 0\nabc'), /expected a sample of white of at least 1, got 0$/],
    [
      'a word for a sample',
      ascii('P2 2 1 255 12 x3'),
      /^a\.png, byte 14: expected sample 2, a whole number from 0 to 255, got "x3"$/,
    ],
    [
      'a sample over white',
      Uint8Array.of(...ascii('P5 1 1 9\n'), 10),
      'a.png, byte 9: expected a sample from 0 to 9, got 10',
    ],
    [
      'a PNG cut off',
      fileOf('grey.png').subarray(0, -5),
      /expected the chunk IEND, .*, got the end: the file is cut off$/,
    ],
    [
      'a PNG of another first chunk',
      Uint8Array.of(...fileOf('grey.png').subarray(0, 12), ...ascii('JUNK0000')),
      /^a\.png, byte 8: expected the chunk IHDR/,
    ],
    [
      'a JPEG cut off',
      fileOf('baseline.jpg').subarray(0, -40),
      /expected the marker EOI, .*, got the end: the file is cut off$/,
    ],
    ['a JPEG of its first bytes', fileOf('baseline.jpg').subarray(0, 30), /got the end: the file is cut off$/],
    [
      'a JPEG without size',
      Uint8Array.of(0xff, 0xd8, 0xff, 0xda, 0, 2, 0xff, 0xd9),
      /expected the size of the image before its pixels, got none$/,
    ],
  ])('says of %s what is wrong', async (_, bytes, message) => {
    const pattern = typeof message === 'string' ? { message } : { message: expect.stringMatching(message) };
    await expect(readImage(bytes, 'a.png')).rejects.toMatchObject({ code: 'bad-file', ...pattern });
  });

  it('allocates nothing for images that say they are too large', async () => {
    const large = fileOf('grey.png').slice();
    new DataView(large.buffer).setUint32(16, 20_000);
    await expect(readImage(large)).rejects.toThrow(/^image, byte 16: expected 1 to 16,384 .*, got 20000x7$/);
    const jpeg = fileOf('baseline.jpg').slice();
    const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
    new DataView(jpeg.buffer).setUint16(frame + 7, 20_000);
    await expect(readImage(jpeg)).rejects.toThrow(/expected 1 to 16,384 .*, got 20000x7$/);
  });

  it('says of damaged ones that they are', async () => {
    const damaged = fileOf('colour.png').slice();
    damaged.fill(0x55, 45, 60);
    await expect(readImage(damaged, 'b.png')).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/^b\.png: expected a PNG image that is not damaged, got: ./),
    });
  });
});
