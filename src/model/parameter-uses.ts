// Who uses which parameter, and what follows for its gradient. A parameter is owned by one layer and may be used by others (tied weights).
import type { ParameterUse } from '../layers/contract.ts';
import type { Graph, LayerNode } from './graph.ts';

/** One use of a parameter by a layer. */
export interface Use {
  readonly node: LayerNode;
  readonly use: ParameterUse;
}

/** The uses of each parameter, by name. */
export type ParameterUses = ReadonlyMap<string, readonly Use[]>;

export function usesOf({ layers }: Graph): ParameterUses {
  const uses = new Map<string, Use[]>();
  for (const node of layers) {
    const { parameters, tied = [] } = node.layer;
    for (const { spec, use } of [...parameters.map((spec) => ({ spec, use: spec.use })), ...tied]) {
      uses.set(spec.name, [...(uses.get(spec.name) ?? []), { node, use }]);
    }
  }
  return uses;
}

/** Whether backward writes the gradient instead of adding to it: where one product is all that the parameter is used for. */
export function isOverwritten(uses: readonly Use[]): boolean {
  return uses.length === 1 && uses[0]!.use === 'product';
}

/** The inputs whose tokens look rows of the parameter up, where nothing else uses it: the gradient of other rows is zero. */
export function lookedUpBy(uses: readonly Use[]): readonly number[] | undefined {
  return uses.every(({ use }) => use === 'look-up') ? uses.map(({ node }) => node.inputs[0]!) : undefined;
}
