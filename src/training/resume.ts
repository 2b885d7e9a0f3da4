// Whether a checkpoint is one of a training. Loaded, with what decodes it, for trainings that go on from one.
import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import type { Json } from '../formats/record.ts';
import type { StateReader } from '../formats/state-reader.ts';
import { kindsIn } from '../layers/describe.ts';
import { decodeModelFile, type ModelFileContent } from '../model/decode-model-file.ts';
import type { Model } from '../model/model.ts';
import type { Parameter } from '../model/parameters.ts';

/** What must be as it was for a training to go on, by the names of the options. */
export type Settings = Readonly<Record<string, Json>>;

/** What a training goes on from. */
export interface Checkpoint {
  readonly training: StateReader;
  readonly parameters: readonly Parameter[];
}

/** What errors call the checkpoint. */
const WHERE = 'train.resume';

/**
 * A checkpoint of the training of a model with these settings.
 *
 * @param given Its bytes, or what was read of them before.
 * @throws BpttError for bytes that are no checkpoint, and one of another model, precision or training.
 */
export async function checkpointOf(
  model: Model,
  settings: Settings,
  given: Uint8Array | ModelFileContent,
): Promise<Checkpoint> {
  const bad = (expected: string, got: string) =>
    new BpttError('bad-file', `${WHERE}: expected a checkpoint${expected}, got ${got}`);
  const content = given instanceof Uint8Array ? await decodeModelFile(given, WHERE, kindsIn(model.description)) : given;
  const { description, parameters, training } = content;
  if (training === undefined) throw bad('', 'a model file without a training');
  if (JSON.stringify(description) !== JSON.stringify(model.description)) {
    throw bad(' of this model', 'one of another description');
  }
  const Real = model.dtype === 'f32' ? Float32Array : Float64Array;
  if (parameters.some(({ data }) => !(data instanceof Real))) throw bad(` in ${model.dtype}`, 'another precision');
  const before = Object(training.value('settings')) as Settings;
  for (const [name, value] of Object.entries(settings)) {
    const was = before[name] ?? null;
    if (JSON.stringify(was) === JSON.stringify(value)) continue;
    throw new BpttError(
      'invalid-argument',
      `train.${name}: expected ${JSON.stringify(was)}, as in the training that is resumed, got ${JSON.stringify(value)}`,
    );
  }
  checkCounters(training);
  return { training, parameters };
}

/** Updates are counted in three places, which go together. */
function checkCounters(training: StateReader): void {
  const step = training.count('step');
  training.count('validated', step);
  for (const name of ['update.step', 'update.optimizer.step']) {
    if (training.count(name) === step) continue;
    throw training.error(name, `${step}, as there are updates`, show(training.value(name)));
  }
}
