// VGSL to and from descriptions.
import { describe, expect, it } from 'vitest';
import {
  activation,
  bidirectional,
  conv2d,
  createModel,
  dense,
  dropout,
  elman,
  features,
  groupNormalization,
  gru,
  image,
  last,
  lstm,
  maxPool,
} from '../../src/index.ts';
import { fromVgsl, toVgsl } from '../../src/vision/index.ts';

const relu = activation({ function: 'relu' });

describe('fromVgsl', () => {
  it('reads the default of kraken', () => {
    const spec =
      '[1,120,0,1 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,9,64 Do0.1,2 Mp2,2 Cr3,9,64 Do0.1,2 S1(1x0)1,3 Lbx200 Do0.1,2 Lbx200 Do0.1,2 Lbx200 Do]';
    const drop = dropout({ rate: 0.1, variational: true });
    const conv = (filters: number, kernel: readonly [number, number]) => [
      conv2d({ filters, kernel, stride: [1, 1], dilation: [1, 1], padding: 'same' }),
      relu,
      drop,
    ];
    const pool = maxPool({ kernel: [2, 2], stride: [2, 2] });
    const both = bidirectional(lstm({ units: 200 }));
    expect(fromVgsl(spec, { classes: 60 })).toEqual([
      image({ height: 120 }),
      ...[...conv(32, [3, 13]), pool, ...conv(32, [3, 13]), pool, ...conv(64, [3, 9]), pool, ...conv(64, [3, 9])],
      ...[both, drop, both, drop, both, dropout({ rate: 0.5 })],
      dense({ units: 60 }),
    ]);
  });

  it('reads all words, with names, strides, dilations and ends', () => {
    const spec = '[1,32,0,3 Ct2,4,8,2,1,1,3 Gn4 Mp2,1,1,1 Gfx12 Lbx{top}6 Ft7 O1s5]';
    expect(fromVgsl(spec)).toEqual([
      image({ height: 32, channels: 3 }),
      conv2d({ filters: 8, kernel: [2, 4], stride: [2, 1], dilation: [1, 3], padding: [0, 4] }),
      activation({ function: 'tanh' }),
      groupNormalization({ groups: 4 }),
      maxPool({ kernel: [2, 1], stride: [1, 1] }),
      gru({ units: 12 }),
      bidirectional(lstm({ units: 6 }), { name: 'top' }),
      dense({ units: 7 }),
      activation({ function: 'tanh' }),
      dense({ units: 5 }),
    ]);
    expect(fromVgsl('[1,8,0,1 Lfxs5 O0c3]')).toEqual([
      image({ height: 8 }),
      lstm({ units: 5 }),
      last(),
      dense({ units: 3 }),
    ]);
  });

  it('makes a model that runs', async () => {
    const model = await createModel(fromVgsl('[1,16,0,1 Cr3,3,4 Mp2,2 Cr3,3,6 Mp2,2 S1(1x4)1,3 Lbx5 Do O1c7]'));
    expect(model.forward({ steps: 12, rows: 2, inputs: new Float32Array(12 * 2 * 16) }).outputs).toHaveLength(
      3 * 2 * 7,
    );
  });

  it.each([
    ['1,48,0,1 Lfx4 O1c3', /^fromVgsl\(spec\), word 1: expected a network in brackets/],
    ['[1,48,0 Lfx4 O1c3]', /word 1: expected batch, height, width and channels, such as 1,48,0,1, got "1,48,0"/],
    ['[1,0,0,1 Lfx4 O1c3]', /word 1: expected a height, which all images have here/],
    ['[1,48,100,1 Lfx4 O1c3]', /word 1: expected 1 as batch and 0 as width/],
    [
      '[1,48,0,1 Xr3 O1c3]',
      /word 2: expected C, Mp, Gn, L, G, Do, S, F or O with its numbers, as in Cr3,3,32, got "Xr3"/,
    ],
    ['[1,48,0,1 Cr3,32 O1c3]', /word 2: expected C, Mp/],
    ['[1,48,0,1 Cm3,3,32 O1c3]', /word 2: expected one of the letters l, r, s, t .*got "m"/],
    [
      '[1,36,0,1 Ct5,5,16 Mp3,3 Lfys64 Lfx128 O1c105]',
      /word 4: expected recurrence over x, the time axis here, got "Lfy"/,
    ],
    ['[1,36,0,1 Lrx128 O1c105]', /word 2: expected recurrence forward or in both directions, got "Lrx"/],
    ['[1,36,0,1 S2(4x9)1,3 Lfx8 O1c5]', /word 2: expected a reshape S1\(1xn\)1,3/],
    ['[1,36,0,1 Lfx8 O2c5]', /word 3: expected an output at each column, O1, or one an image, O0, got "O2c"/],
    ['[1,36,0,1 Lfx8 O1x5]', /word 3: expected c, s or l after the O/],
    ['[1,36,0,1 O1c5 Lfx8]', /word 3: expected no word after the output, got "Lfx8"/],
    ['[1,36,0,1 Lfx0 O1c5]', /word 2: expected C, Mp.*got "Lfx0"/],
    ['[1,36,0,1 Cr0,3,5 O1c5]', /word 2: expected C, Mp/],
    ['[1,36,0,1 Do1.5 O1c5]', /word 2 "Do1\.5": dropout\.rate: expected/],
    ['[1,36,0,1 Lfx8]', /expected an output such as O1c60 at its end, or the option classes, got neither/],
  ])('says where %s is wrong', (spec, message) => {
    expect(() => fromVgsl(spec)).toThrow(message);
  });

  it('takes no time for long strings that are none', () => {
    // With patterns that can match a part in two ways these take hours.
    const many = 300_000;
    for (const spec of [`[${' '.repeat(many)}x`, `[1,36,0,1 Do${'1'.repeat(many)}x O1c5]`]) {
      expect(() => fromVgsl(spec)).toThrow(/^fromVgsl\(spec\), word \d: expected/);
    }
    expect(fromVgsl(`[1,36,0,1 ${'Do.5 '.repeat(20_000)}O1c5]`)).toHaveLength(20_002);
  });

  it('refuses options that are wrong', () => {
    expect(() => fromVgsl(3 as never)).toThrow(/^fromVgsl\(spec\): expected a string, got 3/);
    expect(() => fromVgsl('[1,8,0,1 Lfx4 O1c3]', { classes: 3 })).toThrow(/got O1c3 and classes 3/);
    expect(() => fromVgsl('[1,8,0,1 Lfx4]', { units: 3 } as never)).toThrow(/fromVgsl: .*units/);
  });
});

describe('toVgsl', () => {
  it.each([
    '[1,48,0,1 Cr3,3,32 Do0.1,2 Mp2,2 Cr2,4,64,2,1 Mp2,2,1,2 Gn8 Lbx{top}100 Do0.5 O1c60]',
    '[1,32,0,3 Ct3,3,8,1,1,2,2 Cl3,3,8 Gfx20 Lbxs30 Fs10 O1c60]',
  ])('is the inverse: %s', async (spec) => {
    expect(toVgsl(fromVgsl(spec))).toBe(spec);
    expect(toVgsl((await createModel(fromVgsl(spec))).description)).toBe(spec);
  });

  it.each([
    [[features(3), dense({ units: 2 })], /^toVgsl\(description\)\[0\]: expected an image first, got features/],
    [[image({ height: 3 }), elman({ units: 2 })], /\[1\]: expected a layer that VGSL has, got elman/],
    [
      [image({ height: 3 }), lstm({ units: 2, layerNorm: true })],
      /\[1\]: expected layerNorm false, as VGSL has it, got true/,
    ],
    [
      [image({ height: 3 }), conv2d({ filters: 2, kernel: 3 })],
      /\[1\]: expected padding: \[1, 1\], which VGSL has around this kernel, got valid/,
    ],
    [[image({ height: 3 }), conv2d({ filters: 2, kernel: 2, padding: 'same' })], /\[1\]: expected padding: \[0, 0\]/],
    [
      [image({ height: 3 }), conv2d({ filters: 2, kernel: 1, groups: 2 })],
      /\[1\]: expected a convolution in one group, got 2/,
    ],
    [[image({ height: 3 }), maxPool({ kernel: 2, padding: 1 })], /\[1\]: expected no padding of a maxPool, got 1/],
    [
      [image({ height: 3 }), conv2d({ filters: 2, kernel: 1 }), activation({ function: 'gelu' })],
      /\[2\]: expected one of relu, sigmoid, tanh/,
    ],
    [
      [image({ height: 3, name: 'a' }), gru({ units: 2, from: 'a' })],
      /\[1\]: expected entries that read the one before, got from/,
    ],
    [
      [image({ height: 3 }), bidirectional(gru({ units: 2 }), { merge: 'sum' })],
      /\[1\]: expected merge: 'concat', got "sum"/,
    ],
    ['image', /^toVgsl\(description\): expected a description/],
  ])('names what VGSL does not have: %j', (description, message) => {
    expect(() => toVgsl(description as never)).toThrow(message);
  });
});
