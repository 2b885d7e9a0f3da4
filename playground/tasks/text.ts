// Next character: the network reads a text and predicts each next character; then it writes on its own.
import { type Batch, characters, generate, split, textStream, tokens } from 'bptt';
import chapters from '../../src/cli/moby-dick.txt?raw';
import type { TaskSettings } from '../settings/fields.ts';
import { EXCERPT } from './excerpt.ts';
import { DataError, refusePointer } from './problem.ts';
import type { Task, WrittenText } from './task.ts';

/** Share of the text, its end, that is never learned from. */
const KEPT = 0.1;
const TEST_ROWS = 8;
const TEST_STEPS = 64;
const PROMPT = 'The ';
const LENGTH = 220;

export function textTask({ length, batch, seed, temperature: chosen }: TaskSettings, own: string): Task {
  const text = own === '' ? chapters.slice(0, EXCERPT) : own;
  refusePointer(text);
  const least = leastLength(batch);
  if ([...text].length < least) throw new DataError('data.characters', { least, batch, got: [...text].length });
  const vocabulary = characters(text);
  const all = vocabulary.encode(text);
  const { training, validation } = split(all, KEPT);
  const [stream] = textStream(training, { batch });
  const [kept] = textStream(validation, { batch: Math.min(TEST_ROWS, validation.length - 1) });
  const test = steps(kept!, 0, Math.min(TEST_STEPS, kept!.steps));
  const first = validation.subarray(0, Math.min(TEST_STEPS, validation.length - 1) + 1);
  const [probe] = textStream(first, { batch: 1 });
  const prompt = [...PROMPT].every((character) => vocabulary.symbols.includes(character))
    ? vocabulary.encode(PROMPT)
    : all.subarray(0, 1);
  return {
    input: tokens(vocabulary.size),
    outputs: vocabulary.size,
    loss: 'cross-entropy',
    baseline: frequencyLoss(training, test, vocabulary.size),
    // The rows are cut into windows of `length` steps; the state is carried from one to the next.
    data: {
      *[Symbol.iterator]() {
        for (let from = 0; from < stream!.steps; from += length) {
          const window = steps(stream!, from, Math.min(from + length, stream!.steps));
          yield { ...window, carry: from > 0 };
        }
      },
    },
    test,
    probe: probe!,
    labels: Array.from(probe!.inputs, (token) => visible(vocabulary.symbols[token]!)),
    outcome(model, temperature = chosen): WrittenText {
      const written = generate(model, { prompt, length: LENGTH, temperature, seed });
      return { kind: 'text', prompt: vocabulary.decode(prompt), text: vocabulary.decode([...written]) };
    },
  };
}

/** Characters of the shortest text that has some for each row, and two that are never learned from. */
function leastLength(batch: number): number {
  for (let length = 15; ; length++) {
    const kept = Math.round(KEPT * length);
    if (kept >= 2 && length - kept > batch) return length;
  }
}

/** Steps `from` to `to` of a batch of tokens. */
function steps({ rows, inputs, targets, mask }: Batch, from: number, to: number): Batch {
  return {
    steps: to - from,
    rows,
    inputs: inputs.subarray(from * rows, to * rows),
    targets: targets.subarray(from * rows, to * rows),
    ...(mask && { mask: mask.subarray(from * rows, to * rows) }),
  };
}

/** The cross-entropy of answering each time with how often each character is in what was learned from; one more of each, so that none is impossible. */
function frequencyLoss(training: Int32Array, { targets, mask }: Batch, size: number): number {
  const counts = new Float64Array(size).fill(1);
  for (const token of training) counts[token]!++;
  let [sum, count] = [0, 0];
  for (const [at, token] of targets.entries()) {
    if (mask?.[at] === 0) continue;
    sum -= Math.log(counts[token]! / (training.length + size));
    count++;
  }
  return sum / count;
}

/** A character as it can be seen. */
function visible(character: string): string {
  return character === ' ' ? '␣' : character === '\n' ? '⏎' : character;
}
