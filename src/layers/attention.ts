// Describes attention. What it does is loaded with a model that has some.
import { BpttError } from '../base/errors.ts';
import { checkFields, type Field, integer, type Options, oneOf, optional, withDefault } from '../base/fields.ts';
import { type EntryOptions, entryFields } from './describe.ts';
import { glorotUniform, type Initializer, initializer } from './initializers.ts';

const scores = ['dot', 'scaled-dot', 'general', 'additive'] as const;
/** How well a query and a step of the memory fit, by the formulas at `attention`. */
export type AttentionScore = (typeof scores)[number];

export const attentionFields = {
  /** How well a query and a step of the memory fit: see `attention`. Default `general`. */
  score: withDefault(oneOf<AttentionScore>(...scores), 'general'),
  /** How many heads share the features, each with weights of its own; not with `additive`. Default 1. */
  heads: withDefault(integer({ min: 1 }), 1),
  /** A, of `additive` alone. Default: the size of the query. */
  units: optional(integer({ min: 1 })),
  /** Of the matrices of `general` and `additive`, and of v. Default Glorot uniform. */
  weightInitializer: withDefault<Field<Initializer | undefined>, { readonly score?: AttentionScore }>(
    initializer,
    ({ score }) => (score === undefined || hasWeights(score) ? glorotUniform() : undefined),
  ),
};

/** The score of `attention`, how many heads share the features, and how its weights begin. */
export interface AttentionOptions extends EntryOptions, Options<typeof attentionFields> {}

/** Its defaults are filled in where a model has it. */
export interface AttentionDescription extends EntryOptions, Options<typeof attentionFields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'attention';
}

/** Whether a score has weights of its own. */
export const hasWeights = (score: AttentionScore) => score === 'general' || score === 'additive';

/** @throws BpttError for options that are right one by one and not together. */
export function refuseAttention(
  { score, heads = 1, units, weightInitializer }: AttentionDescription,
  where: string,
): void {
  const refused = (option: string, rule: string, got: unknown) =>
    new BpttError('invalid-argument', `${where}.${option}: expected ${rule}, got ${got}`);
  if (score === 'additive' && heads > 1) throw refused('heads', "1 with score: 'additive'", heads);
  if (score !== 'additive' && units !== undefined) throw refused('units', `none with score: '${score}'`, units);
  if (weightInitializer !== undefined && !hasWeights(score!)) {
    throw refused('weightInitializer', `none with score: '${score}', which has no weights`, weightInitializer.kind);
  }
}

/**
 * Attention of one entry to the steps of another: at each step of the first the mean of the second, weighted by how well they fit, and
 * beside it what was asked with. From queries q [T,B,Q] and a memory m [S,B,M] it makes [T,B,M+Q]:
 *
 * `a_ts = softmax_s(score(q_t, m_s))`, `y_t = [Σ_s a_ts m_s ; q_t]`
 *
 * Steps of the memory beyond a row's length have the weight 0. What comes after makes of y_t what it needs: with
 * `dense({ activation: 'tanh' })` it is Luong's attentional vector.
 *
 * - `dot`: q_t · m_s, of equal sizes; `scaled-dot`: over the root of the size of a head (Vaswani et al. 2017).
 * - `general`: q_t · W m_s (Luong, Pham and Manning 2015), with `attention.weight` [M,Q] as a linear layer of the query. The default.
 * - `additive`: v · tanh(W q_t + U m_s + b) (Bahdanau, Cho and Bengio 2015), with `attention.weight_query` [A,Q], `attention.weight_memory`
 *   [A,M], `attention.bias` and `attention.v` [A].
 *
 * The memory is read as a whole, so that a model with attention has no truncation. The query may have one output a row.
 *
 * @example
 * [
 *   tokens(80, { name: 'source' }), embedding({ units: 64 }), bidirectional(gru({ units: 64 })), dense({ units: 128, name: 'memory' }),
 *   tokens(40, { name: 'target' }), embedding({ units: 64 }), gru({ units: 128, name: 'decoder' }),
 *   attention({ from: ['decoder', 'memory'] }), dense({ units: 128, activation: 'tanh' }), dense({ units: 40 }),
 * ]
 *
 * @throws BpttError, when the model is created, for other than two entries with features, a memory without steps, sizes that do not fit the
 * score, heads that do not divide the sizes, and unknown options.
 */
export function attention(options: AttentionOptions): AttentionDescription {
  const description = {
    kind: 'attention',
    ...checkFields('attention', options, { ...attentionFields, ...entryFields }),
  } as const;
  refuseAttention(description, 'attention');
  return description;
}
