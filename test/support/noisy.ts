// Models with random masks of every kind, for tests.
import {
  bidirectional,
  createModel,
  dense,
  dropout,
  elman,
  gru,
  type LayerDescription,
  lstm,
  normal,
  residual,
  tokens,
} from '../../src/index.ts';
import { makeBatch, VOCABULARY } from './models.ts';

const noise = normal({ deviation: 0.4 });
/** No parameter is zero at the start. */
export const random = { inputInitializer: noise, recurrentInitializer: noise, biasInitializer: noise };

const rates = { recurrentDropout: 0.5, weightDropout: 0.5 };
/** Layers of which each kind of random mask is a part. */
export const noisy = {
  dropout: [elman({ units: 5, ...random }), dropout({ rate: 0.5 })],
  'variational dropout': [elman({ units: 5, ...random }), dropout({ rate: 0.5, variational: true })],
  'recurrent dropout': [lstm({ units: 5, recurrentDropout: 0.5, ...random })],
  'weight dropout': [gru({ units: 5, weightDropout: 0.5, ...random })],
  zoneout: [lstm({ units: 5, zoneout: { hidden: 0.5, cell: 0.5 }, ...random })],
  'all in both directions': [
    bidirectional(gru({ units: 5, ...rates, zoneout: { hidden: 0.5 }, ...random })),
    dropout({ rate: 0.5 }),
    residual(bidirectional(lstm({ units: 5, ...rates, ...random }))),
  ],
} as const satisfies Record<string, readonly LayerDescription[]>;
export type NoisyName = keyof typeof noisy;
export const noisyNames = Object.keys(noisy) as NoisyName[];

/** Tokens in, tokens out, in f64. */
export const onTokens = (layers: readonly LayerDescription[]) =>
  createModel([tokens(VOCABULARY), ...layers, dense({ units: VOCABULARY })], { seed: 8, dtype: 'f64' });
export const tokenBatch = makeBatch('tokens', { T: 9, B: 3, seed: 6 });
