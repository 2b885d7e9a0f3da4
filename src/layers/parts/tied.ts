// A weight that is another entry's parameter: which may be, and how it lies.
import { BpttError } from '../../base/errors.ts';
import type { Place, TiedParameter } from '../contract.ts';

/** What a layer wants of a matrix that it does not own. */
export interface Wanted {
  /** What it would be called if it were the layer's own. */
  readonly name: string;
  /** Its shape outside. */
  readonly shape: readonly [number, number];
  readonly use: 'product' | 'look-up';
  /** Whether the layer's own would be transposed on its way out. */
  readonly transposed: boolean;
}

/**
 * The parameter of an entry before this one as a matrix of this layer: of the shape of its own, whichever way it lies. Rows are looked
 * up only where it lies as the layer's own would.
 *
 * @throws BpttError for a parameter that is not there, of another shape, or of several gates.
 */
export function tiedWeight(place: Place, tied: string, { name, shape, use, transposed }: Wanted): TiedParameter {
  const spec = place.parameter(tied);
  const refuse = (expected: string, got: string) =>
    new BpttError('invalid-shape', `${place.where}.tied: expected ${expected}, got ${tied} ${got}`);
  const size = `[${spec.shape.join(', ')}]`;
  if (spec.kind !== 'weight' || spec.shape.join() !== shape.join()) {
    throw refuse(`a weight of shape [${shape.join(', ')}]`, `of shape ${size}`);
  }
  if ((spec.gates?.length ?? 1) > 1) {
    throw refuse('the weight of an embedding or dense layer, which is one matrix', `of ${spec.gates!.length} gates`);
  }
  const turned = spec.transposed !== transposed;
  if (turned && use === 'look-up') {
    throw refuse(
      `a weight whose rows are looked up by token too, as an ${transposed ? 'dense layer on tokens' : 'embedding'} has`,
      `of shape ${size}, whose columns they are`,
    );
  }
  return { name, spec, use, turned };
}
