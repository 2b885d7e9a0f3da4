// Lyapunov exponents: how fast neighbouring states of a network part or meet.
import { Matrix as LinearMatrix, QrDecomposition } from 'ml-matrix';
import { checkInteger } from '../base/check.ts';
import { checkFields, integer, type Options, optional } from '../base/fields.ts';
import type { Input } from '../data/batch.ts';
import type { Model } from '../model/model.ts';
import { checkReading, recurrentLayer, refuseMixedSlopes, rowOf, rowOfState } from './copy.ts';
import { type LayerOptions, layerFields, trajectory } from './jacobians.ts';

const fields = {
  /** How many, the largest first. Default: all. */
  count: optional(integer()),
  /** First steps that do not count, until the directions have turned to where they belong. Default: a tenth of the steps. */
  settling: optional(integer()),
};

/** How many exponents are wanted, and when counting begins. */
export interface LyapunovOptions extends LayerOptions, Options<typeof fields> {}

/**
 * The Lyapunov exponents of a recurrent layer along a sequence, the largest first, in nats a step: above 0 gradients grow, below 0 they
 * fade. By QR decomposition of an orthonormal frame that each Jacobian moves on (Engelken, Wolf and Abbott 2020, "Lyapunov spectra of
 * chaotic recurrent neural networks", section II; Benettin et al. 1980).
 *
 * @returns exponents; -Infinity for directions that vanish altogether.
 * @throws BpttError for wrong inputs and options, and for models that read both directions.
 *
 * @example
 * const [largest] = await lyapunovExponents(model, batch, { count: 1 });
 * console.log(largest < 0 ? 'gradients fade' : 'gradients grow');
 */
export async function lyapunovExponents(
  model: Model,
  input: Input,
  options: LyapunovOptions = {},
): Promise<Float64Array> {
  const checked = checkFields('lyapunovExponents', options, { ...layerFields, ...fields });
  const { layer: number, row, state } = checked;
  const layer = recurrentLayer('lyapunovExponents', model, number);
  refuseMixedSlopes('lyapunovExponents', model);
  const given = checkReading('lyapunovExponents', model, input, row, state);
  const sequence = rowOf(given.input, row);
  const { size, at, release } = await trajectory(model, layer, sequence, rowOfState(model.network, given.state, row));
  const count = checkInteger('lyapunovExponents.count', checked.count ?? size, 1, size);
  const T = sequence.steps;
  const settling = checkInteger('lyapunovExponents.settling', checked.settling ?? Math.floor(T / 10), 0, T - 1);

  let frame = LinearMatrix.eye(size, count);
  const sums = new Float64Array(count);
  for (let t = 0; t < T; t++) {
    const { data } = at(t).jacobian;
    const decomposed = new QrDecomposition(LinearMatrix.from1DArray(size, size, data).mmul(frame));
    frame = decomposed.orthogonalMatrix;
    if (t < settling) continue;
    const stretched = decomposed.upperTriangularMatrix;
    for (let i = 0; i < count; i++) sums[i]! += Math.log(Math.abs(stretched.get(i, i)));
  }
  release();
  return sums
    .map((sum) => sum / (T - settling))
    .sort()
    .reverse();
}
