// A whole sweep in one call: trials that are asked for, run and kept, until there are no more.
import { checkOneOf, fail, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  type Checked,
  callable,
  checkFields,
  type Field,
  integer,
  names,
  type Options,
  omit,
  optional,
  signal,
  string,
  withDefault,
} from '../base/fields.ts';
import { parseJson } from '../base/parse-json.ts';
import { metrics } from '../loss/metric.ts';
import type { TrainEvent } from '../training/events.ts';
import { type FitOptions, fitData } from '../training/fit.ts';
import { dataDigests, sha256 } from './digest.ts';
import { checkPlan, differenceOf, planText, type TrialOptions, type TrialPlan } from './plan.ts';
import { type TrialQueue, trialQueue } from './queue.ts';
import type { TrialResult } from './result.ts';
import { runTrial, type TrialSetting } from './run-trial.ts';
import type { Parameters } from './space.ts';
import { checkedStore, checkpointStore, memoryStore } from './store.ts';
import { type AskedTrial, createStudy, type Study, type StudyOptions, studyFields } from './study.ts';
import { type KeptResult, removeCheckpoints, TrialRecord } from './trial-record.ts';

/** What a sweep tells. */
export type SweepEvent =
  /** A trial begins, or goes on from a checkpoint of that step. */
  | {
      /** Tells it from the other events. */
      readonly type: 'begin';
      /** Which trial, from 0. */
      readonly number: number;
      /** The values that it tries, by name. */
      readonly parameters: Parameters;
      /** Updates that were made before this call; undefined where it begins anew. */
      readonly resumedFrom: number | undefined;
    }
  /** A trial that another runs has made so many updates. */
  | {
      /** Tells it from the other events. */
      readonly type: 'progress';
      /** Which trial, from 0. */
      readonly number: number;
      /** Updates so far. */
      readonly step: number;
    }
  /** What the training of a trial tells. */
  | {
      /** Tells it from the other events. */
      readonly type: 'training';
      /** Which trial, from 0. */
      readonly number: number;
      /** The event of its training. */
      readonly event: TrainEvent;
    }
  /** A trial has ended, now or before this call. */
  | {
      /** Tells it from the other events. */
      readonly type: 'end';
      /** What came of it. */
      readonly result: KeptResult;
    };

const objective: Field<readonly string[]> = {
  check: (where, value) => (typeof value === 'string' ? [value] : names('names of metrics').check(where, value)),
};

export const sweepFields = {
  ...omit(studyFields, 'objectives'),
  /** What a trial is, by its parameters: layers, and options of `fit`. Plain data. */
  trial: callable<(parameters: Parameters) => TrialOptions>('a function that gives { layers, fit } for parameters'),
  /** What all trials learn from: as `fit` takes it. */
  data: fitData,
  /** What all trials are measured on: as `fit` takes it. */
  validation: fitData,
  /** What tells these data from others, for data that are made on the way. Default: the digest of data in memory. */
  checksum: optional(string),
  /** Numbers to take in validations beside the loss. Default: none. */
  metrics,
  /** What is sought: `loss`, which is to become less, or the name of a metric, or several of these. Default `loss`. */
  objective: withDefault(objective, ['loss']),
  /** Where trials are kept: `folderStore(path)` of `bptt/node`. Default: in memory, as long as the program runs. */
  store: withDefault(checkpointStore, () => memoryStore()),
  /** Trials that run at a time, with several each in a thread of its own. Default 1, in this thread. */
  workers: withDefault(integer({ min: 1 }), 1),
  /** Who runs the trials, where that is not this program: `await sweepQueue(...)` of `bptt/bullmq`. Default: this program does. */
  queue: optional(trialQueue),
  /** What trains, as in `fit`. Default: `train`, with several workers `trainInWorker`. */
  trainer: optional(callable<NonNullable<FitOptions['trainer']>>('a function such as train')),
  /** Updates between two checkpoints of a trial, ≥ 1. Default 100. */
  checkpointEvery: withDefault(integer({ min: 1 }), 100),
  /** Ends the sweep before the next updates: the same call goes on from there. */
  signal: optional(signal),
  /** Is told what happens. Where it is asynchronous, the trial waits for it. */
  onEvent: optional(callable<(event: SweepEvent) => unknown>()),
};

/** What is searched, what a trial is and learns from, how many run at a time, and where they are kept. */
export interface SweepOptions
  extends Omit<StudyOptions, 'objectives'>,
    Omit<Options<typeof sweepFields>, 'space' | 'objective'> {
  /** What is sought: `loss`, which is to become less, or the name of a metric, or several of these. Default `loss`. */
  readonly objective?: string | readonly string[];
}

/** What `sweep` resolves to: why it ended, all trials, and the best with its model. */
export interface SweepResult {
  /** Whether there are no more trials, or the signal ended the sweep. */
  readonly reason: 'done' | 'aborted';
  /** All trials that have ended, and what is asked next. */
  readonly study: Study;
  /** The best trial, with its model file; undefined where none was complete. With several objectives the best in the first. */
  readonly best: (KeptResult & { readonly model: Uint8Array }) | undefined;
}

/**
 * Trains many models and finds the best. Trials are plain data, and run with checkpoints: a sweep that was killed, wherever that was, goes on by the
 * same call with the same store, and ends with the same trials, the same winner and the same bytes of its model, with however many workers.
 *
 * @example
 * const { best } = await sweep({
 *   space: { units: int({ min: 4, max: 16, scale: 'log' }), rate: float({ min: 1e-4, max: 1e-1, scale: 'log' }) },
 *   trial: ({ units, rate }) => ({
 *     layers: [tokens(65), gru({ units }), dense({ units: 65 })],
 *     fit: { loss: 'cross-entropy', truncation: { k1: 20, k2: 20 }, optimizer: adam({ learningRate: rate }), steps: 20, validateEvery: 10 },
 *   }),
 *   data, validation, trials: 4, pruner: median(), workers: 2, store: folderStore('my-sweep'),
 * });
 * await writeFile('best.safetensors', best.model);
 *
 * @throws BpttError for wrong options, a store with another sweep or other data, and a trial that cannot be trained, which is named; one that
 * diverges is `failed` and not tried again. `worker-failed` where the same trial did not come to the same bytes twice.
 */
export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const checked = checkFields('sweep', options, sweepFields);
  for (const name of checked.queue === undefined ? [] : (['workers', 'trainer'] as const)) {
    if (options[name] === undefined) continue;
    fail(`sweep.${name}`, 'none with a queue: who runs the trials says so', show(options[name]));
  }
  const run = new Sweep(checked);
  return run.toTheEnd();
}

class Sweep {
  readonly #options: Checked<typeof sweepFields>;
  readonly #study: Study;
  readonly #studyOptions: StudyOptions;
  /** Ends all trials: the signal aborts, or one of them failed. */
  readonly #end = new AbortController();
  #setting!: TrialSetting;
  /** The digest of `sweep.json` in the store. */
  #id!: string;
  #data!: Readonly<Record<string, string>>;

  constructor(options: Checked<typeof sweepFields>) {
    const { space, seed, trials, sampler, pruner, generation, patience, objective, metrics } = options;
    const known = ['loss', ...(metrics ?? []).map(({ name }) => name)];
    const objectives = objective.map((name) => {
      checkOneOf('sweep.objective', name, known);
      const higher = metrics?.find((metric) => metric.name === name)?.higher === true;
      return { direction: higher ? ('maximize' as const) : ('minimize' as const) };
    });
    if (objectives.length === 0) fail('sweep.objective', 'at least one name', 'none');
    this.#options = { ...options, store: checkedStore(options.store) };
    const all = { space, seed, sampler, pruner, generation, objectives };
    this.#studyOptions = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as never;
    this.#study = createStudy({ ...this.#studyOptions, ...(trials && { trials }), ...(patience && { patience }) });
  }

  async toTheEnd(): Promise<SweepResult> {
    const { signal, workers, store, queue } = this.#options;
    await this.#prepare();
    const abort = () => this.#end.abort();
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    try {
      await this.#readResults();
      await this.#runAll(queue?.trials ?? workers);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    // What those left that were killed beside trials that had ended elsewhere.
    if (this.#study.done) await removeCheckpoints(store, 'trials/');
    const best = this.#study.best;
    const kept = best && ((await new TrialRecord(store, best.number).result()) as KeptResult);
    return {
      reason: this.#study.done ? 'done' : 'aborted',
      study: this.#study,
      best: kept && { ...kept, model: await new TrialRecord(store, kept.number).model(kept) },
    };
  }

  async #prepare(): Promise<void> {
    const { data, validation, metrics, objective, checkpointEvery, workers, store } = this.#options;
    let { trainer } = this.#options;
    if (workers > 1) trainer ??= (await import('../worker/index.ts')).trainInWorker as TrialSetting['trainer'];
    this.#setting = { data, validation, metrics, objectives: objective, checkpointEvery, trainer };
    this.#data = await dataDigests('sweep', this.#options);
    const manifest = { format: 1, ...this.#studyOptions, objective, data: this.#data };
    const bytes = new TextEncoder().encode(planText(manifest));
    this.#id = await sha256(bytes);
    if (await store.add('sweep.json', bytes)) return;
    const there = (await store.read('sweep.json')) ?? new Uint8Array();
    refuseOther(there, bytes);
  }

  /** What is known from before: of another call, or another machine. */
  async #readResults(): Promise<void> {
    const { store, onEvent } = this.#options;
    for (const key of await store.keys('trials/')) {
      const number = /^trials\/(\d+)\/result\.json$/.exec(key)?.[1];
      const result = number && (await new TrialRecord(store, Number(number)).result());
      if (result) this.#take(result);
      if (result) await onEvent?.({ type: 'end', result });
    }
  }

  #take({ digest: _, worker: __, ...result }: KeptResult): void {
    this.#study.take('sweep, result', result satisfies TrialResult);
  }

  /** As many at a time as there are workers; who finds none to begin waits for one to end. */
  async #runAll(workers: number): Promise<void> {
    const running = new Set<Promise<void>>();
    let failure: { readonly error: unknown } | undefined;
    for (;;) {
      const trial = this.#end.signal.aborted || running.size >= workers ? undefined : this.#study.ask();
      if (trial !== undefined) {
        const run: Promise<void> = this.#runOne(trial)
          .catch((error) => {
            failure ??= { error: named(trial, error) };
            this.#end.abort();
          })
          .finally(() => running.delete(run));
        running.add(run);
      } else if (running.size > 0) await Promise.race(running);
      else break;
    }
    if (failure !== undefined) throw failure.error;
  }

  async #runOne(trial: AskedTrial): Promise<void> {
    const { store, trial: describe, queue, onEvent } = this.#options;
    const { number, parameters } = trial;
    const record = new TrialRecord(store, number);
    const plan = checkPlan('sweep.trial(...)', describe(parameters));
    await record.describe(plan, { parameters, data: this.#data });
    const result = queue ? await this.#runElsewhere(queue, trial, record) : await this.#runHere(trial, plan, record);
    if (result === undefined) return;
    this.#take(result);
    await onEvent?.({ type: 'end', result });
  }

  async #runElsewhere(queue: TrialQueue, { number, parameters }: AskedTrial, record: TrialRecord) {
    const { checkpointEvery, onEvent } = this.#options;
    const { signal } = this.#end;
    await onEvent?.({ type: 'begin', number, parameters, resumedFrom: undefined });
    await queue.run(
      { sweep: this.#id, number, checkpointEvery },
      {
        signal,
        onProgress: (step) => onEvent?.({ type: 'progress', number, step }),
      },
    );
    const result = await record.result();
    if (result !== undefined || signal.aborted) return result;
    throw new BpttError('worker-failed', `sweep, trial ${number}: expected its result in the store, got none`);
  }

  #runHere(trial: AskedTrial, plan: TrialPlan, record: TrialRecord): Promise<KeptResult | undefined> {
    const { onEvent } = this.#options;
    const { number, parameters } = trial;
    return runTrial(trial, plan, this.#setting, record, {
      prunes: (...reports) => this.#study.prunes(...reports),
      signal: this.#end.signal,
      onBegin: (resumedFrom) => onEvent?.({ type: 'begin', number, parameters, resumedFrom }),
      onEvent: (event) => onEvent?.({ type: 'training', number, event }),
    });
  }
}

/** An error of a trial, with which one it was. */
function named({ number, parameters }: AskedTrial, error: unknown): unknown {
  if (!(error instanceof BpttError) || error.message.startsWith('sweep, trial')) return error;
  const message = `sweep, trial ${number} ${JSON.stringify(parameters)}: ${error.message}`;
  return new BpttError(error.code, message, { cause: error });
}

/** @throws BpttError where a store has another sweep. */
function refuseOther(there: Uint8Array, own: Uint8Array): void {
  let was: unknown;
  try {
    was = parseJson(new TextDecoder().decode(there));
  } catch (cause) {
    throw new BpttError('bad-file', `sweep.store: expected a sweep, got sweep.json that is damaged`, { cause });
  }
  const difference = differenceOf(was, JSON.parse(new TextDecoder().decode(own)));
  if (difference === undefined) return;
  const { path, was: before, is } = difference;
  throw new BpttError(
    'invalid-argument',
    `sweep.${path}: expected ${show(before)}, as in the sweep that is in the store, got ${show(is)}; another sweep needs another store`,
  );
}
