// One trial from where it is to its end: through `fit`, with checkpoints, until it is complete, pruned, or has diverged.
import { BpttError, NonFiniteError } from '../base/errors.ts';
import type { ModelDescription } from '../layers/registry.ts';
import type { Metric } from '../loss/metric.ts';
import { createModel, type Model } from '../model/model.ts';
import { serialize } from '../model/model-file.ts';
import type { TrainEvent, ValidationEvent } from '../training/events.ts';
import { type FitData, type FitOptions, fit } from '../training/fit.ts';
import { fitOptionsOf, type TrialPlan } from './plan.ts';
import type { Report, TrialResult } from './result.ts';
import type { AskedTrial } from './study.ts';
import type { KeptResult, Mark, TrialRecord } from './trial-record.ts';

/** What all trials of a sweep have in common. */
export interface TrialSetting {
  readonly data: FitData;
  readonly validation: FitData;
  readonly metrics: readonly Metric[] | undefined;
  /** The names of what is sought: `loss`, and of metrics. */
  readonly objectives: readonly string[];
  readonly checkpointEvery: number;
  readonly trainer: FitOptions['trainer'] | undefined;
}

/** How a trial is watched and ended. */
export interface TrialControl {
  readonly prunes: (number: number, reports: readonly Report[]) => boolean;
  readonly signal: AbortSignal;
  /** Is told where it begins: at a checkpoint, or anew. */
  readonly onBegin?: (resumedFrom: number | undefined) => unknown;
  readonly onEvent?: (event: TrainEvent) => unknown;
}

const reportsOf = (marks: readonly Mark[]): readonly Report[] => marks.map(({ step, values }) => [step, values[0]!]);

/** @returns The result as it is kept; undefined where the signal ended it before it had one. */
export async function runTrial(
  trial: AskedTrial,
  plan: TrialPlan,
  setting: TrialSetting,
  record: TrialRecord,
  control: TrialControl,
): Promise<KeptResult | undefined> {
  const found = await record.result();
  if (found !== undefined) return found;
  const run = new TrialRun(trial, plan, setting, record, control);
  return run.toTheEnd();
}

class TrialRun {
  readonly #trial: AskedTrial;
  readonly #plan: TrialPlan;
  readonly #setting: TrialSetting;
  readonly #record: TrialRecord;
  readonly #control: TrialControl;
  /** Ends this trial alone. */
  readonly #end = new AbortController();
  #marks: Mark[] = [];
  /** The step of the last checkpoint that was kept. */
  #kept = -1;

  constructor(trial: AskedTrial, plan: TrialPlan, setting: TrialSetting, record: TrialRecord, control: TrialControl) {
    this.#trial = trial;
    this.#plan = plan;
    this.#setting = setting;
    this.#record = record;
    this.#control = control;
  }

  async toTheEnd(): Promise<KeptResult | undefined> {
    const { seed, dtype, layers } = this.#plan;
    // What is not on every page: plain data may name any kind.
    const { moreKinds } = await import('../layers/kinds.ts');
    const model = await createModel(layers as ModelDescription, { seed, dtype, kinds: moreKinds });
    const newest = await this.#record.newest();
    if (newest !== undefined) {
      this.#marks = [...newest.marks];
      this.#kept = newest.step;
    }
    await this.#control.onBegin?.(newest?.step);
    // A checkpoint may be of the very report that ended the trial.
    if (this.#pruned) return this.#keep('pruned');
    const { signal } = this.#control;
    const abort = () => this.#end.abort();
    if (signal.aborted) return undefined;
    signal.addEventListener('abort', abort);
    try {
      await fit(model, this.#optionsWith(newest?.bytes));
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error;
      if (!this.#end.signal.aborted) return this.#keep('failed');
    } finally {
      signal.removeEventListener('abort', abort);
    }
    if (this.#pruned) return this.#keep('pruned');
    return signal.aborted ? undefined : this.#keep('complete', model);
  }

  get #pruned(): boolean {
    return this.#control.prunes(this.#trial.number, reportsOf(this.#marks));
  }

  #optionsWith(resume: Uint8Array | undefined): FitOptions {
    const { data, validation, metrics, checkpointEvery, trainer } = this.#setting;
    return {
      ...fitOptionsOf(this.#plan),
      data,
      validation,
      ...(metrics && { metrics }),
      ...(trainer && { trainer }),
      ...(resume && { resume }),
      checkpoint: { every: checkpointEvery },
      signal: this.#end.signal,
      onEvent: (event) => this.#take(event),
    } as FitOptions;
  }

  async #take(event: TrainEvent): Promise<void> {
    // What comes after the end was made while it was on its way; checkpoints then are of no step at which others have one.
    if (this.#end.signal.aborted) return;
    if (event.type === 'validation') {
      this.#marks.push({ step: event.step, values: this.#valuesOf(event), best: event.best });
      if (this.#pruned) this.#end.abort();
    }
    // The last one of a training comes after its last validation, so it is another than that of its step.
    const due = event.type === 'checkpoint' && event.step % this.#setting.checkpointEvery === 0;
    if (due && event.step > this.#kept) {
      this.#kept = event.step;
      await this.#record.keep(event.step, event.bytes, this.#marks);
    }
    await this.#control.onEvent?.(event);
  }

  #valuesOf({ loss, metrics = {} }: ValidationEvent): readonly number[] {
    return this.#setting.objectives.map((name) => (name === 'loss' ? loss : metrics[name]!));
  }

  /** The values of the weights that the model ends with. */
  #lastValues(): readonly number[] {
    const best = this.#plan.fit.earlyStopping === undefined ? undefined : this.#marks.findLast((mark) => mark.best);
    const last = best ?? this.#marks.at(-1);
    if (last !== undefined) return last.values;
    throw new BpttError('invalid-argument', `sweep, trial ${this.#trial.number}: expected a validation, got none`);
  }

  #keep(state: TrialResult['state'], model?: Model): Promise<KeptResult> {
    const { number, parameters } = this.#trial;
    const values = state === 'complete' ? this.#lastValues() : [];
    const result: TrialResult = { number, parameters, state, reports: reportsOf(this.#marks), values };
    return this.#record.end(result, model && serialize(model));
  }
}
