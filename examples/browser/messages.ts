// What the page and its worker say to each other.

/** What to train, and on what. */
export interface Settings {
  readonly text: string;
  /** Hidden units. */
  readonly hidden: number;
  /** Rows that read the text side by side. */
  readonly batch: number;
  readonly k1: number;
  readonly k2: number;
  readonly learningRate: number;
  readonly seed: number;
}

export type ToWorker = { readonly type: 'start'; readonly settings: Settings } | { readonly type: 'stop' };

/** A few times a second. */
export interface Progress {
  readonly type: 'progress';
  /** Updates made. */
  readonly step: number;
  /** Nats per character, the mean over the updates since the last message. */
  readonly loss: number;
  readonly tokensPerSecond: number;
}

export interface Sample {
  readonly type: 'sample';
  /** Updates made before it was written. */
  readonly step: number;
  readonly text: string;
}

/** In this order: started, then progress and samples, then stopped; or failed at any time, and nothing after it. */
export type FromWorker =
  | { readonly type: 'started'; readonly parameters: number }
  | Progress
  | Sample
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly message: string };
