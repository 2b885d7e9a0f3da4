// What flows between layers, and on which time axis.

/** What flows between layers: token ids of a vocabulary, or rows of `size` real features. */
export interface Signal {
  readonly kind: 'tokens' | 'features';
  readonly size: number;
  /** Of an image, whose columns are steps: the pixels of a column. Its features are these from the top down, the channels of each side by side. */
  readonly height?: number;
  /** The least and the greatest of its numbers. Default: any. */
  readonly range?: readonly [least: number, most: number];
  /** A class that does not count, of targets. */
  readonly ignore?: number;
}

/** A time axis: `steps` has T steps of B rows, `row` one step a row. */
export interface Clock {
  readonly kind: 'steps' | 'row';
  /** Of the input that the steps are of, as errors say it; of a slower one the entry that makes it. */
  readonly name: string;
  /** Where it follows another: how many steps it has of so many of that one. */
  readonly follows?: {
    readonly clock: Clock;
    /** @throws BpttError that names the row, where one is meant, for steps that leave none. */
    steps(of: number, row?: number): number;
  };
}

/** The only clock without steps. */
export const ROW: Clock = { kind: 'row', name: 'row' };
