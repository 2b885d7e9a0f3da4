// How the parameters of trials are chosen: plain data, and what each kind does.
import { BpttError } from '../../base/errors.ts';
import {
  checkFields,
  checkKind,
  type Field,
  integer,
  named,
  type OneOfKinds,
  type Options,
  withDefault,
} from '../../base/fields.ts';
import { grid as onGrid } from './grid.ts';
import { quasiRandom as byHalton } from './quasi-random.ts';
import { random as byChance } from './random.ts';
import type { Setting, Suggest } from './sampler.ts';
import { tpe as byTpe } from './tpe.ts';

export const samplerFields = {
  random: {},
  'quasi-random': {},
  grid: {
    /** How many values of each number are tried, evenly on its scale. Default: all of whole numbers; others must be said. */
    points: withDefault(named(integer({ min: 1 })), () => ({})),
  },
  tpe: {
    /** Trials before it begins; they are random. Default 10. */
    startup: withDefault(integer({ min: 1 }), 10),
    /** Values that are drawn for each parameter, of which one is taken. Default 24. */
    candidates: withDefault(integer({ min: 1 }), 24),
  },
};

/** A sampler as plain data, all defaults filled in. */
export type Sampler = OneOfKinds<typeof samplerFields>;

type Of<Kind extends Sampler['kind']> = Extract<Sampler, { readonly kind: Kind }>;

/** How many values of each number `grid` tries. */
export interface GridOptions extends Options<typeof samplerFields.grid> {}
/** When `tpe` begins to go by results, and among how many values it chooses. */
export interface TpeOptions extends Options<typeof samplerFields.tpe> {}

/**
 * Each trial by chance, independent of all others (Bergstra and Bengio 2012).
 *
 * @example
 * createStudy({ space: { rate: float({ min: 1e-4, max: 1e-1, scale: 'log' }) }, sampler: random(), trials: 16 })
 */
export function random(): Of<'random'> {
  return { kind: 'random' };
}

/**
 * Trials that fill the space more evenly than chance does: Halton's sequence with permuted digits (Owen 2017).
 *
 * @example
 * createStudy({ space: { rate: float({ min: 1e-4, max: 1e-1, scale: 'log' }) }, sampler: quasiRandom(), trials: 16 })
 */
export function quasiRandom(): Of<'quasi-random'> {
  return { kind: 'quasi-random' };
}

/**
 * All combinations, once each; the last parameter changes first. The sweep ends with the last of them.
 *
 * @example grid({ points: { learningRate: 4 } }) // 4 learning rates, with all values of the choices and whole numbers
 */
export function grid(options: GridOptions = {}): Of<'grid'> {
  return { kind: 'grid', ...checkFields('grid', options, samplerFields.grid) };
}

/**
 * The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl 2011): values that good trials had and others had not, each
 * parameter by itself. The densities are those of Optuna 3.1 with its defaults.
 *
 * @example tpe({ startup: 20 })
 */
export function tpe(options: TpeOptions = {}): Of<'tpe'> {
  return { kind: 'tpe', ...checkFields('tpe', options, samplerFields.tpe) };
}

export const sampler: Field<Sampler> = { check: (where, value) => checkKind(where, value, samplerFields) };

/** Whether what a sampler suggests depends on results. */
export const adapts = ({ kind }: Sampler): boolean => kind === 'tpe';

/** What a sampler suggests in a sweep. */
export function suggestWith(where: string, sampler: Sampler, setting: Setting, objectives: number): Suggest {
  switch (sampler.kind) {
    case 'random':
      return byChance(setting);
    case 'quasi-random':
      return byHalton(setting);
    case 'grid':
      return onGrid(where, setting, sampler.points);
    default:
      if (objectives === 1) return byTpe(setting, sampler);
      throw new BpttError(
        'invalid-argument',
        `${where}: expected "random", "quasi-random" or "grid" with several objectives, got "tpe"`,
      );
  }
}
