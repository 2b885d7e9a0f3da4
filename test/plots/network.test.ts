// Pictures of networks: every node and arrow is there, nothing lies on anything else, and no text leaves its box or the picture.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BpttError, createModel, dense, features, gru, lstm, type ModelDescription, tokens } from '../../src/index.ts';
import { plotNetwork } from '../../src/plots/index.ts';
import { layered } from '../../src/plots/layered.ts';

const translation = [
  tokens(65, { name: 'source' }),
  lstm({ units: 8, name: 'encoder' }),
  tokens(40, { name: 'target' }),
  lstm({ units: 8, name: 'decoder', start: 'encoder' }),
  dense({ units: 40, name: 'next' }),
  features(3, { name: 'facts', clock: 'row' }),
  dense({ units: 2, name: 'verdict' }),
] as const satisfies ModelDescription;

const textsOf = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

describe('plotNetwork', () => {
  it('draws every node with its name, kind and shape, and what colours and dashes mean', () => {
    const texts = textsOf(plotNetwork(translation));
    expect(texts).toEqual(
      expect.arrayContaining([
        ...['Network', 'steps of source', 'steps of target', 'one a row', 'starts from'],
        ...['encoder', 'lstm [T,B,8]', 'target', 'tokens of 40 [T,B]', 'facts', 'features of 3 [B,3]', 'dense [B,2]'],
      ]),
    );
  });

  it('draws an arrow for each entry that is read, and a dashed one for each start', () => {
    const arrows = plotNetwork(translation).match(/<path[^>]*marker-end/g)!;
    expect(arrows).toHaveLength(5);
    expect(arrows.filter((arrow) => arrow.includes('stroke-dasharray'))).toHaveLength(1);
  });

  it('draws the activation of a dense layer as a node', () => {
    const texts = textsOf(plotNetwork([features(2), dense({ units: 3, name: 'head', activation: 'relu' })]));
    expect(texts).toEqual(expect.arrayContaining(['dense [T,B,3]', 'activation [T,B,3]']));
  });

  it('takes a model or its description, and gives the same', async () => {
    expect(plotNetwork(await createModel(translation))).toBe(plotNetwork(translation));
  });

  it('takes a title, a width and a theme', () => {
    const svg = plotNetwork(translation, { title: '<b> "& co"', width: 360, theme: 'dark' });
    expect(svg).toMatch(
      /^<svg role="img" aria-label="&#60;b&#62; &#34;&#38; co&#34;" [^>]*width="360" [^>]*viewBox="0 0 360 /,
    );
    expect(svg).not.toContain('<b>');
    expect(svg).toContain('#e6edf3');
  });

  it.each([
    [
      'what is no model',
      () => plotNetwork(3 as never),
      'plotNetwork(model): expected a model or its description, got 3',
    ],
    ['unknown options', () => plotNetwork(translation, { height: 100 } as never), 'plotNetwork: expected only'],
    ['a wrong description', () => plotNetwork([tokens(3)] as never), 'model: expected [input, layer, ...]'],
  ])('refuses %s', (_, plot, message) => {
    expect(plot).toThrow(BpttError);
    expect(plot).toThrow(message);
  });

  it('keeps texts in their boxes and boxes in a picture as wide as a phone', () => {
    const long = 'a_name_that_is_far_longer_than_others';
    const branches = Array.from({ length: 6 }, (_, i) => dense({ units: 1, name: `head${i}`, from: long }));
    const svg = plotNetwork([features(3), gru({ units: 5, name: long }), ...branches], { width: 360 });
    expect(svg).toContain('viewBox="0 0 360 ');
    const boxes = [...svg.matchAll(/<rect x="([\d.-]+)" y="[\d.]+" width="([\d.]+)"/g)];
    expect(boxes).toHaveLength(8);
    for (const [, x, width] of boxes) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x) + Number(width)).toBeLessThanOrEqual(360 - 24);
    }
  });
});

describe('layered', () => {
  const graphs = fc
    .array(fc.tuple(fc.integer({ min: 20, max: 150 }), fc.array(fc.nat(), { maxLength: 2 })), {
      minLength: 1,
      maxLength: 14,
    })
    .map((nodes) => ({
      widths: nodes.map(([width]) => width),
      links: nodes.flatMap(([, from], to) =>
        to === 0 ? [] : [...new Set(from.map((one) => one % to))].map((one) => ({ from: one, to })),
      ),
    }));

  it('puts each box below all that it comes from, and none on another', () => {
    fc.assert(
      fc.property(graphs, ({ widths, links }) => {
        const { boxes, width, links: lanes } = layered(widths, links, 340);
        for (const [index, { from, to }] of links.entries()) {
          expect(boxes[to]!.row).toBeGreaterThan(boxes[from]!.row);
          expect(lanes[index]).toHaveLength(boxes[to]!.row - boxes[from]!.row - 1);
        }
        const passing = lanes.flat().map(({ x, row }) => ({ x, row, width: 0 }));
        const all = [...boxes.map(({ x, row }, index) => ({ x, row, width: widths[index]! })), ...passing];
        for (const [index, one] of all.entries()) {
          expect(one.x - one.width / 2).toBeGreaterThan(-1e-6);
          expect(one.x + one.width / 2).toBeLessThan(width + 1e-6);
          for (const other of all.slice(index + 1)) {
            if (other.row !== one.row) continue;
            expect(Math.abs(one.x - other.x)).toBeGreaterThan((one.width + other.width) / 2);
          }
        }
      }),
    );
  });
});
