// Scaling and its inverse.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitPipeline, type PipelineOptions, scale, series, unscale } from '../../src/series/index.ts';

test('unscale is the inverse of scale', () => {
  const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 8, maxLength: 20 });
  fc.assert(
    fc.property(
      numbers,
      fc.integer({ min: 0, max: 5 }),
      fc.constantFrom('standard', 'min-max', 'none'),
      (x, d, kind) => {
        fc.pre(new Set(x.slice(d).map((value, t) => value - (d === 0 ? 0 : x[t]!))).size > 1);
        const { columns } = series({ x });
        const options: PipelineOptions = { targets: ['x'], difference: d, normalize: kind };
        const scaling = fitPipeline(series({ x }), { from: 0, to: x.length }, options).scalings.x!;
        const scaled = scale(scaling, columns.x!);
        expect(scaled.length).toBe(x.length - d);
        const back = unscale(scaling, scaled, columns.x!.subarray(0, d));
        for (const [t, value] of back.entries()) expect(value).toBeCloseTo(x[t + d]!, 7);
        if (kind === 'min-max') expect([Math.min(...scaled), Math.max(...scaled)]).toEqual([0, 1]);
        if (d > 0) expect(() => unscale(scaling, scaled)).toThrow(`unscale(before): expected ${d} elements`);
      },
    ),
  );
});
