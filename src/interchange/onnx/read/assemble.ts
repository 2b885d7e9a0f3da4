// What a sequence went through, as a description with parameters.
import { BpttError } from '../../../base/errors.ts';
import { activation } from '../../../layers/activation.ts';
import { batchNormalization } from '../../../layers/batch-normalization.ts';
import { dense } from '../../../layers/dense.ts';
import { embedding } from '../../../layers/embedding.ts';
import type { Parameter } from '../write/context.ts';
import { type Tensor, tensorOf } from './tensor.ts';
import type { Half, Head, RecurrentStage, Stage } from './values.ts';

export interface Assembled {
  readonly description: readonly unknown[];
  readonly parameters: readonly Parameter[];
  /** What stands after the last layer. */
  readonly output: Head | 'logits';
  /** The input that it reads, and all recurrent operators on the way. */
  readonly input: string;
  readonly halves: readonly Half[];
}

/**
 * The model of a chain of stages.
 *
 * @throws BpttError `bad-file` where there is no layer.
 */
export function assemble(where: string, end: Stage): Assembled {
  const stages: Stage[] = [];
  for (
    let stage: Stage | undefined = end;
    stage !== undefined;
    stage = 'previous' in stage ? stage.previous : undefined
  ) {
    stages.unshift(stage);
  }
  const [input, first] = stages;
  if (input?.kind !== 'input' || first === undefined) {
    throw new BpttError('bad-file', `${where}: expected layers between input and output, got none`);
  }
  const parts = new Parts();
  for (const stage of stages.slice(1)) parts.add(stage);
  return {
    description: [inputOf(first), ...parts.layers],
    parameters: parts.parameters,
    output: parts.output,
    input: input.name,
    halves: parts.halves,
  };
}

/** What the model reads, from the layer after it. */
function inputOf(first: Stage): { readonly kind: 'tokens' | 'features'; readonly size: number } {
  if (first.kind === 'oneHot') return { kind: 'tokens', size: first.size };
  if (first.kind === 'embedding') return { kind: 'tokens', size: first.table.dims[0]! };
  if (first.kind === 'normalization') return { kind: 'features', size: first.weight.dims[0]! };
  const weight = first.kind === 'dense' ? first.weight : recurrentOf(first).halves[0]!.parameters.weight_ih!;
  return { kind: 'features', size: weight.dims[1]! };
}

const recurrentOf = (stage: Stage): RecurrentStage =>
  stage.kind === 'residual' ? stage.layer : (stage as RecurrentStage);

class Parts {
  readonly layers: object[] = [];
  readonly parameters: Parameter[] = [];
  readonly halves: Half[] = [];
  output: Head | 'logits' = 'logits';
  readonly #counts = { recurrent: 0, dense: 0, norm: 0 };

  add(stage: Stage): void {
    switch (stage.kind) {
      case 'embedding':
        this.layers.push(embedding({ units: stage.table.dims[1]! }));
        this.#parameter('embedding.weight', stage.table);
        break;
      case 'dense': {
        const name = this.#name('dense');
        const O = stage.weight.dims[0]!;
        this.layers.push(dense({ units: O }));
        this.#parameter(`${name}.weight`, stage.weight);
        this.#parameter(`${name}.bias`, stage.bias ?? tensorOf([O], new Float64Array(O)));
        break;
      }
      case 'residual':
        this.layers.push({ kind: 'residual', layer: this.#recurrent(stage.layer) });
        break;
      case 'recurrent':
        this.layers.push(this.#recurrent(stage));
        break;
      case 'activation':
        this.layers.push(
          activation({ function: stage.function, ...(stage.alpha !== undefined && { alpha: stage.alpha }) }),
        );
        break;
      case 'normalization': {
        const { epsilon, momentum } = stage;
        const name = this.#name('norm');
        this.layers.push(batchNormalization({ epsilon, ...(momentum !== undefined && { momentum }) }));
        this.#parameter(`${name}.weight`, stage.weight);
        this.#parameter(`${name}.bias`, stage.bias);
        this.#parameter(`${name}.running_mean`, stage.mean);
        this.#parameter(`${name}.running_var`, stage.variance);
        break;
      }
      case 'head':
        this.output = stage.output;
        break;
    }
  }

  /** The description of a recurrent stage, whose parameters are added. */
  #recurrent({ halves, merge, returns }: RecurrentStage): object {
    const number = this.#counts.recurrent++;
    this.halves.push(...halves);
    for (const { reverse, parameters } of halves) {
      for (const [part, tensor] of Object.entries(parameters)) {
        this.#parameter(`rnn.${part}_l${number}${reverse ? '_reverse' : ''}`, tensor);
      }
    }
    const { layer } = halves[0]!;
    if (merge === undefined) return { ...layer, returns };
    return { kind: 'bidirectional', layer, merge, returns };
  }

  /** What the parameters of the next layer begin with. */
  #name(kind: 'dense' | 'norm'): string {
    const number = this.#counts[kind]++;
    return number === 0 ? kind : `${kind}${number}`;
  }

  #parameter(name: string, { dims, data }: Tensor): void {
    this.parameters.push({ name, shape: dims, data });
  }
}
