// What trainings on folders and on pairs of texts go on from, and what they write: checkpoints on the way, and the model at the end.
import { type Model, serialize, type TrainEvent, type TrainOptions } from '../../index.ts';
import type { ModelFileContent } from '../../model/decode-model-file.ts';
import { writeFileAtomic } from '../../node/atomic-file.ts';
import type { CheckpointFiles } from '../../node/checkpoint-files.ts';
import type { FileLock } from '../../node/file-lock.ts';
import type { TrainValues } from '../flags/train-flags.ts';
import { writeLearned } from '../io/learned-file.ts';
import type { Output } from '../io/output.ts';
import type { Left } from './resume.ts';
import { checkpointsEvery } from './train.ts';

/** What a training writes beside the model, and goes on from. */
export interface Going {
  readonly lock: FileLock;
  readonly left: Left | undefined;
}

type Metadata = Readonly<Record<string, string>>;
type CheckpointEvent = Extract<TrainEvent, { type: 'checkpoint' }>;

/** The checkpoints of a training. */
export interface Kept {
  /** What each has beside the training. */
  readonly metadata: Metadata;
  /** What the training goes on from. */
  readonly left: ModelFileContent | undefined;
  /** Returns the path. */
  write(event: CheckpointEvent): Promise<string>;
}

export function keptIn(checkpoints: CheckpointFiles, { lock, left }: Going, metadata: Metadata): Kept {
  return {
    metadata,
    left: left?.checkpoint.content,
    async write(event) {
      await lock.check();
      return checkpoints.write(event);
    },
  };
}

/** What `train` is told of checkpoints; nothing where there are to be none. */
export function checkpointOption(
  { checkpointEvery: every }: Pick<TrainValues, 'checkpointEvery'>,
  steps: number,
  { metadata }: Kept,
): Pick<TrainOptions, 'checkpoint'> {
  const updates = every ?? checkpointsEvery(steps);
  return updates > 0 ? { checkpoint: { every: updates, metadata } } : {};
}

/** Says which newer checkpoints were damaged. */
export function tellDamaged(left: Left | undefined, json: boolean, output: Output): void {
  for (const { reason } of left?.checkpoint.damaged ?? []) {
    if (json) output.json({ type: 'warning', message: reason });
    else output.note(reason);
  }
}

/** A training that has ended. */
interface Ended {
  readonly model: Model;
  /** Of the model's file. */
  readonly metadata: Metadata;
  readonly step: number;
  readonly reason: string;
  /** What `performance.now()` gave when it began. */
  readonly begin: number;
  report(): string | Promise<string>;
}

type Written = Pick<TrainValues, 'out' | 'overwrite' | 'resume' | 'restart' | 'report' | 'json'>;

/** Writes the model and the report, says where, and removes the checkpoints of what is done. */
export async function finish(
  { model, metadata, step, reason, begin, report }: Ended,
  values: Written,
  lock: FileLock,
  checkpoints: CheckpointFiles,
  output: Output,
): Promise<void> {
  const { out, overwrite, resume, restart } = values;
  await lock.check();
  const bytes = serialize(model, { metadata });
  const path = await writeLearned(out, bytes, overwrite || resume || restart);
  if (reason !== 'aborted') await checkpoints.clear();
  if (values.report !== undefined) {
    await writeFileAtomic(values.report, new TextEncoder().encode(await report()), { replace: overwrite });
  }
  const seconds = (performance.now() - begin) / 1000;
  if (values.json) {
    output.json({ type: 'saved', path, bytes: bytes.length });
    output.json({ type: 'end', step, reason, seconds });
  } else output.line(`${reason} after ${step} updates, ${seconds.toFixed(1)} s; model in ${path}`);
}
