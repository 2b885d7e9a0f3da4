// The one list of layer kinds, and how a description becomes a stack of layers.
import { BpttError } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import { type ActivityRegularizationDescription, activityRegularizationLayer } from './activity-regularization.ts';
import type { Layer, LayerKind } from './contract.ts';
import { type DenseDescription, denseLayer } from './dense.ts';
import { checkDescription } from './describe.ts';
import { type DropoutDescription, dropoutLayer } from './dropout.ts';
import { type EmbeddingDescription, embeddingLayer } from './embedding.ts';
import { checkInputDescription, type InputDescription } from './inputs.ts';
import { type BidirectionalDescription, bidirectionalLayer } from './recurrent/bidirectional.ts';
import { cells, type DirectedDescription } from './recurrent/cells.ts';
import { type ResidualDescription, residualLayer } from './residual.ts';

export type LayerDescription =
  | EmbeddingDescription
  | DirectedDescription
  | BidirectionalDescription
  | ResidualDescription
  | DropoutDescription
  | ActivityRegularizationDescription
  | DenseDescription;

/** A model as plain data: what it reads, then its layers from the input on. JSON-able; it is what a model file holds. */
export type ModelDescription = readonly [InputDescription, ...LayerDescription[]];

const kinds: readonly LayerKind<LayerDescription>[] = [
  embeddingLayer,
  ...cells,
  bidirectionalLayer,
  residualLayer,
  dropoutLayer,
  activityRegularizationLayer,
  denseLayer,
] as never;

export interface Stack {
  readonly description: ModelDescription;
  readonly input: Signal;
  readonly layers: readonly Layer[];
  /** Whether outputs are one for each row, not one for each step. */
  readonly last: boolean;
}

/**
 * Checks a description, which may come from JavaScript or from a file, and builds its layers.
 *
 * @throws BpttError that names the entry: an unknown kind, a wrong option, an input in the wrong place, no layer.
 */
export function createStack(description: readonly unknown[]): Stack {
  if (!Array.isArray(description) || description.length < 2) {
    throw new BpttError(
      'invalid-argument',
      'model: expected [input, layer, ...] with at least one layer, such as [tokens(65), elman({ units: 128 }), dense({ units: 65 })]',
    );
  }
  const [first, ...rest] = description;
  const input = checkInputDescription('model[0]', first);

  const counts = new Map<string, number>();
  const ordinal = (kind: string) => {
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    return count;
  };
  const checked: LayerDescription[] = [];
  const layers: Layer[] = [];
  let signal: Signal = input;
  let last = false;
  for (const [index, entry] of rest.entries()) {
    const where = `model[${index + 1}]`;
    const layerDescription = checkDescription(where, entry, kinds);
    const kind = kinds.find((candidate) => candidate.kind === layerDescription.kind)!;
    const layer = kind.create(layerDescription, signal, ordinal, where);
    if (last && layer.reads !== 'step') {
      throw new BpttError(
        'invalid-shape',
        `${where}: expected no layer that reads other steps after one with returns: 'last', got ${kind.kind}`,
      );
    }
    last ||= layer.returns === 'last';
    checked.push(layerDescription);
    layers.push(layer);
    signal = layer.output;
  }
  return { description: [{ kind: input.kind, size: input.size }, ...checked], input, layers, last };
}
