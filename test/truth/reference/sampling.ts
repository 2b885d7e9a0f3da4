// How a token is chosen, written out plainly: full sorts, one filter after the other.

/** Logits of the tokens in `seen` divided by the penalty where positive, multiplied where not (Keskar et al. 2019). */
export function penalized(logits: readonly number[], seen: Iterable<number>, penalty: number): number[] {
  const result = [...logits];
  for (const token of new Set(seen)) {
    result[token] = logits[token]! > 0 ? logits[token]! / penalty : logits[token]! * penalty;
  }
  return result;
}

/** softmax(logits / temperature); all of it on the first of the largest at temperature 0. */
export function softmaxAt(logits: readonly number[], temperature: number): number[] {
  const max = Math.max(...logits);
  if (temperature === 0) return logits.map((_, token) => (token === logits.indexOf(max) ? 1 : 0));
  return normalized(logits.map((logit) => Math.exp((logit - max) / temperature)));
}

/** Tokens by their logits, the largest first, of equals the lower token. */
export function ranked(logits: readonly number[]): number[] {
  return [...logits.keys()].toSorted((a, b) => logits[b]! - logits[a]! || a - b);
}

/** The first k of an order; normalised. */
export function topK(probabilities: readonly number[], order: readonly number[], k: number): number[] {
  return keep(probabilities, order.slice(0, k));
}

/** The fewest of an order that add up to at least p (Holtzman et al. 2020); normalised. */
export function topP(probabilities: readonly number[], order: readonly number[], p: number): number[] {
  if (p === 1) return [...probabilities];
  let sum = 0;
  let count = 0;
  while (count < order.length && sum < p) sum += probabilities[order[count++]!]!;
  return keep(probabilities, order.slice(0, count));
}

/** log softmax. */
export function logSoftmax(logits: readonly number[]): number[] {
  const max = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - max), 0);
  return logits.map((logit) => logit - max - Math.log(sum));
}

function keep(probabilities: readonly number[], tokens: readonly number[]): number[] {
  return normalized(probabilities.map((probability, token) => (tokens.includes(token) ? probability : 0)));
}

function normalized(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
