// The names of what a model file holds beside its parameters, for those who write one and those who read it.

/** The metadata entries that are ours; the rest of the names are the user's. */
export const FORMAT = 'bptt.format';
export const MODEL = 'bptt.model';
export const TRAINING = 'bptt.training';
export const STATE = 'bptt.state';
export const CHECKSUM = 'bptt.checksum';
export const VERSION = '1';
/** What the names of tensors begin with that belong to the training and not to the model. */
export const OF_TRAINING = 'training.';
