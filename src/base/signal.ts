// What flows between layers, and on which time axis.

/** What flows between layers: token ids of a vocabulary, or rows of `size` real features. */
export interface Signal {
  readonly kind: 'tokens' | 'features';
  readonly size: number;
  /** The least and the greatest of its numbers. Default: any. */
  readonly range?: readonly [least: number, most: number];
}

/** A time axis: `steps` has T steps of B rows, `row` one step a row. */
export interface Clock {
  readonly kind: 'steps' | 'row';
  /** Of the input that the steps are of, as errors say it. */
  readonly name: string;
}

/** The only clock without steps. */
export const ROW: Clock = { kind: 'row', name: 'row' };
