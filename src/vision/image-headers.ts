// What PNG (W3C 2003) and JPEG (ITU-T T.81) files say of their size, and whether they are there to their end: decoders allocate first and ask later.
import type { BpttError } from '../base/errors.ts';

/** Makes the error for what is wrong at a byte of the file. */
export type Bad = (at: number, expected: string, got: string) => BpttError;

/** Checks a size before anything is allocated for it. */
export type CheckSize = (at: number, width: number, height: number) => void;

/** @throws BpttError for a file that is cut off, or an image without pixels or larger than is read. */
export function measurePng(bytes: Uint8Array, bad: Bad, checkSize: CheckSize): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at === 8 && (kind !== 'IHDR' || length !== 13))
      throw bad(at, 'the chunk IHDR of 13 bytes', `${kind} of ${length}`);
    if (length > bytes.length - at - 12) break;
    if (at === 8) checkSize(at + 8, view.getUint32(at + 8), view.getUint32(at + 12));
    if (kind === 'IEND') return;
    at += 12 + length;
  }
  throw bad(bytes.length, 'the chunk IEND, with which PNG files end', 'the end: the file is cut off');
}

/** Markers that begin a frame: SOF0 to SOF15 without DHT, JPG and DAC. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** @throws BpttError for a file that is cut off, or an image without pixels or larger than is read. */
export function measureJpeg(bytes: Uint8Array, bad: Bad, checkSize: CheckSize): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let framed = false;
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) throw bad(at, 'a JPEG marker, which begins with byte 255', `${bytes[at]}`);
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // any number of them may fill up
      continue;
    }
    if (marker === 0xda) {
      if (!framed) throw bad(at, 'the size of the image before its pixels', 'none');
      if (hasEnd(bytes, at)) return;
      break;
    }
    const length = view.getUint16(at + 2);
    if (length > bytes.length - at - 2) break;
    if (isFrame(marker) && length >= 8) {
      checkSize(at + 5, view.getUint16(at + 7), view.getUint16(at + 5));
      framed = true;
    }
    at += 2 + length;
  }
  throw bad(bytes.length, 'the marker EOI, with which JPEG files end', 'the end: the file is cut off');
}

/** Whether the end of the image follows; in what is compressed byte 255 is never followed by it. */
function hasEnd(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.lastIndexOf(0xd9); at > from; at = bytes.lastIndexOf(0xd9, at - 1)) {
    if (bytes[at - 1] === 0xff) return true;
  }
  return false;
}
