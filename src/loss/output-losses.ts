// Which loss belongs to which output of a model.
import { isPlain } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, type Field, number, type Options, withDefault } from '../base/fields.ts';
import type { Readings, TargetSlot } from '../data/batch.ts';
import { type Graph, type LayerNode, readingsOf } from '../model/graph.ts';
import {
  isLossValue,
  type Loss,
  type LossName,
  type LossValue,
  lossOf,
  type Reduction,
  reduce,
  someLoss,
} from './losses.ts';

/** A loss and the output that it is of. */
export interface OutputLoss {
  readonly node: LayerNode;
  readonly loss: Loss;
  readonly weight: number;
  /** What becomes of its sum: a loss of whole sequences may weigh each by how long it is. */
  readonly reduction: Reduction;
}

/** What one output's loss was. */
export interface OutputResult {
  /** Of the output's entry; undefined where it has none. */
  readonly name: string | undefined;
  /** The reduced loss, without its weight. 0 where nothing counts. */
  readonly loss: number;
  /** Σ of the losses. */
  readonly lossSum: number;
  /** How many numbers the sum is over; with weights the sum of those. */
  readonly counted: number;
}

/** What several outputs' losses come to together. */
export interface LossResult {
  /** The reduced loss; of several outputs the sum of theirs, each times its weight. */
  readonly loss: number;
  /** Σ of the losses; of several outputs that of theirs, each times its weight. */
  readonly lossSum: number;
  /** How many numbers are in the sum. */
  readonly counted: number;
  /** That of each output, where there are several, or one whose loss has a weight. */
  readonly outputs?: readonly OutputResult[];
}

const weighted = {
  /** The loss by its name, or what the functions of `bptt/losses` and `defineLoss` return. */
  loss: someLoss,
  /** The factor of this loss in the objective, ≥ 0. Default 1. */
  weight: withDefault(number({ min: 0 }), 1),
};

/** The loss of one output, with its part in the whole. */
export interface WeightedLoss extends Options<typeof weighted> {}

/** The loss of a model with one output; of several, that of each by the name of its entry. */
export type LossOption = LossName | LossValue | Readonly<Record<string, LossName | LossValue | WeightedLoss>>;

/** The option, as far as it can be checked without a model. */
export const lossOption: Field<LossOption> = {
  check(where, value) {
    if (!isRecord(value)) return someLoss.check(where, value);
    const entries = Object.entries(value).map(
      ([name, given]) => [name, checkWeighted(`${where}.${name}`, given)] as const,
    );
    return Object.fromEntries(entries);
  },
};

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isPlain(value) && !isLossValue(value);
}

function checkWeighted(where: string, given: unknown): Required<WeightedLoss> {
  if (!isRecord(given)) return { loss: someLoss.check(where, given), weight: 1 };
  return checkFields(where, given, weighted);
}

/**
 * The losses of a graph's outputs.
 *
 * @throws BpttError for an output that no loss names, and a loss for an output that is not there.
 */
export function outputLosses(
  where: string,
  { outputs }: Graph,
  option: LossOption,
  reduction: Reduction = 'mean',
): readonly OutputLoss[] {
  const names = outputs.map(({ name }) => name);
  if (typeof option === 'string' || isLossValue(option)) {
    if (outputs.length === 1) return [outputLoss(where, outputs[0]!, option, 1, reduction)];
    const given = typeof option === 'string' ? `'${option}'` : 'kind' in option ? `${option.kind}(…)` : option.name;
    throw new BpttError(
      'invalid-argument',
      `${where}: expected a loss for each output, as in { ${names.map((name) => `${name}: ${given}`).join(', ')} }, got ${given}`,
    );
  }
  const unknown = Object.keys(option).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new BpttError(
      'invalid-argument',
      `${where}.${unknown}: expected the name of an output (${names.map((name) => name ?? 'the only one, which has no name').join(', ')}), got '${unknown}'`,
    );
  }
  return outputs.map((node) => {
    const given = option[node.name!];
    if (given === undefined) {
      throw new BpttError('invalid-argument', `${where}: expected a loss for output ${node.where}, got none`);
    }
    const { loss, weight } = checkWeighted(`${where}.${node.name}`, given);
    return outputLoss(`${where}.${node.name}`, node, loss, weight, reduction);
  });
}

function outputLoss(
  where: string,
  node: LayerNode,
  given: LossName | LossValue,
  weight: number,
  reduction: Reduction,
): OutputLoss {
  const loss = lossOf(given);
  loss.refuse?.(node.output.size, where);
  return { node, loss, weight, reduction };
}

/** What batches hold. */
export interface BatchSlots extends Readings {
  readonly outputs: readonly TargetSlot[];
  /** Why sequences must be there as a whole, where the graph or a loss wants that. */
  readonly whole: string | undefined;
}

/** What batches hold for a graph with these losses. */
export function slotsOf(graph: Graph, terms: readonly OutputLoss[]): BatchSlots {
  const sequence = terms.find(({ loss }) => loss.bind !== undefined);
  return {
    ...readingsOf(graph),
    outputs: terms.map(({ node: { name, clock, output }, loss }) => {
      const signal = loss.bind === undefined ? loss.targets(output.size) : loss.check(output.size);
      return { name, clock, signal };
    }),
    whole: graph.whole ?? (sequence && `the loss of ${sequence.node.where} is over whole sequences`),
  };
}

/** The results of all outputs as one. */
export function together(
  reduction: Reduction,
  terms: readonly OutputLoss[],
  sums: readonly number[],
  counts: readonly number[],
): LossResult {
  const outputs = terms.map(({ node }, index): OutputResult => {
    const [lossSum, counted] = [sums[index]!, counts[index]!];
    return { name: node.name, loss: reduce(reduction, lossSum, counted), lossSum, counted };
  });
  const weighted = (values: readonly number[]) => values.reduce((sum, value, i) => sum + terms[i]!.weight * value, 0);
  return {
    loss: weighted(outputs.map(({ loss }) => loss)),
    lossSum: weighted(sums),
    counted: counts.reduce((sum, count) => sum + count, 0),
    ...((outputs.length > 1 || terms[0]!.weight !== 1) && { outputs }),
  };
}
