// `bptt train --task translate --report FILE`: how good translations became, samples, and where the decoder looks, as one page.
import type { Model } from '../../index.ts';
import { plotAttention } from '../../plots/index.ts';
import { draw } from '../../plots/svg.ts';
import type { Tokenizer } from '../../tokenizers/index.ts';
import { type Pair, type Translation, translate } from '../../translation/index.ts';
import type { Sides } from '../io/pair-files.ts';
import { escaped } from './escaped.ts';
import { modelSections } from './model-sections.ts';
import { figureOf } from './pictures.ts';
import { plainPage } from './plain-page.ts';
import { table } from './table.ts';

/** What was measured during a training. */
export interface Measured {
  readonly step: number;
  readonly loss: number;
  /** 0 to 100. */
  readonly bleu: number;
  readonly chrf: number;
  readonly exact: number;
}

export interface TranslateReport {
  readonly name: string;
  readonly model: Model;
  readonly sides: Sides;
  /** Pairs that were not learned. */
  readonly pairs: readonly Pair[];
  readonly measured: readonly Measured[];
  /** The flags. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Sources that are shown, and of how many it is shown where the decoder looks. */
const [SHOWN, PICTURES] = [40, 8];

export async function translateReport({
  name,
  model,
  sides,
  pairs,
  measured,
  values,
}: TranslateReport): Promise<string> {
  const attention = model.description.some(({ kind }) => kind === 'attention');
  const sources = pairs.slice(0, SHOWN).map(([text]) => sides.source.encode(text));
  const found = await translate(model, sources, { attention });
  const last = measured.at(-1);
  const summary =
    last === undefined
      ? 'No pairs were held back for validation: nothing is known of others.'
      : `Of pairs that it has not learned from, ${last.exact.toFixed(1)} % are translated word for word; ` +
        `BLEU ${last.bleu.toFixed(1)}, chrF2 ${last.chrf.toFixed(1)}.`;
  const rows = found.map(([best], i) => {
    const [source, target] = pairs[i]!;
    return [source, target, sides.target.decode(best!.tokens)];
  });
  return plainPage(`What was learned from ${name}`, [
    `<p>${escaped(summary)}</p>`,
    measured.length < 2 ? '' : figureOf('Score by update', curves(measured), 'Of the likeliest token at each step.'),
    rows.length === 0
      ? ''
      : `<h2>Pairs that it has not learned from</h2>${table(['source', 'target', 'translation'], rows)}`,
    ...(attention ? found : []).slice(0, PICTURES).map(([best], i) => pictureOf(pairs[i]!, best!, sides)),
    ...modelSections(model, values),
  ]);
}

function curves(measured: readonly Measured[]): string {
  const line = (name: string, value: (found: Measured) => number) => ({
    type: 'line',
    name,
    showSymbol: measured.length < 40,
    data: measured.map((found) => [found.step, value(found)]),
  });
  return draw('plot', {}, () => ({
    title: 'Score by update',
    x: { name: 'update' },
    y: { name: 'score', min: 0, max: 100 },
    series: [
      line('BLEU', ({ bleu }) => bleu),
      line('chrF2', ({ chrf }) => chrf),
      line('exact, %', ({ exact }) => exact),
    ],
  }));
}

function pictureOf([source]: Pair, { tokens, attention }: Translation, sides: Sides): string {
  const each = (tokenizer: Tokenizer, all: Int32Array | readonly number[]) =>
    Array.from(all, (token) => tokenizer.decode([token]));
  const [read, written] = [each(sides.source, sides.source.encode(source)), each(sides.target, tokens)];
  const svg = plotAttention(attention!, {
    source: read,
    target: written,
    title: '',
    width: Math.min(2000, Math.max(360, 100 + 18 * read.length)),
    height: Math.min(2000, Math.max(240, 110 + 18 * written.length)),
  });
  return figureOf(escaped(`Where it looks: ${source}`), svg, escaped(`${source} → ${sides.target.decode(tokens)}`));
}
