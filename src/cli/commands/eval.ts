// `bptt eval`: how well a model predicts a text, or the rows of a series.
import { BpttError } from '../../base/errors.ts';
import { vocabularySize } from '../../generation/token-window.ts';
import { evaluate } from '../../loss/evaluate.ts';
import { type ConfusionMatrix, countConfusions } from '../../metrics/confusion.ts';
import type { Model } from '../../model/model.ts';
import { writeFileAtomic } from '../../node/atomic-file.ts';
import { loadModel } from '../../node.ts';
import type { Tokenizer } from '../../tokenizers/index.ts';
import type { EvalValues } from '../flags/eval-flags.ts';
import { CONFUSION, type Metrics, metricsOf } from '../flags/metrics.ts';
import { isForecaster } from '../forecast/kept.ts';
import type { Output } from '../io/output.ts';
import { checkTarget } from '../io/paths.ts';
import { renamedError } from '../io/renamed-error.ts';
import { filesOf, readTexts, type Text } from '../io/text-file.ts';
import { encodeText, readVocabulary, VOCABULARY } from '../io/vocabulary.ts';

/** Most tokens whose confusions are counted: the table of all has 8 MB. */
const MOST_TOKENS = 1000;
/** Confusions that are named on a line; JSON and the picture have all. */
const NAMED = 10;

/** Prints how well a model predicts what is in files: a text; of a model of `bptt forecast` a series. */
export async function evalCommand(
  path: string,
  files: readonly string[],
  embedded: URL,
  values: EvalValues,
  output: Output,
): Promise<void> {
  const { model, metadata } = await loadModel(path);
  if (isForecaster(metadata)) {
    const { evalForecast } = await import('./eval-forecast.ts');
    return evalForecast(path, { model, metadata }, files, values, output);
  }
  const metrics = metricsOf('--metrics', values.metrics, { confusion: true });
  await checkPlot(values, metrics, [path, ...(await filesOf(files))]);
  const text = await readTexts(files, embedded);
  const vocabulary = readVocabulary(path, metadata[VOCABULARY], model.description[0].size);
  const measured = measureText(model, vocabulary, text, metrics, values);
  const { confusion } = measured;
  if (values.plot !== undefined) {
    // What draws is loaded where somebody asks for a picture.
    const { plotConfusionMatrix } = await import('../../plots/confusion.ts');
    const picture = plotConfusionMatrix(confusion!, {
      classes: symbolsOf(vocabulary).map((name) => JSON.stringify(name)),
    });
    await writeFileAtomic(values.plot, new TextEncoder().encode(picture), { replace: values.overwrite });
  }
  const { loss } = measured;
  const bitsPerCharacter = loss / Math.LN2;
  if (values.json) {
    const { text, characters, perplexity, charactersPerSecond, metrics } = measured;
    output.json({
      ...{ type: 'eval', text, characters, loss, bitsPerCharacter, perplexity, charactersPerSecond },
      ...(metrics !== undefined && { metrics }),
      ...(confusion && { confusion: { tokens: symbolsOf(vocabulary), counts: rowsOf(confusion) } }),
    });
    return;
  }
  const characters = measured.characters.toLocaleString('en-US');
  output.line(`${measured.text}: ${characters} characters predicted, each from all before it`);
  output.line(
    `${loss.toFixed(4)} nats, ${bitsPerCharacter.toFixed(4)} bits per character; perplexity ${measured.perplexity.toFixed(3)}`,
  );
  for (const [name, value] of Object.entries(measured.metrics ?? {})) output.line(`${name} ${value.toFixed(4)}`);
  if (confusion) output.line(wordsOn(confusion, symbolsOf(vocabulary)));
}

/** A picture needs something to draw, and a place. */
async function checkPlot({ plot, overwrite }: EvalValues, { confusion }: Metrics, others: readonly string[]) {
  if (plot === undefined) return;
  if (!confusion) {
    throw new BpttError('invalid-argument', `--plot: expected ${CONFUSION} among --metrics with it, got none`);
  }
  if (!/\.svg$/i.test(plot)) {
    throw new BpttError('invalid-argument', `--plot: expected a name that ends in .svg, got ${plot}`);
  }
  await checkTarget({ where: '--plot', path: plot, others, overwrite });
}

/** The loss and the metrics of a text, read from start to end in one row. */
function measureText(
  model: Model,
  vocabulary: Tokenizer,
  { name, text }: Text,
  { taken, perplexity, confusion }: Metrics,
  { unknown }: EvalValues,
) {
  const size = vocabularySize('eval', model);
  if (confusion && size > MOST_TOKENS) {
    throw new BpttError(
      'invalid-argument',
      `--metrics ${CONFUSION}: expected a model of at most ${MOST_TOKENS} tokens, got one of ${size}`,
    );
  }
  const tokens = encodeText(vocabulary, text, name, unknown);
  const steps = tokens.length - 1;
  if (steps < 1) {
    throw new BpttError('bad-file', `${name}: expected at least 2 tokens that the model knows, got ${tokens.length}`);
  }
  const counting = confusion ? countConfusions() : undefined;
  const batch = { steps, rows: 1, inputs: tokens.subarray(0, steps), targets: tokens.subarray(1) };
  const asked = counting === undefined ? taken : [...taken, counting.metric];
  const begin = performance.now();
  const evaluation = inFlags(() =>
    evaluate(model, batch, { loss: 'cross-entropy', ...(asked.length > 0 && { metrics: asked }) }),
  );
  const seconds = (performance.now() - begin) / 1000;
  // Whatever the tokens are, losses are said for characters, so that they can be compared.
  const characters = [...vocabulary.decode(batch.targets)].length;
  const ofText = Math.exp(evaluation.loss);
  const named = taken.map((metric) => [metric.name, evaluation.metrics![metric.name]!] as const);
  if (perplexity) named.push(['perplexity', ofText]);
  return {
    text: name,
    characters,
    loss: (evaluation.loss * steps) / characters,
    perplexity: ofText,
    charactersPerSecond: characters / seconds,
    metrics: named.length === 0 ? undefined : Object.fromEntries(named),
    confusion: counting?.matrix(),
  };
}

/** Errors of metrics in the words of the flag. */
function inFlags<T>(take: () => T): T {
  try {
    return take();
  } catch (cause) {
    throw renamedError(cause, { 'metrics.': '--metrics ', '.top: expected': ': expected a number' });
  }
}

/** The text of each token. */
const symbolsOf = (vocabulary: Tokenizer) =>
  Array.from({ length: vocabulary.size }, (_, token) => vocabulary.decode([token]));

const rowsOf = ({ rows, columns, data }: ConfusionMatrix) =>
  Array.from({ length: rows }, (_, row) => [...data.subarray(row * columns, (row + 1) * columns)]);

/** The most frequent confusions. */
function wordsOn({ columns, data }: ConfusionMatrix, symbols: readonly string[]): string {
  const wrong = [...data.keys()].filter((at) => data[at]! > 0 && at % columns !== Math.floor(at / columns));
  if (wrong.length === 0) return 'nothing is taken for anything else';
  const most = wrong.sort((a, b) => data[b]! - data[a]! || a - b).slice(0, NAMED);
  const said = most.map((at) => {
    const [is, taken] = [Math.floor(at / columns), at % columns].map((token) => JSON.stringify(symbols[token]));
    return `${is} for ${taken} ${data[at]!.toLocaleString('en-US')} times`;
  });
  return `most often taken for another: ${said.join(', ')}`;
}
