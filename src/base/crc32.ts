// CRC-32, as in zip and PNG: it tells a file that was damaged from one that was not.

/** The reversed polynomial of ISO 3309 and ITU-T V.42. */
const POLYNOMIAL = 0xedb88320;

const table = Uint32Array.from({ length: 256 }, (_, octet) => {
  let rest = octet;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
  return rest;
});

/** The CRC-32 of some bytes, which may come in several parts, as eight hexadecimal digits. */
export function checksum(...parts: readonly Uint8Array[]): string {
  let rest = 0xffffffff;
  for (const bytes of parts) {
    for (let i = 0; i < bytes.length; i++) rest = (rest >>> 8) ^ table[(rest ^ bytes[i]!) & 255]!;
  }
  return ((rest ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}
