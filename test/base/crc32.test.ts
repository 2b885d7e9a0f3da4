// The checksum of files.
import { expect, test } from 'vitest';
import { checksum } from '../../src/base/crc32.ts';

test('is the CRC-32 whose check value is cbf43926', () => {
  expect(checksum(new TextEncoder().encode('123456789'))).toBe('cbf43926');
  expect(checksum(new Uint8Array())).toBe('00000000');
  expect(checksum(new TextEncoder().encode('a'))).toBe('e8b7be43');
});
