// Everything that changes while a model trains, in one place: what a checkpoint holds.

import { Backpropagation } from '../bptt/backpropagation.ts';
import type { GradientSource } from '../bptt/gradient-source.ts';
import { type Json, StateWriter } from '../formats/record.ts';
import { isLossValue, type LossName, type LossValue } from '../loss/losses.ts';
import type { LossOption } from '../loss/output-losses.ts';
import type { ModelFileContent } from '../model/decode-model-file.ts';
import type { Model } from '../model/model.ts';
import { encodeModelFile } from '../model/model-file.ts';
import type { Network } from '../model/network.ts';
import { Accumulation } from './accumulation.ts';
import { claim } from './claim.ts';
import { BestSoFar } from './early-stopping.ts';
import { type CheckedTraining, validates } from './options.ts';
import type { Checkpoint, Settings } from './resume.ts';
import { GradientStep } from './update.ts';
import type { WeightAverage } from './weight-average.ts';

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

const COUNTERS = ['epoch', 'batch', 'window', 'step', 'tokens', 'validated'] as const;

export class Training {
  readonly network: Network;
  readonly bptt: GradientSource;
  readonly update: GradientStep;
  readonly accumulation: Accumulation;
  readonly best: BestSoFar;
  readonly cursor: Cursor = { epoch: 0, batch: 0, window: 0, step: 0, tokens: 0, validated: 0 };
  readonly #model: Model;
  #average: WeightAverage | undefined;
  readonly #options: CheckedTraining;
  #leave: (() => void) | undefined;
  #released = false;

  constructor(model: Model, options: CheckedTraining) {
    const { network } = model;
    const { accumulate, reduction, earlyStopping, parallel } = options;
    this.#model = model;
    this.#options = options;
    this.network = network;
    this.bptt = parallel?.open(network, options) ?? new Backpropagation(network, options);
    this.update = new GradientStep(network, options);
    this.accumulation = new Accumulation(network, accumulate, reduction);
    this.best = new BestSoFar(network, earlyStopping);
  }

  /** An average of the weights, where there is to be one, once the training has begun. */
  get average(): WeightAverage | undefined {
    return this.#average;
  }

  /**
   * Begins anew, or where a checkpoint ended. From here to `release` the model has no other training, and the parameters of frozen groups
   * have no gradient. What finds groups, averages weights and reads checkpoints is loaded only now: most trainings have none.
   *
   * @param checkpoint In place of `resume`, when it was read before.
   */
  async begin(checkpoint?: ModelFileContent): Promise<void> {
    this.#leave = claim('train', this.network);
    const { groups, optimizer, average, resume } = this.#options;
    if (groups !== undefined) {
      const { divide } = await import('./groups.ts');
      const division = divide(this.network, { groups, optimizer, validates: validates(this.#options) });
      this.network.freeze(division.frozen);
      this.update.divide(division);
    }
    if (average !== undefined) {
      const { WeightAverage } = await import('./weight-average.ts');
      this.#average = new WeightAverage(this.network, average);
    }
    const left = checkpoint ?? resume;
    if (left === undefined) return;
    const { checkpointOf } = await import('./resume.ts');
    this.#load(await checkpointOf(this.#model, settingsOf(this.#options), left));
  }

  /**
   * The bytes of a checkpoint: a model file with all that a training needs to go on as if it had never stopped.
   *
   * @param more Metadata beside that of the options.
   */
  async save(more?: Readonly<Record<string, string>>): Promise<Uint8Array<ArrayBuffer>> {
    const out = new StateWriter();
    for (const name of COUNTERS) out.value(name, this.cursor[name]);
    out.value('settings', settingsOf(this.#options));
    await this.bptt.save(out.part('bptt'));
    this.update.save(out.part('update'));
    this.accumulation.save(out.part('accumulation'));
    this.best.save(out.part('best'));
    this.average?.save(out.part('average'));
    return encodeModelFile(this.#model, { ...this.#options.checkpoint?.metadata, ...more }, out);
  }

  #load({ training: saved, parameters }: Checkpoint): void {
    for (const name of COUNTERS) this.cursor[name] = saved.count(name);
    this.bptt.load(saved.part('bptt'));
    this.update.load(saved.part('update'));
    this.accumulation.load(saved.part('accumulation'));
    this.best.load(saved.part('best'));
    this.average?.load(saved.part('average'));
    // Last, so that the model is as it was when anything fails.
    for (const { name, data } of parameters) this.#model.setParameter(name, data);
  }

  /** Gives the memory back, each block when it is the last one; once, however often it is called. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    if (this.#leave !== undefined) {
      this.network.freeze([]);
      this.#leave();
    }
    this.average?.release();
    this.best.release();
    this.accumulation.release();
    this.update.release();
    this.bptt.release();
  }
}

/** What must be as it was for a training to go on: it is what the rest of the state means. */
function settingsOf(options: CheckedTraining): Settings {
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
