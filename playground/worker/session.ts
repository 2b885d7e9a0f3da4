// One network in training: makes updates when it is told to, and tells how it stands.
import { createModel, type Dataset, evaluate, type Model, type StepEvent, type TrainEvent, train } from 'bptt';
import type { LiveSettings } from '../settings/fields.ts';
import { describe, trainOptions } from '../settings/network.ts';
import { createTask } from '../tasks/index.ts';
import type { Task } from '../tasks/task.ts';
import { ifFinite, lookInside } from './inside.ts';
import type { Experiment, Inside, LossPoint, Snapshot } from './messages.ts';
import { Pace } from './pace.ts';

/** Least milliseconds between two outcomes: a text that changes faster can not be read. */
const OUTCOME_EVERY = 700;
/** Least milliseconds between two looks inside. */
const INSIDE_EVERY = 150;

export class Session {
  readonly model: Model;
  readonly #task: Task;
  readonly #outcome = new Pace(OUTCOME_EVERY);
  readonly #inside = new Pace(INSIDE_EVERY);
  #experiment: Experiment;
  #events: AsyncGenerator<TrainEvent>;
  #stop = new AbortController();
  #last: StepEvent | undefined;
  #losses: number[] = [];
  /** The batch that is read: how many came before it, its steps times rows, and those read before it began. */
  #batch = { before: -1, size: 1, from: 0 };
  /** Batches of a whole epoch, as far as is known. */
  #epoch = 0;

  private constructor(experiment: Experiment, task: Task, model: Model) {
    this.#experiment = experiment;
    this.model = model;
    this.#task = task;
    this.#events = this.#train();
  }

  /** @param model The network to go on with. Default: a new one. */
  static async create(experiment: Experiment, model?: Model): Promise<Session> {
    const task = createTask(experiment.task, experiment.data);
    const { seed } = experiment.task;
    return new Session(experiment, task, model ?? (await createModel(describe(task, experiment.run), { seed })));
  }

  get experiment(): Experiment {
    return this.#experiment;
  }

  /** Updates made. */
  get step(): number {
    return this.#last?.step ?? 0;
  }

  /** Batches read; a fraction where updates are made within one. */
  get batches(): number {
    if (this.#last === undefined) return 0;
    const { before, size, from } = this.#batch;
    return before + (this.#last.tokens - from) / size;
  }

  /** Makes one update. @throws NonFiniteError when the loss or the gradient is not finite; the network is then as before. */
  async update(): Promise<void> {
    const { value: event } = await this.#events.next();
    if (event?.type !== 'step') throw new Error(`expected an update, got ${event?.type}`);
    this.#last = event;
    // A window in which no step counts has the loss 0, which says nothing.
    if (event.loss !== 0) this.#losses.push(event.loss);
  }

  /** Goes on with another learning rate, clipping or temperature from here. */
  async adjust(settings: LiveSettings): Promise<void> {
    const { temperature, ...run } = settings;
    const { task, data, run: before } = this.#experiment;
    this.#experiment = { task: { ...task, temperature }, data, run: { ...before, ...run } };
    const checkpoint = await this.#interrupt();
    this.#events = this.#train(checkpoint);
  }

  /** How it stands. Outcome and inside only when it is time for them, or with `all`, and as far as they can be told. */
  async snapshot(all: boolean): Promise<Snapshot> {
    const { model, step, batches } = this;
    const { task, run } = this.#experiment;
    const point: LossPoint = {
      step,
      batches,
      training: mean(this.#losses),
      // The library refuses a loss that is no number; it is as bad as can be.
      test: (await ifFinite(async () => this.testLoss())) ?? Number.POSITIVE_INFINITY,
    };
    this.#losses = [];
    const outcome = await this.#outcome.when(all, () =>
      ifFinite(async () => this.#task.outcome(model, task.temperature)),
    );
    const inside: Partial<Inside> | undefined = await this.#inside.when(all, () =>
      lookInside(model, this.#task, run.layers - 1),
    );
    return {
      step,
      batches,
      parameters: model.parameterCount,
      point,
      gradientNorm: this.#last?.gradientNorm,
      tokensPerSecond: this.#last?.tokensPerSecond,
      baseline: this.#task.baseline,
      ...(outcome && { outcome }),
      inside: inside ?? {},
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

  #train(resume?: Uint8Array): AsyncGenerator<TrainEvent> {
    const { task, run } = this.#experiment;
    this.#stop = new AbortController();
    return train(this.model, {
      ...trainOptions(this.#task, run, task.seed),
      data: this.#counted(),
      signal: this.#stop.signal,
      // One when it is interrupted, and none before.
      checkpoint: { every: Number.MAX_SAFE_INTEGER },
      ...(resume && { resume }),
    });
  }

  /** Ends the training; gives what another goes on from, unless it has not begun. */
  async #interrupt(): Promise<Uint8Array | undefined> {
    if (this.#last === undefined) {
      await this.end();
      return undefined;
    }
    this.#stop.abort();
    let checkpoint: Uint8Array | undefined;
    for await (const event of this.#events) if (event.type === 'checkpoint') checkpoint = event.bytes;
    return checkpoint;
  }

  /** The task's batches, which are counted as they are read. */
  #counted(): Dataset {
    const { data } = this.#task;
    const begin = (before: number, size: number) => {
      // A training that goes on within a batch reads it once more.
      if (before !== this.#batch.before) this.#batch = { before, size, from: this.#last?.tokens ?? 0 };
    };
    const batches = function* (this: Session, epoch: number, skip: number) {
      let place = 0;
      for (const batch of data) {
        if (epoch === 0) this.#epoch = Math.max(this.#epoch, place + 1);
        if (place++ < skip) continue;
        begin(epoch * this.#epoch + place - 1, batch.steps * batch.rows);
        yield batch;
      }
    };
    return { batches: batches.bind(this) };
  }
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length;
}
