// Everything that changes while a model trains, in one place: what a checkpoint holds.

import { BpttError } from '../base/errors.ts';
import { Backpropagation } from '../bptt/backpropagation.ts';
import type { GradientSource } from '../bptt/gradient-source.ts';
import { type Json, StateWriter } from '../formats/record.ts';
import { kindsIn } from '../layers/describe.ts';
import { isLossValue, type LossName, type LossValue } from '../loss/losses.ts';
import type { LossOption } from '../loss/output-losses.ts';
import type { ModelFileContent } from '../model/decode-model-file.ts';
import type { Model } from '../model/model.ts';
import { encodeModelFile } from '../model/model-file.ts';
import type { Network } from '../model/network.ts';
import { Accumulation } from './accumulation.ts';
import { BestSoFar } from './early-stopping.ts';
import { type Groups, groupsIn } from './groups.ts';
import type { CheckedTraining } from './options.ts';
import { GradientStep } from './update.ts';
import { WeightAverage } from './weight-average.ts';

/** Where the training is in its data, and what it counts. */
export interface Cursor {
  epoch: number;
  /** Batches of the epoch that are done. */
  batch: number;
  /** Windows of the next batch that are done. */
  window: number;
  /** Updates made. */
  step: number;
  /** Steps times rows read. */
  tokens: number;
  /** The update that was last validated. */
  validated: number;
}

/** What errors call the checkpoint. */
const RESUME = 'train.resume';

const COUNTERS = ['epoch', 'batch', 'window', 'step', 'tokens', 'validated'] as const;

export class Training {
  readonly network: Network;
  readonly bptt: GradientSource;
  readonly update: GradientStep;
  readonly accumulation: Accumulation;
  readonly average: WeightAverage | undefined;
  readonly best: BestSoFar;
  readonly cursor: Cursor = { epoch: 0, batch: 0, window: 0, step: 0, tokens: 0, validated: 0 };
  readonly #groups: Groups;
  readonly #model: Model;
  readonly #options: CheckedTraining;

  /** Begins anew, or where a checkpoint ended that was read before. */
  constructor(model: Model, options: CheckedTraining, checkpoint?: ModelFileContent) {
    const { network } = model;
    const { accumulate, reduction, average, earlyStopping, parallel, groups = [] } = options;
    this.#groups = groupsIn(network, groups, 'train');
    this.#model = model;
    this.#options = options;
    this.network = network;
    this.bptt = parallel?.open(network, options) ?? new Backpropagation(network, options);
    this.update = new GradientStep(network, options, this.#groups);
    this.accumulation = new Accumulation(network, accumulate, reduction);
    this.best = new BestSoFar(network, earlyStopping);
    this.average = average && new WeightAverage(network, average);
    try {
      if (checkpoint !== undefined) this.#load(checkpoint);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** Goes on where the checkpoint `resume` ended. What reads it is loaded only now: most trainings have none. */
  async resume(): Promise<void> {
    const { resume } = this.#options;
    if (resume === undefined) return;
    const { decodeModelFile } = await import('../model/decode-model-file.ts');
    this.#load(await decodeModelFile(resume, RESUME, kindsIn(this.#model.description)));
  }

  /** The bytes of a checkpoint: a model file with all that a training needs to go on as if it had never stopped. */
  async save(): Promise<Uint8Array<ArrayBuffer>> {
    const out = new StateWriter();
    for (const name of COUNTERS) out.value(name, this.cursor[name]);
    out.value('settings', settingsOf(this.#options));
    await this.bptt.save(out.part('bptt'));
    this.update.save(out.part('update'));
    this.accumulation.save(out.part('accumulation'));
    this.best.save(out.part('best'));
    this.average?.save(out.part('average'));
    return encodeModelFile(this.#model, this.#options.checkpoint?.metadata ?? {}, out);
  }

  #load({ description, parameters, training: saved }: ModelFileContent): void {
    if (saved === undefined) {
      throw new BpttError('bad-file', `${RESUME}: expected a checkpoint, got a model file without a training`);
    }
    if (JSON.stringify(description) !== JSON.stringify(this.#model.description)) {
      throw new BpttError('bad-file', `${RESUME}: expected a checkpoint of this model, got one of another description`);
    }
    const Real = this.network.dtype === 'f32' ? Float32Array : Float64Array;
    if (parameters.some(({ data }) => !(data instanceof Real))) {
      throw new BpttError(
        'bad-file',
        `${RESUME}: expected a checkpoint in ${this.network.dtype}, got another precision`,
      );
    }
    const settings = settingsOf(this.#options);
    const before = saved.value('settings');
    for (const [name, value] of Object.entries(settings)) {
      const was = (before as typeof settings)[name] ?? null;
      if (JSON.stringify(was) === JSON.stringify(value)) continue;
      throw new BpttError(
        'invalid-argument',
        `train.${name}: expected ${JSON.stringify(was)}, as in the training that is resumed, got ${JSON.stringify(value)}`,
      );
    }
    for (const name of COUNTERS) this.cursor[name] = saved.count(name);
    this.bptt.load(saved.part('bptt'));
    this.update.load(saved.part('update'));
    this.accumulation.load(saved.part('accumulation'));
    this.best.load(saved.part('best'));
    this.average?.load(saved.part('average'));
    // Last, so that the model is as it was when anything fails.
    for (const { name, data } of parameters) this.#model.setParameter(name, data);
  }

  /** From here to `release` the parameters of frozen groups have no gradient. */
  begin(): void {
    this.network.freeze(this.#groups.frozen);
  }

  /** Gives the memory back, each block when it is the last one. */
  release(): void {
    this.network.freeze([]);
    this.average?.release();
    this.best.release();
    this.accumulation.release();
    this.update.release();
    this.bptt.release();
  }
}

/** What must be as it was for a training to go on: it is what the rest of the state means. */
function settingsOf(options: CheckedTraining): Readonly<Record<string, Json>> {
  const { loss, reduction, truncation, seed, accumulate, average, earlyStopping, parallel, groups } = options;
  return {
    loss: settingOf(loss),
    reduction,
    truncation: truncation === undefined ? null : { ...truncation },
    seed,
    accumulate,
    average: average === undefined ? null : 'on',
    earlyStopping: earlyStopping === undefined ? null : (earlyStopping.monitor ?? 'on'),
    // Their learning rates and weight decays may be others.
    groups: groups?.map(({ match, frozen = false }) => ({ match, frozen })) ?? null,
    // How many threads there are makes no difference.
    'parallel.blocks': parallel?.blocks ?? null,
  };
}

/** A loss as it stands in checkpoints. */
function settingOf(option: LossOption): Json {
  if (typeof option === 'string' || isLossValue(option)) return nameOf(option);
  return Object.fromEntries(
    Object.entries(option).map(([name, given]) => {
      const { loss, weight = 1 } = typeof given === 'string' || isLossValue(given) ? { loss: given } : given;
      return [name, { loss: nameOf(loss), weight }];
    }),
  );
}

function nameOf(loss: LossName | LossValue): Json {
  if (typeof loss === 'string') return loss;
  return 'kind' in loss ? { ...loss } : loss.name;
}
