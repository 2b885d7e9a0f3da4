// `train` in a worker: what this thread does for it is to give batches and to read events.

import { whenDropped } from '../../base/dropped.ts';
import {
  type Checked,
  checkFields,
  integer,
  type Options,
  omit,
  optional,
  such,
  withDefault,
} from '../../base/fields.ts';
import { Port, type WorkerLike } from '../../base/port.ts';
import type { GraphBatch } from '../../data/batch.ts';
import { batchesOf, type Data } from '../../data/dataset.ts';
import { checkModel } from '../../model/check-model.ts';
import type { Model } from '../../model/model.ts';
import { claim, refuseTrained } from '../../training/claim.ts';
import type { TrainEvent } from '../../training/events.ts';
import { divide } from '../../training/groups.ts';
import { checkTraining, type TrainOptions, trainFields, validates } from '../../training/options.ts';
import { Queue } from '../channel/queue.ts';
import { startWorker } from '../channel/start.ts';
import { detached, unpackError } from '../channel/wire.ts';
import { checkModules, modulesFields } from '../modules.ts';
import { describeNetwork, putWeights, takeWeights } from '../network-copy.ts';
import type { FromTraining, Stream, ToTraining } from './messages.ts';

const fields = {
  /**
   * A worker that has called `serve`; it trains one model at a time and lives on. For pages whose Content-Security-Policy forbids
   * workers from blobs. Default: a new one with the code inside the package, for this training alone.
   */
  worker: optional(such<WorkerLike>('a Worker', (value) => typeof value?.postMessage === 'function')),
  /**
   * Events that the training may be ahead of the loop that reads them, so that neither waits for the other: 0 makes an update only
   * when the event before it was read, as `train` does. Default 8.
   */
  ahead: withDefault(integer({ min: 0 }), 8),
  /** Updates between two events with which the model gets the weights of that moment, to generate from for example. Default: only at the end. */
  weightsEvery: optional(integer({ min: 1 })),
  ...modulesFields,
};

const all = { ...omit(trainFields, 'parallel'), ...fields };

/** What `trainInWorker` takes: the options of `train`, the worker, and how far it may be ahead. */
export interface WorkerTrainOptions
  extends Omit<TrainOptions, 'parallel'>,
    Options<typeof modulesFields>,
    Options<typeof fields> {}

/** Batches that are on their way before the training asks for them. */
const IN_ADVANCE = 2;

/**
 * The same as `train`, in a worker: the page or the program stays free, no cross-origin isolation is needed, and the bits are the
 * same. The data stay here and are asked for batch by batch; events come as they happen. The model gets the weights when it ends, however
 * it ends: after breaking out of the loop those of the last update made, which may be `ahead` updates behind the last event that was read.
 *
 * @example
 * for await (const event of trainInWorker(model, { data, loss: 'cross-entropy', optimizer: adam(), steps: 20 })) {
 *   if (event.type === 'step') console.log(event.step, event.loss);
 * }
 *
 * @throws BpttError as `train` does; `worker-failed` where a worker cannot be started or ends.
 */
export function trainInWorker(model: Model, options: WorkerTrainOptions): AsyncGenerator<TrainEvent, void, undefined> {
  checkModel('trainInWorker', model);
  refuseTrained('trainInWorker', model.network);
  const checked = checkFields('trainInWorker', options, all);
  const { worker: _, ahead: __, weightsEvery: ___, modules, ...training } = checked;
  const { groups, optimizer, ...others } = checkTraining(training);
  if (groups !== undefined) divide(model.network, { groups, optimizer, validates: validates(others) });
  checkModules('trainInWorker', modules, model.description, training.loss);
  const remote = new RemoteTraining(model, checked);
  const events = remote.events();
  whenDropped(events, () => remote.end());
  return events;
}

class RemoteTraining {
  readonly #model: Model;
  readonly #options: Checked<typeof all>;
  readonly #inbox = new Queue<FromTraining & { readonly type: 'event' | 'done' }>();
  readonly #feeds = new Map<number, AsyncIterator<GraphBatch>>();
  readonly #abort = () => this.#post({ type: 'abort' });
  #port: Port | undefined;
  #leave: (() => void) | undefined;
  /** Whether the worker trains. */
  #runs = false;
  /** What went wrong with the data here. */
  #failure: { readonly error: unknown } | undefined;

  constructor(model: Model, options: Checked<typeof all>) {
    this.#model = model;
    this.#options = options;
  }

  async *events(): AsyncGenerator<TrainEvent, void, undefined> {
    this.#leave = claim('trainInWorker', this.#model.network);
    try {
      yield* this.#run();
    } finally {
      await this.end();
    }
  }

  async *#run(): AsyncGenerator<TrainEvent, void, undefined> {
    const { worker, ahead, weightsEvery, modules, data, validation, signal, ...options } = this.#options;
    const { network } = this.#model;
    const description = await describeNetwork(network, modules, options.loss);
    this.#port = worker === undefined ? await startWorker() : new Port(worker);
    this.#port.listen(
      (message) => this.#receive(message as FromTraining),
      (error) => this.#inbox.fail(error),
    );
    const weights = takeWeights(network);
    const validates = validation !== undefined;
    this.#post({ type: 'train', network: description, weights, options, validates, ahead, weightsEvery }, [weights]);
    this.#runs = true;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener('abort', this.#abort);
    for (;;) {
      const message = await this.#inbox.take();
      if (message.weights !== undefined) putWeights(network, message.weights);
      if (message.type === 'done') {
        this.#runs = false;
        if (this.#failure !== undefined) throw this.#failure.error;
        if (message.error !== undefined) throw unpackError(message.error);
        return;
      }
      yield message.event;
      this.#post({ type: 'read' });
    }
  }

  /** Ends what is not over, once, however often it is called. */
  async end(): Promise<void> {
    const { worker, signal } = this.#options;
    const leave = this.#leave;
    this.#leave = undefined;
    if (leave === undefined) return;
    signal?.removeEventListener('abort', this.#abort);
    if (this.#runs) await this.#stop();
    for (const id of this.#feeds.keys()) this.#close(id);
    if (worker === undefined) this.#port?.close();
    else this.#port?.unlisten();
    leave();
  }

  /** Ends a training that nobody reads any more, and takes its weights. */
  async #stop(): Promise<void> {
    this.#post({ type: 'stop' });
    try {
      for (;;) {
        const { type, weights } = await this.#inbox.take();
        if (weights !== undefined) putWeights(this.#model.network, weights);
        if (type === 'done') return;
      }
    } catch {
      // The worker has ended: what made it end is being thrown, or nobody is there to hear it.
    }
  }

  #receive(message: FromTraining): void {
    switch (message.type) {
      case 'open':
        this.#feeds.set(message.id, batchesOf(this.#dataOf(message.stream), message.epoch, message.skip));
        for (let i = 0; i < IN_ADVANCE; i++) this.#feed(message.id);
        break;
      case 'pull':
        this.#feed(message.id);
        break;
      case 'close':
        this.#close(message.id);
        break;
      default:
        this.#inbox.put(message);
    }
  }

  #dataOf(stream: Stream): Data {
    const { data, validation } = this.#options;
    return stream === 'data' ? data : validation!;
  }

  /** Sends the next batch of an epoch, in the order of the calls. */
  async #feed(id: number): Promise<void> {
    try {
      const next = await this.#feeds.get(id)?.next();
      if (next === undefined || !this.#feeds.has(id)) return;
      if (next.done) {
        this.#post({ type: 'batch', id, batch: undefined });
        return;
      }
      const { batch, buffers } = detached(next.value);
      this.#post({ type: 'batch', id, batch }, buffers);
    } catch (error) {
      this.#failure ??= { error };
      this.#feeds.delete(id); // An iterator that has thrown says next that it is done.
      this.#post({ type: 'failed', id });
    }
  }

  #close(id: number): void {
    const feed = this.#feeds.get(id);
    this.#feeds.delete(id);
    feed?.return?.().catch(() => {});
  }

  #post(message: ToTraining, transfer?: readonly ArrayBuffer[]): void {
    this.#port!.post(message, transfer);
  }
}
