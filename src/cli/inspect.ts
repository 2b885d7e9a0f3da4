// `bptt inspect`: how gradients flow through a model that read a text, in numbers, pictures and words.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, writeFileAtomic } from '../atomic-file.ts';
import {
  connectivity,
  eigenvalues,
  gradientByLag,
  hiddenStates,
  jacobians,
  lyapunovExponents,
  saturation,
  spectralRadius,
  truncationError,
} from '../diagnostics/index.ts';
import { BpttError } from '../errors.ts';
import type { Batch, Model } from '../index.ts';
import { loadModel } from '../node.ts';
import {
  plotConnectivity,
  plotGradientByLag,
  plotSaturation,
  plotSingularValues,
  plotSpectrum,
  plotStates,
  plotTruncationError,
} from '../plots/index.ts';
import { integer, text, toggle, type Values } from './flags.ts';
import { inspectPage } from './inspect-page.ts';
import { adviceOf, type Findings, summaryOf } from './inspect-summary.ts';
import type { Output } from './output.ts';
import { renamedError } from './renamed-error.ts';
import type { Text } from './text-file.ts';
import { encodeText, readVocabulary, VOCABULARY } from './vocabulary.ts';

export const inspectFlags = {
  length: integer('characters of the text to read', 100, { min: 8 }),
  layer: integer('which of the recurrent layers, from the input on', 0),
  text: text('text to read, instead of a file', undefined, 'text'),
  output: text('folder to write the pictures and the page to', 'inspect', 'folder'),
  json: toggle('print the numbers as one JSON event'),
};

/** Losses whose gradients are followed back, at as many places of the text. */
const PLACES = 8;

/** Last steps whose Jacobians are looked at, of large and of small layers. */
const FEW = 4;
const MANY = 32;

/** Reads the start of a text and writes a page, its pictures, and a summary. */
export async function inspectCommand(
  path: string,
  source: Text,
  { length, layer, output: folder, json }: Values<typeof inspectFlags>,
  output: Output,
): Promise<void> {
  const { model, metadata } = await loadModel(path);
  const vocabulary = readVocabulary(path, metadata[VOCABULARY], model.description[0].size);
  const read = [...source.text].slice(0, length + 1);
  const tokens = encodeText(vocabulary, read.join(''), source.name);
  const steps = tokens.length - 1;
  if (steps < 8) {
    throw new BpttError('bad-file', `${source.name}: expected at least 9 characters to read, got ${tokens.length}`);
  }
  const batch: Batch = { steps, rows: 1, inputs: tokens.subarray(0, steps), targets: tokens.subarray(1) };
  const labels = read.slice(0, steps);
  const { findings, pictures } = await look(model, batch, labels, layer).catch((cause) => {
    throw renamedError(cause, { 'hiddenStates.layer': '--layer' });
  });
  const summary = summaryOf(findings);
  const advice = adviceOf(findings, model.description);

  const bytes = (content: string) => new TextEncoder().encode(content);
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw fileError(folder, 'write', cause);
  }
  for (const [name, svg] of Object.entries(pictures)) await writeFileAtomic(join(folder, `${name}.svg`), bytes(svg));
  const page = join(folder, 'inspect.html');
  await writeFileAtomic(page, bytes(inspectPage({ model: path, text: source.name, steps, summary, advice, pictures })));

  if (json) {
    output.json({ type: 'inspect', ...findings, summary, advice, page });
    return;
  }
  for (const sentence of summary) output.line(sentence);
  for (const sentence of advice) output.line(`Try: ${sentence}`);
  output.line(`${Object.keys(pictures).length} pictures in ${page}`);
}

/** All diagnostics of one recurrent layer. */
async function look(model: Model, batch: Batch, labels: readonly string[], layer: number) {
  const loss = 'cross-entropy' as const;
  const { steps } = batch;
  const states = await hiddenStates(model, batch, { layer });
  // Of the last steps alone: singular values of large matrices take their time.
  const from = Math.max(0, steps - (states.columns > 64 ? FEW : MANY));
  const before = { steps: from, rows: 1, inputs: batch.inputs.slice(0, from) as Int32Array };
  const state = from === 0 ? model.zeroState(1) : model.forward(before).state;
  const rest = { steps: steps - from, rows: 1, inputs: batch.inputs.slice(from) as Int32Array };
  const found = await jacobians(model, rest, { layer, state });
  // The mean over losses at several places, each as far back as all of them reach.
  const reach = steps >> 1;
  const lags = new Float64Array(reach + 1);
  for (let place = 0; place < PLACES; place++) {
    const at = steps - 1 - Math.floor((place * (steps - 1 - reach)) / PLACES);
    const norms = await gradientByLag(model, batch, { loss, at, layer });
    for (let lag = 0; lag <= reach; lag++) lags[lag]! += norms[lag]! / PLACES;
  }
  const k2 = [1, 2, 4, 8, 16, 32, 64, 128].filter((length) => length < steps);
  const truncated = await truncationError(model, batch, { loss, k2: [...k2, steps] });
  const saturated = await saturation(model, batch);
  const [exponent] = await lyapunovExponents(model, batch, { layer, count: 1 });
  const findings: Findings = {
    layer,
    steps,
    lags: [...lags],
    lyapunovExponent: exponent!,
    spectralRadius: spectralRadius(model, { layer }),
    truncation: truncated,
    saturation: saturated.filter((one) => one.layer === layer),
  };
  const pictures = {
    'gradient-by-lag': plotGradientByLag(lags),
    'truncation-error': plotTruncationError(truncated),
    'jacobian-spectrum': plotSpectrum(eigenvalues(found.steps.at(-1)!), { title: 'Eigenvalues of the last Jacobian' }),
    'singular-values': plotSingularValues(found.steps, { from: from + 1 }),
    connectivity: plotConnectivity(await connectivity(model, batch), { labels, width: wide(steps) }),
    'hidden-states': plotStates(states, {
      labels,
      width: wide(steps),
      height: Math.min(900, 120 + 6 * states.columns),
    }),
    // A layer without limits has none.
    ...(saturated.length > 0 && { saturation: plotSaturation(saturated) }),
  };
  return { findings, pictures };
}

/** Room for a label at each step. */
const wide = (steps: number) => Math.max(720, Math.min(2000, 160 + 11 * steps));
