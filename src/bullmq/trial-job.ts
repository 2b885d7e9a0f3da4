// A trial as a job: plain data that anybody who can write to the server could have put there, so it is checked like a file.
import { fail, show } from '../base/check.ts';
import { type Checked, checkFields, type Field, oneOf, withDefault } from '../base/fields.ts';
import type { QueuedTrial } from '../sweep/index.ts';
import { queuedTrialFields } from '../sweep/queue.ts';

/** Of a sweep and of a queue: what every server and dashboard takes. */
export const sweepName: Field<string> = {
  check: (where, value) =>
    typeof value === 'string' && /^[\w-][\w.-]{0,99}$/.test(value)
      ? value
      : fail(where, 'at most 100 letters, digits and _ . -', show(value)),
};

/** The name of the queue on the server. */
export const queueName = withDefault(sweepName, 'bptt-sweeps');

const jobFields = {
  format: oneOf(1),
  /** The name of the sweep. */
  name: sweepName,
  ...queuedTrialFields,
};

export type TrialJob = Checked<typeof jobFields>;

export const jobOf = (name: string, trial: QueuedTrial): TrialJob => ({ format: 1, name, ...trial });

/** @throws BpttError for what is no trial. */
export const checkJob = (data: unknown): TrialJob => checkFields('job', data, jobFields);

/** What a trial is called on the server: the same however often it is put there. */
export const jobName = ({ name, sweep, number }: TrialJob): string => `${name}-${sweep.slice(0, 12)}-${number}`;
