// What an imported graph computes, as far as it matters here: sequences that went through layers, sizes, zeros, constants.
import type { ActivationFunction } from '../../../layers/later/activation.ts';
import type { DirectedDescription } from '../../../layers/recurrent/cells.ts';
import type { Merge } from '../../../layers/recurrent/options.ts';
import type { Tensor } from './tensor.ts';

/** An axis of a sequence. Which one is time and which the rows is known when a recurrent operator reads it. */
export interface Axis {
  role: 'unknown' | 'time' | 'rows' | 'directions' | 'features' | 'one';
  /** Undefined where the graph leaves it open. */
  readonly size: number | undefined;
  /** The axes that were made one, first the outer. */
  readonly parts?: readonly Axis[];
}

/** A recurrent operator in one direction. */
export interface Half {
  readonly previous: Stage;
  readonly reverse: boolean;
  readonly layer: DirectedDescription;
  /** What `sequence_lens` was. */
  readonly lengths: string | undefined;
  /** Parameters by part of the name, here orders of gates are those of this package. */
  readonly parameters: Readonly<Record<string, Tensor>>;
}

export interface RecurrentStage {
  readonly kind: 'recurrent';
  readonly previous: Stage;
  /** One, or forward and reverse. */
  readonly halves: readonly Half[];
  /** How two halves are one, once that is known. */
  readonly merge?: Merge;
  readonly returns: 'all' | 'last';
}

/** Batch normalisation by statistics that are known. */
export interface NormalizationStage {
  readonly kind: 'normalization';
  readonly previous: Stage;
  /** [F] each. */
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly epsilon: number;
  /** As batchNormalization has it: the share of a batch. */
  readonly momentum: number | undefined;
}

/** What a sequence went through. */
export type Stage =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'oneHot'; readonly previous: Stage; readonly size: number }
  | { readonly kind: 'embedding'; readonly previous: Stage; readonly table: Tensor }
  | RecurrentStage
  | { readonly kind: 'residual'; readonly previous: Stage; readonly layer: RecurrentStage }
  /** weight [O,I] */
  | { readonly kind: 'dense'; readonly previous: Stage; readonly weight: Tensor; readonly bias: Tensor | undefined }
  | {
      readonly kind: 'activation';
      readonly previous: Stage;
      readonly function: ActivationFunction;
      readonly alpha?: number;
    }
  | NormalizationStage
  | { readonly kind: 'head'; readonly previous: Stage; readonly output: Head };

/** What stands after the logits. */
export type Head = 'softmax' | 'log-softmax' | 'sigmoid';

export interface Sequence {
  readonly kind: 'sequence';
  readonly stage: Stage;
  readonly axes: readonly Axis[];
}

/** A size that is known, or that of an axis, or an integer that depends on the input in another way. */
export type Size = number | Axis | undefined;

export type Value =
  | { readonly kind: 'constant'; readonly tensor: Tensor }
  /** Integers, some of which are sizes of the input; `scalar`: one without an axis. */
  | { readonly kind: 'sizes'; readonly sizes: readonly Size[]; readonly scalar: boolean }
  /** Zeros in a shape that depends on the input. */
  | { readonly kind: 'zeros' }
  /** Part of an input of the graph. */
  | { readonly kind: 'given'; readonly input: string }
  | Sequence
  /** Last states h of several halves one after the other, [n, B, H]. */
  | { readonly kind: 'states'; readonly halves: readonly Half[]; readonly axes: readonly Axis[] }
  /** Where tokens are below 0, and tokens with a constant added: two parts of how Keras counts tokens from the end. */
  | { readonly kind: 'negative' | 'shifted'; readonly tokens: Sequence }
  /** Last states c. */
  | { readonly kind: 'cells'; readonly halves: readonly Half[] };

/** What a value is, for messages. */
export function describe(value: Value): string {
  switch (value.kind) {
    case 'constant':
      return `a constant of shape [${value.tensor.dims.join(', ')}]`;
    case 'sizes':
      return 'sizes of the input';
    case 'zeros':
      return 'zeros';
    case 'given':
      return `a part of the input ${JSON.stringify(value.input)}`;
    case 'negative':
    case 'shifted':
      return 'tokens counted from the end';
    case 'states':
    case 'cells':
      return 'last states of recurrent operators';
    case 'sequence':
      return `${value.stage.kind === 'input' ? `the input ${JSON.stringify(value.stage.name)}` : `the output of ${stageNames[value.stage.kind]}`}, of axes [${value.axes.map(nameOf).join(', ')}]`;
  }
}

const stageNames: Readonly<Record<Exclude<Stage['kind'], 'input'>, string>> = {
  oneHot: 'OneHot',
  embedding: 'an embedding',
  recurrent: 'a recurrent operator',
  residual: 'a residual connection',
  dense: 'a dense layer',
  activation: 'an activation',
  normalization: 'a batch normalisation',
  head: 'an activation',
};

const nameOf = ({ role, size }: Axis) => (role === 'unknown' ? String(size ?? '?') : role);

/** An axis of size 1 that says nothing. */
export const one = (): Axis => ({ role: 'one', size: 1 });

export const axis = (role: Axis['role'], size: number | undefined): Axis => ({ role, size });

/** The axes that an axis is made of. */
export const partsOf = (whole: Axis): readonly Axis[] => whole.parts ?? [whole];
