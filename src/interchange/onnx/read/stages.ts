// What sequences go through: how the directions of a recurrent operator become one layer, and the last step of a sequence.
import type { Merge } from '../../../layers/recurrent/options.ts';
import type { Operation } from './operation.ts';
import { type Axis, axis, type Half, partsOf, type RecurrentStage, type Sequence, type Stage } from './values.ts';

/** A sequence as a layer reads it. */
export interface Settled {
  readonly stage: Stage;
  /** All axes but the last, which are the features. */
  readonly leading: readonly Axis[];
  /** How many features, where that is known. */
  readonly size: number | undefined;
}

/** A sequence whose features are the last axis, with both directions of a recurrent operator side by side or added up. */
export function settle(operation: Operation, sequence: Sequence): Settled {
  const { axes } = withFeature(sequence);
  const last = axes.at(-1) ?? operation.fail('a sequence', 'a number without axes');
  const parts = partsOf(last).filter(({ size }) => size !== 1 || partsOf(last).length === 1);
  const leading = axes.slice(0, -1);
  const strange = leading.find(({ role, size, parts: inner }) => {
    return (
      role === 'features' || (role === 'directions' && size !== 1) || inner?.some((part) => part.role === 'features')
    );
  });
  if (strange !== undefined) operation.fail('features in the last axis', `${strange.role} in front of it`);
  const [outer, inner] = parts;
  const concat = parts.length === 2 && outer!.role === 'directions' && inner!.role === 'features';
  if (parts.length !== 1 && !concat) {
    operation.fail(
      'one axis of features, or directions and features',
      `${parts.map(({ role }) => role).join(' and ')} in one`,
    );
  }
  const known = outer!.role === 'unknown' || outer!.role === 'features' || outer!.size === 1 || concat;
  if (!known) operation.fail('features in the last axis', outer!.role);
  const { stage } = sequence;
  if (stage.kind !== 'recurrent') return { stage, leading, size: last.size };
  return { stage: wholeStage(operation, stage, concat), leading, size: last.size };
}

/** The sequence with the only feature of a dense layer, where its axis was squeezed away. */
function withFeature(sequence: Sequence): Sequence {
  const { stage, axes } = sequence;
  const features = axes.flatMap(partsOf).some(({ role }) => role === 'features');
  if (features || outputsOf(stage) !== 1) return sequence;
  return { ...sequence, axes: [...axes, axis('features', 1)] };
}

/** How many outputs the dense layer has that a stage comes from; undefined where there is none. */
function outputsOf(stage: Stage): number | undefined {
  if (stage.kind === 'activation' || stage.kind === 'normalization' || stage.kind === 'head') {
    return outputsOf(stage.previous);
  }
  return stage.kind === 'dense' ? stage.weight.dims[0] : undefined;
}

/** The stage as a layer after it reads it: a sigmoid that something stands after is an activation, and no end. */
export function within(operation: Operation, stage: Stage, what: string): Stage {
  if (stage.kind !== 'head') return stage;
  if (stage.output !== 'sigmoid') return operation.fail(`nothing after ${stage.output}`, what);
  return { kind: 'activation', previous: stage.previous, function: 'sigmoid' };
}

function wholeStage(operation: Operation, stage: RecurrentStage, concat: boolean): RecurrentStage {
  if (stage.merge !== undefined) return stage;
  if (stage.halves.length === 2) {
    if (concat) return { ...stage, merge: 'concat' };
    return operation.fail('both directions side by side or added up', 'directions apart');
  }
  if (!stage.halves[0]!.reverse) return stage;
  return operation.fail('a direction in reverse next to one forward', 'one alone');
}

/** One direction of a recurrent operator. */
export function halfOf(operation: Operation, { stage }: Sequence, place: number): RecurrentStage {
  if (stage.kind !== 'recurrent' || stage.merge !== undefined)
    return operation.unfit(0, 'directions of a recurrent operator');
  return { ...stage, halves: [stage.halves[operation.place(place, stage.halves.length)]!] };
}

/** Two directions as one layer; undefined where they are not that. */
export function mergeHalves(a: Stage, b: Stage, merge: Merge): RecurrentStage | undefined {
  if (a.kind !== 'recurrent' || b.kind !== 'recurrent') return undefined;
  const halves = [...a.halves, ...b.halves];
  if (halves.length !== 2 || a.merge !== undefined || b.merge !== undefined || a.returns !== b.returns)
    return undefined;
  if (merge !== 'concat' && halves[0]!.reverse) halves.reverse();
  const [forward, reverse] = halves as [Half, Half];
  const alike =
    !forward.reverse &&
    reverse.reverse &&
    forward.previous === reverse.previous &&
    forward.lengths === reverse.lengths &&
    JSON.stringify(forward.layer) === JSON.stringify(reverse.layer);
  return alike ? { kind: 'recurrent', previous: a.previous, halves, merge, returns: a.returns } : undefined;
}

/** The stage of one step alone: the last one, or of a backward direction the first, which it reads last. */
export function lastStep(operation: Operation, stage: Stage, from: 'start' | 'end'): Stage {
  if (stage.kind === 'dense' || stage.kind === 'activation' || stage.kind === 'normalization') {
    return { ...stage, previous: lastStep(operation, stage.previous, from) };
  }
  if (stage.kind !== 'recurrent') {
    return operation.fail('one step of a recurrent operator', `one step after ${stage.kind}`);
  }
  if (stage.halves.length > 1 || stage.halves[0]!.reverse !== (from === 'start')) {
    return operation.fail(
      'the last state (Y_h) of both directions, or the last step of one forward',
      'a step at which a direction has not read all',
    );
  }
  if (stage.halves[0]!.lengths !== undefined && from === 'end') {
    return operation.fail('the last state (Y_h) of rows that end before', 'the last step, which is padding there');
  }
  return { ...stage, returns: 'last' };
}
