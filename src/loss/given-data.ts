// What people learn and evaluate from, as batches: a stream of tokens, a list of sequences, or batches already.
import { readable } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { integer, optional } from '../base/fields.ts';
import type { Data } from '../data/dataset.ts';
import { type Sequence, sequencesOf } from '../data/sequences.ts';
import { textStreamOf } from '../data/text-stream.ts';
import type { Graph } from '../model/graph.ts';
import type { OutputLoss } from './output-losses.ts';

/** Rows of a batch, where nothing says how many. */
const ROWS = 32;

/** A stream of tokens, a list of sequences, or batches. */
export type GivenData = Int32Array | readonly number[] | readonly Sequence[] | Data;

export const givenFields = {
  /** B: rows of a stream of tokens (fewer where it is too short), or sequences of a batch. Not for batches. Default 32. */
  batch: optional(integer({ min: 1 })),
  /** F, for sequences of features. Default: what the model reads. */
  features: optional(integer({ min: 1 })),
};

export interface GivenOptions {
  readonly batch?: number | undefined;
  readonly features?: number | undefined;
  /** A seed, by which sequences are shuffled. Default: they are not. */
  readonly shuffle?: number | undefined;
}

/**
 * The batches of `given` for these outputs of a graph.
 *
 * @param caller What errors call the function, and `name` its argument.
 */
export function batchesFrom(
  caller: string,
  name: string,
  given: GivenData,
  { description: [input] }: Pick<Graph, 'description'>,
  outputs: readonly OutputLoss[],
  { batch, features = input.kind === 'features' ? input.size : 1, shuffle }: GivenOptions,
): Data {
  if (isTokens(given)) {
    const rows = Math.max(1, Math.min(batch ?? ROWS, given.length - 1));
    return textStreamOf(`${caller}.${name}`, given, { batch: rows });
  }
  if (!isSequences(`${caller}.${name}`, given)) {
    if (batch === undefined) return given;
    throw new BpttError('invalid-argument', `${caller}.batch: expected none with ${name} in batches, got ${batch}`);
  }
  const labels = outputs.every(({ loss }) => loss.bind !== undefined);
  const last = outputs.every(({ node }) => node.clock.kind === 'row');
  return sequencesOf(caller, `${caller}.${name}`, given, {
    batch: batch ?? ROWS,
    returns: labels ? 'labels' : last ? 'last' : 'all',
    features,
    ...(shuffle !== undefined && { shuffle }),
  });
}

function isTokens(data: GivenData): data is Int32Array | readonly number[] {
  return data instanceof Int32Array || (Array.isArray(data) && typeof data[0] === 'number');
}

function isSequences(where: string, data: GivenData): data is readonly Sequence[] {
  const [first] = Array.isArray(data) ? data : [];
  return typeof first === 'object' && first !== null && readable(`${where}[0]`, () => !('steps' in first));
}
