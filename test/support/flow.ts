// Models and inputs for what looks at how gradients flow.
import {
  activityRegularization,
  createModel,
  dense,
  dropout,
  elman,
  features,
  gru,
  type Input,
  type LayerDescription,
  lstm,
  type Model,
  residual,
  type State,
} from '../../src/index.ts';

export const F = 3;

export const T = 7;

export const units = 4;

/** Numbers from -1 to 1 that look random. */
export const noise = (length: number, seed = 1) =>
  Float64Array.from({ length }, (_, i) => (((i + 7) * (i + 3) * 2654435761 * seed) % 2 ** 32) / 2 ** 31 - 1);

export const input: Input = { steps: T, rows: 2, inputs: noise(T * 2 * F) };

export const norm = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));

export const make = (...layers: readonly LayerDescription[]) =>
  createModel([features(F), ...layers, dense({ units: 2 })], { seed: 5, dtype: 'f64' });

export const layers: Readonly<Record<string, readonly LayerDescription[]>> = {
  'elman tanh': [elman({ units })],
  'elman relu': [elman({ units, activation: 'relu' })],
  'elman identity, residual': [elman({ units }), residual(elman({ units, activation: 'identity' }))],
  'elman, layer norm': [elman({ units, layerNorm: true })],
  'gru, zoneout': [gru({ units, zoneout: { hidden: 0.3 } })],
  lstm: [lstm({ units })],
  'lstm, peepholes, hard gates, softsign': [
    lstm({ units, peepholes: true, gateActivation: 'hard-sigmoid', activation: 'softsign' }),
  ],
  'lstm, layer norm, zoneout': [lstm({ units, layerNorm: true, zoneout: { hidden: 0.4 } })],
  gru: [gru({ units })],
  'gru, reset before': [gru({ units, reset: 'before' })],
  'gru, layer norm': [gru({ units, layerNorm: true })],
  'a stack with dropout and penalties': [
    lstm({ units, recurrentDropout: 0.3, weightDropout: 0.2 }),
    dropout({ rate: 0.5 }),
    gru({ units: 5 }),
    activityRegularization({ activation: 1 }),
  ],
};

/** One step of an input. */
export const stepOf = ({ rows, inputs }: Input, t: number): Input => {
  const width = inputs.length / T;
  return { steps: 1, rows, inputs: inputs.slice(t * width, (t + 1) * width) as Float64Array };
};

/** The states along a sequence, the zero state first. */
export function statesOf(model: Model): readonly State[] {
  const states = [model.zeroState(2)];
  for (let t = 0; t < T; t++) states.push(model.forward(stepOf(input, t), states[t]).state);
  return states;
}
