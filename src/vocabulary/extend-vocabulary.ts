// A model that reads and says more characters or words than before, and knows all that it knew.
import { checkReadable, checkString, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, list, type Options, optional, string, withDefault } from '../base/fields.ts';
import type { ModelDescription } from '../layers/registry.ts';
import { checkModel } from '../model/check-model.ts';
import type { GraphNode } from '../model/graph.ts';
import { createModel, type Model } from '../model/model.ts';
import type { Parameter } from '../model/parameters.ts';
import { characters, Vocabulary } from '../tokenizers/characters.ts';
import { Words, words } from '../tokenizers/words.ts';

const names = optional(list(string, 'names'));

const fields = {
  /**
   * Fixes the values of new rows, which begin as those of a new model would. With the seed of the model that is there they would be those with
   * which its own rows began. Default 1.
   */
  seed: withDefault(integer({ min: 0 }), 1),
  /** How often a new word must occur to have a token; more than 1 needs a vocabulary with `unknown`. Not for characters. Default 1. */
  minimum: withDefault(integer({ min: 1 }), 1),
  /** The inputs that read this vocabulary, by name. Default: all inputs of as many tokens. */
  inputs: names,
  /** The outputs that speak it. Default: all dense outputs of as many units; a model that only reads it has none. */
  outputs: names,
};

/** Which new words get tokens, which inputs and outputs grow, and how new weights begin. */
export interface ExtendVocabularyOptions extends Options<typeof fields> {}

/** What `extendVocabulary` resolves to: the larger model and vocabulary, and what is new in them. */
export interface ExtendedVocabulary<V extends Vocabulary | Words> {
  /** A new model; the one that was given stays as it is. */
  readonly model: Model;
  /** That of the larger model, of the kind that was given. */
  readonly vocabulary: V;
  /** The characters or words that are new. */
  readonly added: readonly string[];
}

/**
 * A copy of a model for the vocabulary that it has and whatever is new in a text. Each row of an embedding, each column of a layer that reads
 * tokens and each row of a head, its bias too, stays to the bit with its character or word; new ones begin as those of a new model. Weights
 * that are tied stay tied. Characters are in the order of their code points, so old ones may get other tokens; new words come last, the most
 * frequent first.
 *
 * Its outputs for old text are another softmax, over more classes, until it is trained on.
 *
 * @param vocabulary Of `characters` or `words`, with as many symbols as the model has tokens.
 * @param text What is new in it is added.
 * @throws BpttError for a model that does not read this vocabulary, another tokenizer, and options that are wrong.
 *
 * @example
 * const { model: larger, vocabulary: all } = await extendVocabulary(model, vocabulary, 'кит и море. ');
 * await fit(larger, { data: all.encode('кит и море. '.repeat(9)), loss: 'cross-entropy', epochs: 2 });
 */
export async function extendVocabulary<V extends Vocabulary | Words>(
  model: Model,
  vocabulary: V,
  text: string,
  options: ExtendVocabularyOptions = {},
): Promise<ExtendedVocabulary<V>> {
  checkModel('extendVocabulary', model);
  const { seed, minimum, inputs, outputs } = checkFields('extendVocabulary', options, fields);
  const larger = withText(vocabulary, checkString('extendVocabulary(text)', text), minimum) as V;
  const { graph, engine } = model.network;
  const { size } = vocabulary;
  const fits = (node: GraphNode) =>
    node.layer === undefined
      ? node.kind === 'tokens' && node.output.size === size
      : graph.description[node.entry]!.kind === 'dense' && node.output.size === size;
  const entries = new Set([
    ...chosen('inputs', graph.inputs, inputs, fits, `an input of ${size} tokens, as the vocabulary has`),
    ...chosen('outputs', graph.outputs, outputs, fits, `a dense output of ${size} units, as the vocabulary has tokens`),
  ]);
  if (!graph.inputs.some(({ entry }) => entries.has(entry))) {
    const got = graph.inputs.map((input) => `${input.output.size} ${input.kind}`).join(', ');
    throw new BpttError(
      'invalid-shape',
      `extendVocabulary: expected a model that reads the ${size} tokens of the vocabulary, got one of ${got}`,
    );
  }
  const description = graph.description.map((entry, index) => {
    if (!entries.has(index)) return entry;
    return entry.kind === 'tokens' ? { ...entry, size: larger.size } : { ...entry, units: larger.size };
  });
  const extended = await createModel(description as unknown as ModelDescription, { ...engine, seed });
  const tokens = new Map(larger.symbols.map((symbol, token) => [symbol, token]));
  const places = vocabulary.symbols.map((symbol) => tokens.get(symbol)!);
  const before = new Map(model.parameters().map((parameter) => [parameter.name, parameter]));
  for (const parameter of extended.parameters()) {
    extended.setParameter(parameter.name, withOld(parameter, before.get(parameter.name)!, places));
  }
  const known = new Set(vocabulary.symbols);
  return { model: extended, vocabulary: larger, added: larger.symbols.filter((symbol) => !known.has(symbol)) };
}

/** The vocabulary and what is new in a text. */
function withText(vocabulary: Vocabulary | Words, text: string, minimum: number): Vocabulary | Words {
  checkReadable('extendVocabulary(vocabulary)', vocabulary);
  if (vocabulary instanceof Words) {
    const { lowercase, unknown } = vocabulary.toJSON();
    if (text === '') return vocabulary;
    const found = words(text, { lowercase, minimum, ...(unknown !== undefined && { unknown }) });
    const known = new Set(vocabulary.symbols);
    const added = found.symbols.filter((symbol) => !known.has(symbol));
    return Words.fromJSON({ ...vocabulary.toJSON(), symbols: [...vocabulary.symbols, ...added] });
  }
  if (!(vocabulary instanceof Vocabulary)) {
    throw new BpttError(
      'invalid-argument',
      `extendVocabulary(vocabulary): expected one of characters or words, whose symbols can be added to, got ${show(vocabulary)}`,
    );
  }
  if (minimum > 1) {
    throw new BpttError('invalid-argument', `extendVocabulary.minimum: expected 1 for characters, got ${minimum}`);
  }
  const { symbols } = characters(vocabulary.symbols.join('') + text);
  return Vocabulary.fromJSON({ ...vocabulary.toJSON(), symbols: symbols.join('') });
}

/** The entries of the nodes that were named, or of all that fit. */
function chosen<Node extends GraphNode>(
  option: string,
  nodes: readonly Node[],
  names: readonly string[] | undefined,
  fits: (node: Node) => boolean,
  expected: string,
): readonly number[] {
  const some = names?.map((name) => {
    const node = nodes.find((one) => one.name === name);
    if (node !== undefined && fits(node)) return node;
    const got = node === undefined ? `'${name}', which is not there` : `'${name}' with ${node.output.size}`;
    throw new BpttError('invalid-argument', `extendVocabulary.${option}: expected ${expected}, got ${got}`);
  });
  return (some ?? nodes.filter(fits)).map(({ entry }) => entry);
}

/** The values of a parameter that has grown, with those that it had before in their new places. */
function withOld(grown: Parameter, before: Parameter, places: readonly number[]): Parameter['data'] {
  const { data, shape } = grown;
  const width = shape.at(-1)!;
  const place = (axis: number, index: number) => (shape[axis] === before.shape[axis] ? index : places[index]!);
  const last = before.shape.length - 1;
  for (const [i, value] of before.data.entries()) {
    const column = place(last, i % before.shape[last]!);
    const row = last === 0 ? 0 : place(0, Math.floor(i / before.shape[last]!));
    data[row * width + column] = value;
  }
  return data;
}
