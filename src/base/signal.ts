// What flows between layers.

/** What flows between layers: token ids of a vocabulary, or rows of `size` real features. */
export interface Signal {
  readonly kind: 'tokens' | 'features';
  readonly size: number;
}
