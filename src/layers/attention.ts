// Describes attention. What it does is loaded with a model that has some.
import type { AttentionDescription, AttentionOptions } from './later/attention.ts';

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
  return { ...options, kind: 'attention' };
}
