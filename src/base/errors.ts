// The package's errors: one class that a program can catch, with a code that it can switch on.

/** What went wrong, for programs. The message is for people. */
export type BpttErrorCode =
  /** A value has the wrong type or is out of its range. The message names the option or argument and what it may be: give that. */
  | 'invalid-argument'
  /** An array has the wrong length, or layers or tensors do not fit together. Compare with `model.summary()`, which has the shape of each layer. */
  | 'invalid-shape'
  /**
   * A token is not one of the vocabulary, or a character is not in it. Make the vocabulary of all the text, with `unknown`, or of `bytes`, which
   * have every text; `extendVocabulary` adds to that of a trained model.
   */
  | 'token-out-of-range'
  /**
   * NaN or an infinity where a finite number is needed; from training it is a `NonFiniteError`. Look for such numbers in the data; in training
   * clip the gradient (`clip: { norm: 1 }`) or take a lower learning rate: the parameters are as before the update.
   */
  | 'non-finite'
  /** An option or a flag that does not exist. The message lists those that do: correct the spelling, or leave it out. */
  | 'unknown-option'
  /**
   * A file or its content cannot be read or written: missing, cut off, damaged, of another kind. The message says where in the file; of checkpoints
   * `CheckpointFiles` finds the newest one that is whole.
   */
  | 'bad-file'
  /** A state that another model made. Start from `model.zeroState(rows)`, or hand on what this model's `forward` gave. */
  | 'foreign-state'
  /** The model is being trained, and what was asked for would get in between. Wait for the training to end, or work on `model.clone()`. */
  | 'being-trained'
  /** The engine lacks what was asked for, such as WebAssembly SIMD or audio worklets. The message says what: take a newer engine, or do without. */
  | 'unsupported-engine'
  /** The engine refused more memory. Give `memoryBudget` for long sequences, a smaller batch or shorter windows. */
  | 'out-of-memory'
  /** A worker could not be started, or ended. On pages with a Content-Security-Policy pass a `worker` of your own, whose file calls `serve`. */
  | 'worker-failed'
  /** A server could not be reached, or did not let anybody in. The message has its reason: look whether it runs, at the address and the password. */
  | 'unreachable';

/**
 * Every error that this package throws on purpose. Messages read: where, what was expected, what came.
 *
 * @example
 * try {
 *   await createModel([tokens(65), elman({ units: 0 })]);
 * } catch (error) {
 *   if (!(error instanceof BpttError)) throw error;
 *   console.log(error.code, error.message); // invalid-argument, and what is wrong with units
 * }
 */
export class BpttError extends Error {
  /** @internal The bundle renames classes; what prints an uncaught error asks for this. */
  static override readonly name: string = 'BpttError';

  /** What went wrong, for programs. */
  readonly code: BpttErrorCode;

  constructor(code: BpttErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

export interface NonFiniteDetails {
  /** What was not finite. */
  readonly quantity: 'loss' | 'gradient' | 'update';
  /** The layer or parameter where it was seen first, such as `rnn.weight_hh_l0`. */
  readonly where: string;
  /** The training step, from 1, whose update was not made. */
  readonly step: number;
  /** The loss, or the norm of the gradient: NaN or an infinity. Of an update the norm of its gradient. */
  readonly norm: number;
}

/**
 * Training met a loss or gradient that is not finite, or an update whose result is not, and stopped: the parameters are as before the
 * update.
 *
 * @example
 * try {
 *   await fit(model, { data, loss: 'cross-entropy', optimizer: sgd({ learningRate: 1e38 }), steps: 100 });
 * } catch (error) {
 *   if (!(error instanceof NonFiniteError)) throw error;
 *   console.log(`${error.quantity} of ${error.where} at update ${error.step}: ${error.norm}`);
 * }
 */
export class NonFiniteError extends BpttError implements NonFiniteDetails {
  /** @internal */
  static override readonly name = 'NonFiniteError';

  /** What was not finite. */
  readonly quantity: NonFiniteDetails['quantity'];
  /** The layer or parameter where it was seen first, such as `rnn.weight_hh_l0`. */
  readonly where: string;
  /** The training step, from 1, whose update was not made. */
  readonly step: number;
  /** The loss, or the norm of the gradient: NaN or an infinity. */
  readonly norm: number;

  constructor({ quantity, where, step, norm }: NonFiniteDetails) {
    const expected =
      quantity === 'update'
        ? `an update to finite numbers, got one beyond them by a gradient of norm ${norm}`
        : `a finite ${quantity === 'loss' ? 'loss' : 'gradient norm'}, got ${norm}`;
    super(
      'non-finite',
      `training step ${step}, ${where}: expected ${expected}; the parameters are as before this step`,
    );
    this.quantity = quantity;
    this.where = where;
    this.step = step;
    this.norm = norm;
  }
}
