// Plots: the text of an SVG that is well-formed, shows what it was given, and is safe to put into a page.
import { describe, expect, it } from 'vitest';
import { BpttError, type StepEvent, type ValidationEvent } from '../../src/index.ts';
import {
  type PlotOptions,
  plotConfusionMatrix,
  plotConnectivity,
  plotGradientByLag,
  plotLoss,
  plotLyapunovExponents,
  plotSaturation,
  plotSingularValues,
  plotSpectrum,
  plotStates,
  plotTruncationError,
  plotUpdateRatios,
} from '../../src/plots/index.ts';

const step = (step: number): StepEvent => ({
  type: 'step',
  step,
  epoch: 0,
  loss: 3 / step,
  penalty: 0,
  gradientNorm: 1,
  learningRate: 0.1,
  tokens: step,
  tokensPerSecond: 1,
});
const validation = (step: number): ValidationEvent => ({ type: 'validation', step, loss: 4 / step, best: true });
const matrix = { rows: 2, columns: 3, data: Float64Array.of(1, -0.5, 0, 0.25, 2, -1) };
const square = { rows: 2, columns: 2, data: Float64Array.of(2, 0, 0, 0.5) };

const plots: Readonly<
  Record<string, readonly [(options?: PlotOptions) => string, title: string, texts: readonly string[]]>
> = {
  plotConfusionMatrix: [
    (options) =>
      plotConfusionMatrix(
        { rows: 2, columns: 2, data: Float64Array.of(8, 2, 0, 0.5) },
        { classes: ['<ham>', 'spam'], ...options },
      ),
    'Confusion matrix',
    ['&lt;ham&gt;', 'spam', 'taken for', 'class', '8', '2', '0.50'],
  ],
  plotLoss: [
    (options) => plotLoss([step(1), step(2), validation(2), step(3)], options),
    'Loss',
    ['training', 'validation', 'updates', 'loss'],
  ],
  plotGradientByLag: [
    (options) => plotGradientByLag({ lstm: [1, 0.1, 0.01], elman: [1, 0.01, 0] }, options),
    'Gradient by lag',
    ['lstm', 'elman', 'lag k, steps'],
  ],
  plotSpectrum: [
    (options) => plotSpectrum({ real: Float64Array.of(0.5, 0.5), imaginary: Float64Array.of(1, -1) }, options),
    'Eigenvalues of the Jacobian',
    ['unit circle', 'real part', 'imaginary part'],
  ],
  plotSingularValues: [
    (options) => plotSingularValues([square, square], { from: 7, ...options }),
    'Singular values of the Jacobians',
    ['largest', 'smallest', '7', '8'],
  ],
  plotLyapunovExponents: [
    (options) => plotLyapunovExponents([0.1, -0.2, Number.NEGATIVE_INFINITY], options),
    'Lyapunov exponents',
    ['number of the exponent', 'nats a step'],
  ],
  plotStates: [
    (options) => plotStates(matrix, { labels: ['a', ' '], ...options }),
    'Hidden states',
    ['a', '␣', 'unit', '2', '-2'],
  ],
  plotSaturation: [
    (options) => plotSaturation([{ layer: 1, what: 'f', low: 0.25, high: 0.5 }], options),
    'Saturation',
    ['1 f', 'near the upper limit', 'share of values, %'],
  ],
  plotConnectivity: [
    (options) => plotConnectivity([0.1, 0.2, 0.3], { labels: ['x', '<', '\n'], ...options }),
    'What the last output depends on',
    ['x', '&lt;', '↵'],
  ],
  plotTruncationError: [
    (options) =>
      plotTruncationError(
        [1, 16].map((k2) => ({ k2, cosine: 1, degrees: 30 / k2, normRatio: 1 })),
        options,
      ),
    'Truncated against full gradient',
    ['16', 'angle, degrees'],
  ],
  plotUpdateRatios: [
    (options) =>
      plotUpdateRatios(
        [
          [
            { name: 'rnn.w', ratio: 0.1 },
            { name: 'b', ratio: 0 },
          ],
          [
            { name: 'rnn.w', ratio: 0.01 },
            { name: 'b', ratio: 0.1 },
          ],
        ],
        options,
      ),
    'Updates relative to parameters',
    ['rnn.w', 'time'],
  ],
};

/** What stands in the picture. */
const textsOf = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

describe.each(Object.entries(plots))('%s', (name, [plot, title, texts]) => {
  it('draws what it is given, with a title and what the axes mean', () => {
    const svg = plot();
    expect(svg).toMatch(/^<svg role="img" aria-label="/);
    expect(svg.trimEnd().endsWith('</svg>')).toBe(true);
    expect(textsOf(svg)).toEqual(expect.arrayContaining([title, ...texts]));
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    // But for ids, which keep the pictures of one page apart.
    const bare = (text: string) => text.replaceAll(/\bzr\d+-[a-z-]+\d+/g, 'id');
    expect(bare(plot())).toBe(bare(svg));
  });

  it('takes a title, a size and a theme', () => {
    const svg = plot({ title: '<b> "& co"', width: 400, height: 300, theme: 'dark' });
    expect(svg).toContain('viewBox="0 0 400 300"');
    expect(svg).not.toContain('<b>');
    expect(svg).toContain('&#60;b&#62;');
    expect(svg.split('#e6edf3').length).toBeGreaterThan(1);
  });

  it('refuses unknown options', () => {
    expect(() => plot({ colour: 'red' } as never)).toThrow(BpttError);
    expect(() => plot({ width: 10 })).toThrow(`${name}.width`);
    expect(() => plot({ theme: 'blue' as never })).toThrow(`${name}.theme`);
  });
});

describe('the pictures', () => {
  it('have a bar as long as its number says', () => {
    const bars = [
      ...plotConnectivity([1, 2, 4]).matchAll(/<path d="M[\d. ]+l[\d.]+ 0l0 (-[\d.]+)l[^"]*Z" fill="#0b62a8"/g),
    ];
    const lengths = bars.map(([, length]) => Number(length));
    expect(lengths).toHaveLength(3);
    expect(lengths[1]! / lengths[0]!).toBeCloseTo(2, 1);
    expect(lengths[2]! / lengths[0]!).toBeCloseTo(4, 1);
  });

  it('have room for their legend, however many names there are', () => {
    const norms = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`a network of layer ${i}`, [1, 0.5, 0.25]]));
    const top = (count: number) => {
      const svg = plotGradientByLag(norms(count));
      return Math.min(...[...svg.matchAll(/<path d="M[\d.]+ ([\d.]+)L696 /g)].map(([, y]) => Number(y)));
    };
    // A row of names takes 20 pixels.
    expect(top(2)).toBeGreaterThanOrEqual(72);
    expect(top(12) - top(2)).toBeGreaterThanOrEqual(40);
  });

  it('write any text, and leave alone what all objects have', () => {
    const before = Reflect.ownKeys(Object.prototype);
    // The name of the prototype of every object, alone and in a line of its own.
    const texts = ['__proto__', 'constructor', 'a\n__proto__'];
    const svgs = texts.map((title) => plotGradientByLag(JSON.parse('{"__proto__":[1,0.5],"b":[1]}'), { title }));
    for (const svg of svgs) expect(svg.split('>__proto__</text>').length).toBeGreaterThan(1);
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
  });

  it('have marks of their axes in colours of the theme', () => {
    for (const plot of [plotGradientByLag([1, 0.1]), plotStates(matrix)])
      expect(plot).not.toMatch(/fill="#(333|54555a)"/);
    const dark = plotGradientByLag([1, 0.1], { theme: 'dark' });
    const colours = [...dark.matchAll(/<text[^>]* fill="([^"]+)"/g)].map(([, colour]) => colour);
    expect(new Set(colours)).toEqual(new Set(['#e6edf3', '#a5afba']));
  });

  it('have a cell for each number of a heat map, and grow with it no more than they must', () => {
    const [rows, columns] = [40, 50];
    const data = Float64Array.from({ length: rows * columns }, (_, i) => Math.sin(i));
    const svg = plotStates({ rows, columns, data });
    const cells = [...svg.matchAll(/<path d="([^"]+)" fill="#(?:762a83|1b7837)"(?: fill-opacity="[^"]+")?>/g)].flatMap(
      ([, shape]) => shape!.match(/M/g)!,
    );
    expect(cells).toHaveLength(rows * columns);
    expect(svg.length / cells.length).toBeLessThan(60);
    expect(svg).not.toMatch(/ecmeta|<style|class=/);
  });

  it.each<[string, () => string]>([
    ['no updates', () => plotLoss([validation(1)])],
    ['no numbers', () => plotGradientByLag([])],
    ['no curves', () => plotGradientByLag({})],
    ['no exponents', () => plotLyapunovExponents([])],
    ['what is no list', () => plotSaturation(3 as never)],
    ['no eigenvalues', () => plotSpectrum({ real: new Float64Array(), imaginary: new Float64Array() })],
    ['what is no matrix', () => plotStates({ rows: 2, columns: 2, data: new Float64Array(3) })],
    ['too few labels', () => plotStates(matrix, { labels: ['a'] })],
    ['too many labels', () => plotConnectivity([1], { labels: ['a', 'b'] })],
  ])('of %s are refused', (_, plot) => {
    expect(plot).toThrow(BpttError);
  });
});
