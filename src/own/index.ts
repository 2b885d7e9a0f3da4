// Users' own layers and losses: `import { defineLayer, defineLoss } from 'bptt/own'`.

export type {
  LayerDefinition,
  OwnBackward,
  OwnForward,
  OwnOptions,
  OwnParameter,
  Sizes,
  Views,
} from './definition.ts';
export { defineLayer, type OwnLayer } from './layer.ts';
export { defineLoss, type LossDefinition, type LossRow } from './loss.ts';
