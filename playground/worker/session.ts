// One network in training: makes updates when it is told to, and tells how it stands.
import { BpttError, createModel, evaluate, type Model, type StepEvent, type TrainEvent, train } from 'bptt';
import { describe, trainOptions } from '../settings/network.ts';
import { createTask } from '../tasks/index.ts';
import type { Task } from '../tasks/task.ts';
import { lookInside } from './inside.ts';
import type { Experiment, LossPoint, Snapshot } from './messages.ts';
import { Pace } from './pace.ts';

/** Least milliseconds between two outcomes: a text that changes faster can not be read. */
const OUTCOME_EVERY = 700;
/** Least milliseconds between two looks inside. */
const INSIDE_EVERY = 150;

export class Session {
  readonly experiment: Experiment;
  readonly model: Model;
  readonly #task: Task;
  readonly #events: AsyncGenerator<TrainEvent>;
  readonly #outcome = new Pace(OUTCOME_EVERY);
  readonly #inside = new Pace(INSIDE_EVERY);
  #last: StepEvent | undefined;
  #losses: number[] = [];

  private constructor(experiment: Experiment, task: Task, model: Model) {
    this.experiment = experiment;
    this.model = model;
    this.#task = task;
    this.#events = train(model, trainOptions(task, experiment.run, experiment.task.seed));
  }

  /** @param model The network to go on with. Default: a new one. */
  static async create(experiment: Experiment, model?: Model): Promise<Session> {
    const task = createTask(experiment.task, experiment.data);
    const { seed } = experiment.task;
    return new Session(experiment, task, model ?? (await createModel(describe(task, experiment.run), { seed })));
  }

  /** Updates made. */
  get step(): number {
    return this.#last?.step ?? 0;
  }

  /** Makes one update. @throws NonFiniteError when the loss or the gradient is not finite; the network is then as before. */
  async update(): Promise<void> {
    const { value: event } = await this.#events.next();
    if (event?.type !== 'step') throw new Error(`expected an update, got ${event?.type}`);
    this.#last = event;
    // A window in which no step counts has the loss 0, which says nothing.
    if (event.loss !== 0) this.#losses.push(event.loss);
  }

  /**
   * How it stands. Outcome and inside only when it is time for them, or with `all`, and as far as they can be told: when its numbers are
   * no longer finite some cannot.
   */
  async snapshot(all: boolean): Promise<Snapshot> {
    const { model, step } = this;
    const test = this.testLoss();
    const point: LossPoint = {
      step,
      training: mean(this.#losses),
      test: Number.isFinite(test) ? test : Number.POSITIVE_INFINITY,
    };
    this.#losses = [];
    const outcome = await this.#outcome.when(all, () => ifFinite(async () => this.#task.outcome(model)));
    const inside = await this.#inside.when(all, () =>
      ifFinite(() => lookInside(model, this.#task, this.experiment.run.layers - 1, step)),
    );
    return {
      step,
      parameters: model.parameterCount,
      points: [point],
      gradientNorm: this.#last?.gradientNorm,
      tokensPerSecond: this.#last?.tokensPerSecond,
      baseline: this.#task.baseline,
      ...(outcome && { outcome }),
      ...(inside && { inside }),
    };
  }

  /** The mean loss on what is never learned from. */
  testLoss(): number {
    return evaluate(this.model, [this.#task.test], { loss: this.#task.loss }).loss;
  }

  /** Gives the training's memory back. */
  async end(): Promise<void> {
    await this.#events.return(undefined);
  }
}

/** What it gives, or nothing where it fails because numbers are not finite. */
async function ifFinite<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BpttError && error.code === 'non-finite') return undefined;
    throw error;
  }
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length;
}
