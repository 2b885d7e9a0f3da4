// What a training tells.

/** After each update. */
export interface StepEvent {
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
  readonly learningRate: number;
  /** Steps times rows read since the start. */
  readonly tokens: number;
  /** Steps times rows a second, over the last seconds, validation not counted. */
  readonly tokensPerSecond: number;
}

export interface ValidationEvent {
  readonly type: 'validation';
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
  readonly type: 'checkpoint';
  readonly step: number;
  /** A model file that `train` resumes from, and that `deserialize` reads. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface EndEvent {
  readonly type: 'end';
  readonly step: number;
  /** `aborted` also where all updates were made and the signal stopped the last validation. */
  readonly reason: 'steps' | 'epochs' | 'early-stopping' | 'aborted';
  /** That of the weights that the model ends with: the lowest after early stopping, else the last. Undefined where there was none. */
  readonly validationLoss: number | undefined;
}

export type TrainEvent = StepEvent | ValidationEvent | CheckpointEvent | EndEvent;
