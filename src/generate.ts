// Generation: a model that reads tokens and gives logits over the same tokens speaks one token at a time.
import { checkInteger, checkNumber, checkOptions, checkTokens } from './check.ts';
import { BpttError } from './errors.ts';
import { seedWords } from './initializers.ts';
import type { Model } from './model.ts';
import { refuseBothDirections } from './network.ts';
import type { State } from './state.ts';
import { Window } from './window.ts';

export interface GenerateOptions {
  /** Tokens to read first, at least one. */
  readonly prompt: Int32Array | readonly number[];
  /** Tokens to give. Default: no end. */
  readonly length?: number;
  /** Divides the logits: below 1 bolder, above 1 wilder, 0 always the most likely token (the first of equals). Default 1. */
  readonly temperature?: number;
  /** Fixes the random choices. Default 0. */
  readonly seed?: number;
  /** Where to start. Default the zero state. */
  readonly state?: State;
}

/** Random numbers of generation have a stream of their own. */
const STREAM = 0x67656e;

/** Prompts are read this many steps at a time. */
const CHUNK = 32;

/**
 * Yields tokens, each drawn from softmax(logits / temperature) and read back in. The same seed gives the same tokens in
 * every engine.
 *
 * Weights are read once, before the first token: do not train the model while its tokens are drawn.
 *
 * @throws BpttError when the model does not map tokens to logits over the same tokens, and for wrong options.
 */
export function* generate(model: Model, options: GenerateOptions): Generator<number, void, undefined> {
  const { network } = model;
  const { input, layers } = network.stack;
  const size = layers.at(-1)!.output.size;
  if (input.kind !== 'tokens' || input.size !== size) {
    const reads = `${input.size} ${input.kind}`;
    throw new BpttError(
      'invalid-shape',
      `generate: expected a model with as many outputs as tokens, got one that reads ${reads} and gives ${size} outputs`,
    );
  }
  refuseBothDirections(network, 'generate', 'it cannot give one token at a time');
  checkOptions('generate', options, ['prompt', 'length', 'temperature', 'seed', 'state']);
  const prompt = Int32Array.from(checkTokens('generate.prompt', options.prompt, size) as ArrayLike<number>);
  if (prompt.length === 0) throw new BpttError('invalid-argument', 'generate.prompt: expected at least 1 token, got 0');
  const length =
    options.length === undefined ? Number.POSITIVE_INFINITY : checkInteger('generate.length', options.length, 0);
  const temperature = checkNumber('generate.temperature', options.temperature ?? 1, { min: 0 });
  const [seedLow, seedHigh] = seedWords(checkInteger('generate.seed', options.seed ?? 0, 0));
  const { kernels, arena } = network;

  const window = new Window(network, Math.min(CHUNK, prompt.length), 1, { frozen: true });
  const next = { steps: 1, rows: 1, inputs: new Int32Array(1) };
  try {
    window.start(options.state);
    const read = { steps: prompt.length, rows: 1, inputs: prompt };
    for (let from = 0; from < prompt.length; from += CHUNK) {
      const at = window.append(read, from, Math.min(from + CHUNK, prompt.length));
      window.forward(at, window.filled);
    }
    const { pointer, stride, ld } = window.output;
    for (let count = 0; count < length; count++) {
      const logits = pointer + (window.filled - 1) * stride;
      if (temperature > 0) {
        if (temperature !== 1) kernels.scale(logits, 1 / temperature, ld);
        kernels.softmaxRows(logits, logits, 1, size, ld);
      }
      const values = arena.reals(logits, size);
      const token =
        temperature > 0 ? draw(values, kernels.randomAt(seedLow, seedHigh, STREAM, count)) : largest(values);
      yield token;
      next.inputs[0] = token;
      const at = window.append(next, 0, 1);
      window.forward(at, at + 1);
    }
  } finally {
    window.release();
  }
}

/** The token at which the summed probabilities pass `u` of their total. */
function draw(probabilities: ArrayLike<number>, u: number): number {
  let total = 0;
  for (let i = 0; i < probabilities.length; i++) total += probabilities[i]!;
  if (!Number.isFinite(total)) {
    throw new BpttError('non-finite', `generate: expected finite logits, got probabilities that add up to ${total}`);
  }
  let rest = u * total;
  let last = 0;
  for (let i = 0; i < probabilities.length; i++) {
    if (probabilities[i]! > 0) last = i;
    rest -= probabilities[i]!;
    if (rest < 0) return i;
  }
  return last;
}

/** The index of the largest value, the first of equals. */
function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) {
      throw new BpttError('non-finite', `generate: expected finite logits, got NaN for token ${i}`);
    }
    if (values[i]! > values[best]!) best = i;
  }
  return best;
}
