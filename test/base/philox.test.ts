// Random numbers outside the kernels.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { permutation, philox } from '../../src/base/philox.ts';

test('philox gives the known answers of Random123', () => {
  const ones = 0xffffffff;
  expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
    0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
  ]);
});

test('a permutation holds each number once, and is a function of seed and stream', () => {
  fc.assert(
    fc.property(fc.nat({ max: 200 }), fc.maxSafeNat(), fc.nat(), (n, seed, stream) => {
      const order = permutation(n, seed, stream);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, index) => index));
      expect(permutation(n, seed, stream)).toEqual(order);
    }),
  );
  expect(permutation(50, 0, 0)).not.toEqual(permutation(50, 0, 1));
  expect(permutation(50, 0, 0)).not.toEqual(permutation(50, 1, 0));
  expect(permutation(50, 2 ** 32, 0)).not.toEqual(permutation(50, 0, 0));
});

test('each number comes to each place about as often', () => {
  const counts = Array.from({ length: 5 }, () => new Int32Array(5));
  const rounds = 5000;
  for (let stream = 0; stream < rounds; stream++) {
    for (const [place, number] of permutation(5, 7, stream).entries()) counts[place]![number]!++;
  }
  for (const row of counts) for (const count of row) expect(Math.abs(count / rounds - 0.2)).toBeLessThan(0.03);
});
