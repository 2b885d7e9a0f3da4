// The layer kinds that every page has: those of stacks. Other kinds come with the entries that their functions make.
import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { type ActivityRegularizationDescription, activityRegularizationLayer } from './activity-regularization.ts';
import type { AddDescription } from './add.ts';
import type { AttentionDescription } from './attention.ts';
import type { AverageDescription } from './average.ts';
import type { BatchNormalizationDescription } from './batch-normalization.ts';
import type { ConcatDescription } from './concat.ts';
import type { LayerKind } from './contract.ts';
import { type DenseDescription, denseLayer } from './dense.ts';
import { type EntryOptions, kindIn } from './describe.ts';
import { type DropoutDescription, dropoutLayer } from './dropout.ts';
import { type EmbeddingDescription, embeddingLayer } from './embedding.ts';
import type { FlattenDescription } from './flatten.ts';
import type { InputDescription } from './inputs.ts';
import { type LastDescription, lastLayer } from './last.ts';
import type { ActivationDescription } from './later/activation.ts';
import type { Conv1dDescription, Conv2dDescription } from './later/convolution-fields.ts';
import type { GroupNormalizationDescription } from './later/group-normalization.ts';
import type { PoolDescription } from './later/pooling-fields.ts';
import type { MultiplyDescription } from './multiply.ts';
import { type BidirectionalDescription, bidirectionalLayer } from './recurrent/bidirectional.ts';
import { cells, type DirectedDescription } from './recurrent/cells.ts';
import type { RepeatDescription } from './repeat.ts';
import { type ResidualDescription, residualLayer } from './residual.ts';

/** An entry of a kind that a user has defined. The names of such kinds are told from those that the package has, or will have. */
export interface OwnDescription extends EntryOptions {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: `own:${string}`;
}

/** An entry that reads one other and computes at each of its steps: every layer but those that join several. */
export type LayerDescription =
  | EmbeddingDescription
  | DirectedDescription
  | BidirectionalDescription
  | ResidualDescription
  | DropoutDescription
  | ActivityRegularizationDescription
  | DenseDescription
  | ActivationDescription
  | BatchNormalizationDescription
  | Conv1dDescription
  | Conv2dDescription
  | PoolDescription
  | GroupNormalizationDescription
  | FlattenDescription
  | LastDescription
  | OwnDescription;

/** What joins entries, and clocks. */
export type JoiningDescription =
  | ConcatDescription
  | AddDescription
  | AverageDescription
  | MultiplyDescription
  | RepeatDescription
  | AttentionDescription;

/** An entry that is no input. */
export type ComputedDescription = LayerDescription | JoiningDescription;

/**
 * A model as plain data: what it reads, then its layers, each of which reads the entry before unless it says otherwise. JSON-able; it is
 * what a model file holds.
 */
export type ModelDescription = readonly [InputDescription, ...(InputDescription | ComputedDescription)[]];

const registry: readonly LayerKind<never>[] = [
  embeddingLayer,
  ...cells,
  bidirectionalLayer,
  residualLayer,
  dropoutLayer,
  activityRegularizationLayer,
  denseLayer,
  lastLayer,
] as never;

/** The kind of an entry: the one that it brings along, or that of the registry or of `more`. */
export function knownKind(
  entry: Readonly<Record<string, unknown>>,
  more: readonly LayerKind<never>[],
): LayerKind<never> | undefined {
  return kindIn(entry) ?? [...registry, ...more].find((candidate) => candidate.kind === entry.kind);
}

/** The same. @throws BpttError for a kind that is not there. */
export function kindOf(
  entry: Readonly<Record<string, unknown>>,
  where: string,
  more: readonly LayerKind<never>[],
): LayerKind<never> {
  const kind = knownKind(entry, more);
  if (kind !== undefined) return kind;
  const known = [...new Set([...registry, ...more].map((candidate) => `'${candidate.kind}'`))].join(', ');
  const other = typeof entry.kind === 'string' ? entry.kind.replace('own:', '') : 'concat';
  const hint = `any other kind must be handed in, as in kinds: [${other}]`;
  throw new BpttError('invalid-argument', `${where}.kind: expected one of ${known}, got ${show(entry.kind)}; ${hint}`);
}

/** Whether a user has defined the layer. */
export function isOwn(entry: { readonly kind: string }): entry is OwnDescription {
  return entry.kind.startsWith('own:');
}
