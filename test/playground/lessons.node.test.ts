// The lessons: the numbers of the network that is worked out by hand, links that the playground understands, and that what is said of
// the experiments is so.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Key, strings } from '../../playground/app/strings.ts';
import { lessonFolders, pagesOf, readExperiments } from '../../playground/lessons/experiments.ts';
import { formatConfig, type Language, languages, parseConfig } from '../../playground/settings/config.ts';
import { presetLink, presets } from '../../playground/settings/presets.ts';
import {
  type Batch,
  backpropagate,
  createModel,
  dense,
  elman,
  evaluate,
  features,
  type Model,
} from '../../src/index.ts';

const read = (language: Language, name: string) =>
  readFileSync(join(import.meta.dirname, '../../playground', lessonFolders[language], name), 'utf8');

/** The numbers of a page by name: what is in the markup, and what is on the screen. */
function numbersOf(language: Language, page: string): ReadonlyMap<string, readonly [value: string, shown: string]> {
  const found = [
    ...read(language, page).matchAll(/<data class="number" data-name="(\w+)" value="([-\d.]+)">([^<]+)<\/data>/g),
  ];
  expect(found.length).toBeGreaterThan(0);
  return new Map(found.map(([, name, value, shown]) => [name!, [value!, shown!]]));
}

function expectNumbers(page: string, expected: Readonly<Record<string, number>>): void {
  for (const language of languages) {
    const numbers = numbersOf(language, page);
    expect([...numbers.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [name, [value, shown]] of numbers) {
      expect(value, name).toBe(expected[name]!.toFixed(4));
      expect(shown, name).toBe(value.replace('-', '−').replace('.', language === 'ru' ? ',' : '.'));
    }
  }
}

const x = [1, 0.5, -0.5];

/** The network of lesson 2, with its weights. */
async function network(): Promise<Model> {
  const model = await createModel([features(1), elman({ units: 1 }), dense({ units: 1 })], { dtype: 'f64' });
  const weights = {
    'rnn.weight_ih_l0': 0.5,
    'rnn.weight_hh_l0': 0.8,
    'rnn.bias_ih_l0': 0,
    'dense.weight': 2,
    'dense.bias': 0,
  };
  expect(
    model
      .parameters()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(weights).sort());
  for (const [name, value] of Object.entries(weights)) model.setParameter(name, [value]);
  return model;
}

const batch: Batch = {
  steps: 3,
  rows: 1,
  inputs: Float64Array.from(x),
  targets: Float64Array.of(0, 0, 1),
  mask: Uint8Array.of(0, 0, 1),
};

/** The gradients of BPTT through the last k2 steps. */
async function gradients(k2: number): Promise<Readonly<Record<'V' | 'W' | 'U' | 'b', number>>> {
  const model = await network();
  for (const _ of backpropagate(model, batch, { loss: 'mean-squared-error', truncation: { k1: 3, k2 } }));
  const of = (name: string) => model.gradients().find((one) => one.name === name)!.data[0]!;
  return { V: of('rnn.weight_ih_l0'), W: of('rnn.weight_hh_l0'), U: of('dense.weight'), b: of('rnn.bias_ih_l0') };
}

describe.each(languages)('the lessons in %s', (language) => {
  const pages = pagesOf(language);
  const experiments = readExperiments(language);

  it('are six, and an index that names them in their order', () => {
    const listed = [...read(language, 'index.html').matchAll(/<li><a href="\.\/([\w-]+\.html)">([^<]+)</g)];
    expect(listed).toHaveLength(6);
    expect(pages).toEqual(['index.html', ...listed.map(([, name]) => name)].sort());
    for (const [index, [, name, title]] of listed.entries()) {
      const page = read(language, name!);
      expect(page).toContain(`<h1>${title}</h1>`);
      expect(page).toContain(language === 'en' ? `Lesson ${index + 1} of 6` : `Урок ${index + 1} из 6`);
      const next = listed[index + 1]?.[1];
      expect(page.includes('rel="next"')).toBe(next !== undefined);
      if (next !== undefined) expect(page).toContain(`rel="next" href="./${next}"`);
    }
  });

  it('lead to states of the playground that it understands whole, in the same language', () => {
    const links = pages.flatMap((name) =>
      [...read(language, name).matchAll(/href="[./]*\/index\.html#([^"]+)"/g)].map(([, hash]) => hash!),
    );
    expect(links.length).toBeGreaterThan(experiments.length);
    for (const link of links) {
      const { config, problems } = parseConfig(link.replaceAll('&amp;', '&'), language === 'en' ? 'ru' : 'en');
      expect(problems, link).toEqual([]);
      expect(config.language).toBe(language);
    }
  });

  it('lead nowhere else, and have what pages need', () => {
    for (const name of pages) {
      const html = read(language, name);
      expect(html).toContain(`<html lang="${language}">`);
      expect(html.match(/<h1>/g)).toHaveLength(1);
      for (const [, target] of html.matchAll(/(?:href|src)="([^"]+)"/g)) {
        expect(target).toMatch(/^(\.\.?\/[\w./-]+(#.*)?|data:,)$/);
        if (/^\.\/[\w-]+\.html$/.test(target!)) expect(pages).toContain(target!.slice(2));
      }
      expect(html).toContain(language === 'en' ? `href="./ru/${name}"` : `href="../${name}"`);
    }
  });

  it('have experiments, each open with its own text in the playground', () => {
    expect(new Set(experiments.map(({ lesson }) => lesson))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    const links = experiments.map(({ link }) => formatConfig(parseConfig(link).config));
    // As written, so that the page is found again after the link is written anew.
    expect(new Set(links).size).toBe(links.length);
    for (const { text } of experiments) {
      expect(text).not.toMatch(/[<>]/);
      expect(text.length).toBeGreaterThan(100);
    }
    // An experiment to try that a lesson has too is told of.
    expect(presets.filter((preset) => links.includes(presetLink(preset, language))).length).toBeGreaterThanOrEqual(4);
  });

  it('call what is on the screen as the screen does', () => {
    const named = pages.flatMap((name) => [...read(language, name).matchAll(/<b data-ui="([^"]+)">([^<]+)<\/b>/g)]);
    expect(named.length).toBeGreaterThan(20);
    for (const [, key, text] of named) expect(strings[key as Key][language], key).toBe(text);
  });
});

describe('the two languages of the lessons', () => {
  it('have the same pages, experiments and numbers', () => {
    expect(pagesOf('ru')).toEqual(pagesOf('en'));
    const bare = (language: Language) =>
      readExperiments(language).map(({ lesson, link }) => [lesson, link.replace(`lang=${language}&`, '')]);
    expect(bare('ru')).toEqual(bare('en'));
    for (const name of pagesOf('en')) {
      const structure = (language: Language) =>
        read(language, name)
          .match(/<(h\d|p|li|table|tr|svg|data|ol|ul|em)\b/g)!
          .join(' ');
      expect(structure('ru'), name).toBe(structure('en'));
    }
  });
});

describe('the formulas', () => {
  it('are MathML, the same in both languages', () => {
    const formulas = (language: Language) => read(language, 'by-hand.html').match(/<math.*?<\/math>/gs)!;
    expect(formulas('en')).toHaveLength(4);
    expect(formulas('ru')).toEqual(formulas('en'));
  });
});

describe('the windows of truncated backpropagation', () => {
  it('are those of the library: as many new steps, and as far back', async () => {
    const T = 8;
    // Each step reads another feature, so that the gradient of V says which steps it has reached.
    const model = await createModel([features(T), elman({ units: 1 }), dense({ units: 1 })], { dtype: 'f64', seed: 1 });
    const inputs = Float64Array.from({ length: T * T }, (_, i) => Number(i % T === Math.floor(i / T)));
    const batch = { steps: T, rows: 1, inputs, targets: new Float64Array(T).fill(2) };
    const truncation = { k1: 2, k2: 4 };
    const windows = [];
    for (const { from, to } of backpropagate(model, batch, { loss: 'mean-squared-error', truncation })) {
      const reached = model.gradients().find(({ name }) => name === 'rnn.weight_ih_l0')!.data;
      windows.push({ from, to, back: Array.from(reached).filter(Boolean).length });
    }
    for (const language of languages) {
      const found = read(language, 'truncated.html').matchAll(/data-from="(\d)" data-to="(\d)" data-back="(\d)"/g);
      const drawn = Array.from(found, ([, from, to, back]) => ({
        from: Number(from),
        to: Number(to),
        back: Number(back),
      }));
      expect(drawn).toEqual(windows);
    }
  });
});

describe('backpropagation by hand', () => {
  it('has the numbers that the library computes', async () => {
    const model = await network();
    const h = [0];
    let state = model.zeroState(1);
    let output = Number.NaN;
    for (const input of x) {
      const result = model.forward({ steps: 1, rows: 1, inputs: Float64Array.of(input) }, state);
      state = result.state;
      h.push(state.layers[0]![0]!);
      output = result.outputs[0]!;
    }
    const { loss } = evaluate(model, batch, { loss: 'mean-squared-error' });
    const full = await gradients(3);
    // The bias is added to each a, so its gradients, truncated and not, differ by the ∂L/∂a of single steps.
    const b = [0, (await gradients(1)).b, (await gradients(2)).b, full.b];
    const da = [Number.NaN, b[3]! - b[2]!, b[2]! - b[1]!, b[1]!];
    const expected: Record<string, number> = {
      y: output,
      loss,
      dy: full.U / h[3]!,
      dU: full.U,
      dV: full.V,
      dW: full.W,
    };
    for (const t of [1, 2, 3]) {
      expected[`a${t}`] = Math.atanh(h[t]!);
      expected[`h${t}`] = h[t]!;
      expected[`s${t}`] = 1 - h[t]! ** 2;
      expected[`da${t}`] = da[t]!;
      expected[`dh${t}`] = da[t]! / (1 - h[t]! ** 2);
      expected[`dv${t}`] = da[t]! * x[t - 1]!;
      if (t > 1) expected[`dw${t}`] = da[t]! * h[t - 1]!;
    }
    expectNumbers('by-hand.html', expected);
  });

  it('has those of truncated gradients in the lesson on them', async () => {
    const [one, two] = [await gradients(1), await gradients(2)];
    expectNumbers('truncated.html', { dV1: one.V, dV2: two.V, dW2: two.W });
    expect((await gradients(3)).W).toBeCloseTo(two.W, 12);
  });
});
