// What a training tells.

/** After each update. */
export interface StepEvent {
  /** Tells it from the other events. */
  readonly type: 'step';
  /** Updates made, from 1. */
  readonly step: number;
  /** Times that `data` has been gone through before this one. */
  readonly epoch: number;
  /** The reduced loss of the window's new steps, before the update, without penalties; in nats for cross-entropy. With `accumulate`, that of its windows together. */
  readonly loss: number;
  /** Value of the L1 and L2 penalties and of what layers add to the objective (`WindowResult.penalty`). */
  readonly penalty: number;
  /** Euclidean norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** That of this update, as the schedule has it. */
  readonly learningRate: number;
  /** Steps times rows read since the start. */
  readonly tokens: number;
  /** Steps times rows a second, over the last seconds, validation not counted. */
  readonly tokensPerSecond: number;
}

/** After the validation data were gone through, as often as `validateEvery` says and at the end. */
export interface ValidationEvent {
  /** Tells it from the other events. */
  readonly type: 'validation';
  /** Updates made before it. */
  readonly step: number;
  /** The mean loss over the validation data. */
  readonly loss: number;
  /** The metrics over it by their names, where some were asked for. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** Whether it is the lowest so far; with `earlyStopping.monitor`, whether that metric is the best so far. */
  readonly best: boolean;
}

/** The moment to keep what the training needs to go on from here. */
export interface CheckpointEvent {
  /** Tells it from the other events. */
  readonly type: 'checkpoint';
  /** Updates made before it. */
  readonly step: number;
  /** A model file that `train` resumes from, and that `deserialize` reads. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The last event of a training that was not left before: why it ended, and with which weights. */
export interface EndEvent {
  /** Tells it from the other events. */
  readonly type: 'end';
  /** Updates made in all. */
  readonly step: number;
  /** `aborted` also where all updates were made and the signal stopped the last validation. */
  readonly reason: 'steps' | 'epochs' | 'early-stopping' | 'aborted';
  /** That of the weights that the model ends with: the lowest after early stopping, else the last. Undefined where there was none. */
  readonly validationLoss: number | undefined;
  /**
   * The validation with the lowest loss, where that was lower: the model does not end with its weights. `earlyStopping` ends with those of
   * the lowest loss, and a `checkpoint` event of that step keeps them. Undefined where the model has the best that was seen.
   */
  readonly lowest?: { readonly step: number; readonly loss: number } | undefined;
}

/** What `train` yields, told apart by `type`. */
export type TrainEvent = StepEvent | ValidationEvent | CheckpointEvent | EndEvent;
