// What a model must be to write one sequence for another.
import { BpttError } from '../base/errors.ts';
import type { AttentionDescription } from '../layers/attention.ts';
import { checkModel } from '../model/check-model.ts';
import type { InputNode, LayerNode } from '../model/graph.ts';
import type { Model } from '../model/model.ts';

/** An encoder and a decoder in one graph. */
export interface TranslationModel {
  /** The input that is read as a whole. */
  readonly source: InputNode;
  /** The input of tokens on whose steps the output stands. */
  readonly target: InputNode;
  readonly output: LayerNode;
  /** How many tokens it writes and reads back. The last one begins and ends. */
  readonly size: number;
  /** The last attention of the decoder to the source, where there is one. */
  readonly attention: LayerNode | undefined;
  readonly heads: number;
}

/** @throws BpttError that says what of an encoder and a decoder the model lacks. */
export function translationModel(where: string, model: Model): TranslationModel {
  checkModel(where, model);
  const { inputs, outputs, layers, description } = model.network.graph;
  const refused = (expected: string, got: string) =>
    new BpttError('invalid-shape', `${where}(model): expected ${expected}, got ${got}`);
  const [output, more] = outputs;
  if (output === undefined || more !== undefined || output.clock.kind !== 'steps') {
    throw refused('a model with one output that has steps', `${outputs.length} outputs`);
  }
  const target = inputs.find(({ clock, output: { kind } }) => clock === output.clock && kind === 'tokens');
  if (target === undefined) {
    throw refused(
      "a decoder: an input of tokens on whose steps the output stands, such as tokens(40, { name: 'target' })",
      `an output on the steps of '${output.clock.name}', which are those of features`,
    );
  }
  const [source, other] = inputs.filter((input) => input !== target);
  if (source === undefined || other !== undefined || source.clock === target.clock || source.clock.kind !== 'steps') {
    throw refused(
      'an encoder and a decoder: two inputs, each with steps of its own',
      source === undefined
        ? 'one input'
        : other !== undefined
          ? `${inputs.length} inputs`
          : 'two inputs on the same steps',
    );
  }
  if (target.output.size !== output.output.size) {
    throw refused(
      'as many outputs as the target has tokens, of which the last begins and ends',
      `${output.output.size} outputs and ${target.output.size} tokens`,
    );
  }
  const slower = layers.find(({ clock }) => clock.follows !== undefined);
  if (slower !== undefined) {
    throw refused('layers on the steps of the two inputs', `${slower.where} (${slower.kind}) with steps of its own`);
  }
  const later = layers.find(
    ({ clock, layer, kind }) => clock === target.clock && layer.reads === 'both' && kind !== 'attention',
  );
  if (later !== undefined) {
    throw refused(
      'a decoder that can write step by step',
      `${later.where} (${later.kind}), which reads later steps too`,
    );
  }
  const attention = layers.findLast(({ kind, clock }) => kind === 'attention' && clock === target.clock);
  const entry = attention && (description[attention.entry] as AttentionDescription);
  return { source, target, output, size: output.output.size, attention, heads: entry?.heads ?? 1 };
}
