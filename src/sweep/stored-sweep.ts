// The other side of a queue: runs a trial of which the store knows everything but the data.
import { fail, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  type Checked,
  callable,
  checkFields,
  names,
  type Options,
  optional,
  signal,
  string,
  withDefault,
} from '../base/fields.ts';
import { metrics } from '../loss/metric.ts';
import type { TrainEvent } from '../training/events.ts';
import { type FitOptions, fitData } from '../training/fit.ts';
import { trainInWorker } from '../worker/index.ts';
import { dataDigests, sha256 } from './digest.ts';
import { checkPlan, differenceOf, type TrialPlan } from './plan.ts';
import { type QueuedTrial, queuedTrialFields } from './queue.ts';
import { runTrial, type TrialSetting } from './run-trial.ts';
import { checkParameters, type Parameters, type SearchSpace } from './space.ts';
import { checkedStore, checkpointStore, readJson } from './store.ts';
import { createStudy, type Study, type StudyOptions } from './study.ts';
import { type KeptResult, TrialRecord } from './trial-record.ts';

export const storedSweepFields = {
  /** Where the sweep is kept. */
  store: checkpointStore,
  /** What its trials learn from: the same as `sweep` was given. */
  data: fitData,
  /** What they are measured on: the same as `sweep` was given. */
  validation: fitData,
  /** The checksum that `sweep` was given, if it was. */
  checksum: optional(string),
  /** The metrics that `sweep` was given. */
  metrics,
  /** What trains. Default `trainInWorker`, so that this thread can tell the queue that it lives. */
  trainer: withDefault(
    callable<NonNullable<FitOptions['trainer']>>('a function such as train'),
    () => trainInWorker as NonNullable<FitOptions['trainer']>,
  ),
};

/** A sweep of which one machine runs trials. */
export interface StoredSweepOptions extends Options<typeof storedSweepFields> {}

const controlFields = {
  /** Ends the trial before its next updates: it goes on from its newest checkpoint, wherever it is run again. */
  signal: withDefault(signal, () => new AbortController().signal),
  /** Is told what the training tells. */
  onEvent: optional(callable<(event: TrainEvent) => unknown>()),
};

/** What ends a trial of a queue early, and what is told of it. */
export interface QueuedTrialOptions extends Options<typeof controlFields> {}

/**
 * A sweep in a store, for those who run trials of it that `sweep` sent through a queue.
 *
 * @example
 * const trials = storedSweep({ store: memoryStore(), data, validation });
 * // For whatever brings the jobs that the `queue` of `sweep` was given:
 * const work = (job) => trials.run(job.data, { signal: AbortSignal.timeout(3_600_000) });
 *
 * @throws BpttError for wrong options.
 */
export const storedSweep = (options: StoredSweepOptions): StoredSweep => new StoredSweep('storedSweep', options);

/**
 * A sweep in a store, as those see it who run its trials. What is known of it is read once.
 *
 * @example
 * const trials = storedSweep({ store: memoryStore(), data, validation });
 */
export class StoredSweep {
  /** @internal The bundle renames classes. */
  static readonly name: string = 'StoredSweep';

  readonly #where: string;
  readonly #options: Checked<typeof storedSweepFields>;
  #space: SearchSpace | undefined;
  #study: Study | undefined;
  #sweep: string | undefined;
  #objectives: readonly string[] = [];

  /** @internal */
  constructor(where: string, options: StoredSweepOptions) {
    const checked = checkFields(where, options, storedSweepFields);
    this.#where = where;
    this.#options = { ...checked, store: checkedStore(checked.store) };
  }

  /**
   * Runs a trial, from its newest checkpoint.
   *
   * @returns Its result, which is then in the store; undefined where the signal ended it.
   * @throws BpttError for what is none of the sweep in the store, and data that are not those of the sweep.
   */
  async run(queued: QueuedTrial, options: QueuedTrialOptions = {}): Promise<KeptResult | undefined> {
    const { sweep, number, checkpointEvery } = checkFields('queued trial', queued, queuedTrialFields);
    const control = checkFields('queued trial, options', options, controlFields);
    const study = await this.#open(sweep);
    const { store, data, validation, metrics, trainer } = this.#options;
    const { parameters, plan } = await this.#plan(number);
    for (const earlier of study.missingFor(number)) study.take('sweep, result', await this.#result(earlier, number));
    const setting: TrialSetting = { data, validation, metrics, objectives: this.#objectives, checkpointEvery, trainer };
    return runTrial({ number, parameters }, plan, setting, new TrialRecord(store, number), {
      prunes: (...reports) => study.prunes(...reports),
      signal: control.signal,
      ...(control.onEvent && { onEvent: control.onEvent }),
    });
  }

  /** The study of the sweep that the trial is of, without its results. */
  async #open(sweep: string): Promise<Study> {
    const { store, metrics = [] } = this.#options;
    if (this.#study !== undefined && this.#sweep === sweep) return this.#study;
    const bytes = await store.read('sweep.json');
    const there = bytes === undefined ? 'none' : await sha256(bytes);
    if (there !== sweep) fail('queued trial, sweep', `that of the store, ${there}`, show(sweep));
    const { format: _, objective, data, ...options } = readJson('sweep.json', bytes!);
    this.#objectives = names().check('sweep.json.objective', objective);
    const known = ['loss', ...metrics.map(({ name }) => name)];
    const foreign = this.#objectives.find((name) => !known.includes(name));
    if (foreign !== undefined) fail(`${this.#where}.metrics`, `${foreign}, which the sweep seeks`, show(known));
    const difference = differenceOf(data, await dataDigests(this.#where, this.#options));
    if (difference !== undefined) {
      const { path, was, is } = difference;
      fail(`${this.#where}, ${path}`, `what the sweep has, ${show(was)}`, show(is));
    }
    this.#space = options.space as SearchSpace;
    this.#study = createStudy(options as unknown as StudyOptions);
    this.#sweep = sweep;
    return this.#study;
  }

  async #plan(number: number): Promise<{ readonly parameters: Parameters; readonly plan: TrialPlan }> {
    const key = `trials/${number}/plan.json`;
    const bytes = await this.#options.store.read(key);
    if (bytes === undefined) throw new BpttError('bad-file', `queued trial ${number}: expected ${key}, got none`);
    const { parameters, data: _, ...plan } = readJson(key, bytes);
    return { parameters: checkParameters(`${key}.parameters`, parameters, this.#space!), plan: checkPlan(key, plan) };
  }

  async #result(earlier: number, number: number): Promise<object> {
    const result = await new TrialRecord(this.#options.store, earlier).result();
    if (result !== undefined) return (({ digest: _, worker: __, ...rest }) => rest)(result);
    throw new BpttError(
      'bad-file',
      `queued trial ${number}: expected the results of all generations before it, got none of trial ${earlier}`,
    );
  }
}
