// All numbers of a small network on its way forward and back, by the library: what the page of the unrolled network draws.
import { type Batch, backpropagate, createModel, dense, elman, evaluate, features, lstm, type Model } from 'bptt';
import { hiddenStates, jacobians } from 'bptt/diagnostics';
import type { Settings } from './settings.ts';

/** What each step reads and should answer; the first as many as there are steps. */
export const x = [1, 0.5, -0.5, 0.8, -1, 0.3, 0.6, -0.2];
export const targets = [0.5, -0.5, 1, 0.2, -0.8, 0.6, -0.3, 1];

/** V and U of networks of up to three units, and a W that turns states and keeps their lengths. */
export const V = [0.5, -0.4, 0.3];
export const U = [2, -1, 1.5];
const turns = [[1], [0.6, -0.8, 0.8, 0.6], [2 / 3, -1 / 3, 2 / 3, 2 / 3, 2 / 3, -1 / 3, -1 / 3, 2 / 3, 2 / 3]] as const;

/** Steps are counted from 0 here, from 1 on the page. */
export interface Unrolled {
  readonly W: readonly number[];
  /** The states, [T][H], and the answers and losses of all steps, whether or not they count. */
  readonly h: readonly (readonly number[])[];
  readonly y: readonly number[];
  readonly losses: readonly number[];
  /** L, the sum of those that count. */
  readonly loss: number;
  /** ∂L/∂ŷ_t. */
  readonly dy: readonly number[];
  /** ∂L/∂h_t, [T][H], and ∂L/∂a_t, of what goes into tanh; zero where k2 cuts. */
  readonly dh: readonly (readonly number[])[];
  readonly da: readonly (readonly number[])[];
  /** ∂h_t/∂h_{t-1} = diag(1 - h_t²)·W, [T][H·H]. */
  readonly jacobians: readonly (readonly number[])[];
  /** What each step adds to ∂L/∂W₁₁, ∂L/∂U₁ and ∂L/∂V₁, and the sums. */
  readonly terms: { readonly W: readonly number[]; readonly U: readonly number[]; readonly V: readonly number[] };
  readonly sums: { readonly W: number; readonly U: number; readonly V: number };
  /** The forget gates of an LSTM of one unit that reads the same: ∂c_t/∂c_{t-1}. */
  readonly forget: readonly number[];
}

export async function unroll(settings: Settings): Promise<Unrolled> {
  const { units: H, steps: T, w, k2, losses: counted, forget } = settings;
  const W = turns[H - 1]!.map((value) => w * value);
  const model = await network(H, W);
  const batch = (mask: readonly number[]): Batch => ({
    steps: T,
    rows: 1,
    inputs: Float64Array.from(x.slice(0, T)),
    targets: Float64Array.from(targets.slice(0, T)),
    mask: Uint8Array.from(mask),
  });
  const only = (step: number) => batch(Array.from({ length: T }, (_, t) => Number(t === step)));
  const mask = Array.from({ length: T }, (_, t) => Number(counted.includes(t + 1)));
  const { targets: _, mask: __, ...input } = batch(mask);
  const states = await hiddenStates(model, input);
  const h = Array.from({ length: T }, (_, t) => [...states.data.subarray(t * H, (t + 1) * H)]);
  const lossOf = (one: Batch) => evaluate(model, [one], { loss: 'mean-squared-error', reduction: 'sum' }).loss;
  const each = h.map((_, t) => lossOf(only(t)));

  // The gradients that reach back 0, 1, 2, … steps: what one more step adds is that step's own part.
  const reached = Array.from({ length: Math.min(k2, T) + 1 }, (_, back) => gradients(model, batch(mask), back));
  const parts = h.map((_, t) => {
    const [more, less] = [reached[T - t], reached[T - t - 1]];
    const part = (name: keyof Gradients) =>
      more && less ? more[name].map((value, i) => value - less[name][i]!) : reached[0]![name].map(() => 0);
    return { W: part('W'), U: part('U'), V: part('V'), b: part('b'), c: part('c') };
  });
  const da = parts.map(({ b }) => b);
  const whole = reached.at(-1)!;
  return {
    W,
    h,
    y: [...model.forward(input).outputs],
    losses: each,
    loss: mask.some(Boolean) ? lossOf(batch(mask)) : 0,
    dy: parts.map(({ c }) => c[0]!),
    // Back through tanh, whose slope is 1 - h².
    dh: da.map((values, t) => values.map((value, i) => value / (1 - h[t]![i]! ** 2))),
    da,
    jacobians: (await jacobians(model, input)).steps.map(({ data }) => [...data]),
    terms: {
      W: parts.map((part) => part.W[0]!),
      U: parts.map((part) => part.U[0]!),
      V: parts.map((part) => part.V[0]!),
    },
    sums: { W: whole.W[0]!, U: whole.U[0]!, V: whole.V[0]! },
    forget: await forgetGates(input, forget),
  };
}

async function network(H: number, W: readonly number[]): Promise<Model> {
  const model = await createModel([features(1), elman({ units: H }), dense({ units: 1 })], { dtype: 'f64' });
  model.setParameter('rnn.weight_ih_l0', V.slice(0, H));
  model.setParameter('rnn.weight_hh_l0', [...W]);
  model.setParameter('rnn.bias_ih_l0', V.slice(0, H).fill(0));
  model.setParameter('dense.weight', U.slice(0, H));
  model.setParameter('dense.bias', [0]);
  return model;
}

interface Gradients {
  readonly W: readonly number[];
  readonly U: readonly number[];
  readonly V: readonly number[];
  /** Of the biases, which are added where a_t and ŷ_t are: sums of ∂L/∂a_t and ∂L/∂ŷ_t. */
  readonly b: readonly number[];
  readonly c: readonly number[];
}

/** The gradients of truncated BPTT that goes back so many steps from the last; 0 gives zeros. */
function gradients(model: Model, batch: Batch, back: number): Gradients {
  if (back > 0 && batch.mask!.includes(1)) {
    const truncation = { k1: batch.steps, k2: back };
    for (const _ of backpropagate(model, batch, { loss: 'mean-squared-error', reduction: 'sum', truncation }));
  }
  const of = (name: string) => {
    const { data } = (back > 0 ? model.gradients() : model.parameters()).find((one) => one.name === name)!;
    return back > 0 && batch.mask!.includes(1) ? [...data] : Array.from(data, () => 0);
  };
  return {
    W: of('rnn.weight_hh_l0'),
    U: of('dense.weight'),
    V: of('rnn.weight_ih_l0'),
    b: of('rnn.bias_ih_l0'),
    c: of('dense.bias'),
  };
}

/** Of an LSTM with one unit whose only weights are those of V and its forget bias: the lower right number of each Jacobian. */
async function forgetGates(input: { steps: number; rows: number; inputs: Batch['inputs'] }, bias: number) {
  const model = await createModel([features(1), lstm({ units: 1 }), dense({ units: 1 })], { dtype: 'f64', seed: 1 });
  model.setParameter('rnn.weight_ih_l0', [V[0]!, V[0]!, V[0]!, V[0]!]);
  model.setParameter('rnn.weight_hh_l0', [0, 0, 0, 0]);
  model.setParameter('rnn.bias_ih_l0', [0, bias, 0, 0]);
  return (await jacobians(model, input)).steps.map(({ data }) => data[3]!);
}
