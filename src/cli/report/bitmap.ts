// Pictures of greys in a page: bitmaps of 256 greys (BITMAPINFOHEADER), which browsers show.

/** The brightness of a pixel, x from the left and y from the top, at any scale: the lowest is black, the highest white. */
export type Brightness = (x: number, y: number) => number;

/** As the source of an image. */
export function bitmap(width: number, height: number, brightness: Brightness): string {
  const stride = Math.ceil(width / 4) * 4;
  const start = 54 + 4 * 256;
  const bytes = Buffer.alloc(start + stride * height);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(start, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(8, 28);
  bytes.writeUInt32LE(256, 46);
  for (let grey = 0; grey < 256; grey++) bytes.fill(grey, 54 + 4 * grey, 57 + 4 * grey);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) [low, high] = [Math.min(low, brightness(x, y)), Math.max(high, brightness(x, y))];
  }
  const scale = high > low ? 255 / (high - low) : 0;
  for (let y = 0; y < height; y++) {
    // Rows from the bottom up.
    for (let x = 0; x < width; x++) {
      bytes[start + (height - 1 - y) * stride + x] = Math.round((brightness(x, y) - low) * scale);
    }
  }
  return `data:image/bmp;base64,${bytes.toString('base64')}`;
}
