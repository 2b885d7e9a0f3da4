// A training in this thread, driven by another: asks it for batches, and tells it events.

import type { Port } from '../../base/port.ts';
import type { GraphBatch } from '../../data/batch.ts';
import type { Dataset } from '../../data/dataset.ts';
import { restoreMetric } from '../../metrics/kinds.ts';
import { Model } from '../../model/model.ts';
import type { Network } from '../../model/network.ts';
import { trainWith } from '../../training/train.ts';
import { Queue } from '../channel/queue.ts';
import { packError } from '../channel/wire.ts';
import { copyNetwork, putWeights, takeWeights } from '../network-copy.ts';
import type { FromTraining, Stream, ToTraining, TrainMessage } from './messages.ts';

/** Milliseconds between two looks at what has arrived: an abort is heard within one step, or within this where steps are shorter. */
const SLICE = 1;

export class TrainingThread {
  readonly #port: Port;
  readonly #abort = new AbortController();
  /** Batches that have arrived, by the number of the opened epoch. */
  readonly #batches = new Map<number, Queue<GraphBatch | undefined>>();
  /** One for each event that was read. */
  readonly #reads = new Queue<void>();
  #opened = 0;
  #unread = 0;
  #stopped = false;

  constructor(port: Port) {
    this.#port = port;
  }

  /** Whether the training has ended: the next message is for another. */
  ended = false;

  receive(message: ToTraining): void {
    switch (message.type) {
      case 'train':
        this.#run(message);
        break;
      case 'batch':
        this.#batches.get(message.id)?.put(message.batch);
        break;
      case 'failed':
        this.#batches.get(message.id)?.fail(new Error('the data failed'));
        break;
      case 'read':
        this.#reads.put();
        break;
      case 'abort':
        this.#abort.abort();
        this.#reads.put();
        break;
      case 'stop': {
        this.#stopped = true;
        const stopped = new Error('stopped');
        this.#reads.fail(stopped);
        for (const batches of this.#batches.values()) batches.fail(stopped);
        break;
      }
    }
  }

  async #run(message: TrainMessage): Promise<void> {
    let network: Network | undefined;
    let failure: unknown;
    try {
      const copy = await copyNetwork(message.network, message.options.loss);
      network = copy.network;
      putWeights(network, message.weights);
      const metrics = message.options.metrics?.map(restoreMetric);
      await this.#train(new Model(network), {
        ...message,
        options: { ...message.options, loss: copy.loss, ...(metrics && { metrics }) },
      });
    } catch (error) {
      failure = error;
    }
    this.ended = true;
    const weights = network && takeWeights(network);
    const error = failure === undefined || this.#stopped ? undefined : packError(failure);
    this.#post({ type: 'done', error, weights }, weights && [weights]);
  }

  async #train(model: Model, { options, validates, ahead, weightsEvery }: TrainMessage): Promise<void> {
    const own = { data: this.#dataset('data'), ...(validates && { validation: this.#dataset('validation') }) };
    const { signal } = this.#abort;
    for await (const event of trainWith(model, { ...options, ...own, signal }, { slice: SLICE })) {
      const due = event.type === 'step' && weightsEvery !== undefined && event.step % weightsEvery === 0;
      const weights = due ? takeWeights(model.network) : undefined;
      const buffers = [weights, event.type === 'checkpoint' ? event.bytes.buffer : undefined];
      this.#post(
        { type: 'event', event, weights },
        buffers.filter((buffer) => buffer !== undefined),
      );
      this.#unread++;
      while (this.#unread > ahead && !signal.aborted) {
        await this.#reads.take();
        this.#unread--;
      }
      if (this.#stopped) return;
    }
  }

  /** The batches that the other thread has. */
  #dataset(stream: Stream): Dataset {
    const open = (epoch: number, skip: number) => this.#open(stream, epoch, skip);
    return { batches: open };
  }

  async *#open(stream: Stream, epoch: number, skip: number): AsyncGenerator<GraphBatch> {
    const id = this.#opened++;
    const batches = new Queue<GraphBatch | undefined>();
    this.#batches.set(id, batches);
    this.#post({ type: 'open', id, stream, epoch, skip });
    try {
      for (;;) {
        const batch = await batches.take();
        if (batch === undefined) return;
        this.#post({ type: 'pull', id });
        yield batch;
      }
    } finally {
      this.#batches.delete(id);
      this.#post({ type: 'close', id });
    }
  }

  #post(message: FromTraining, transfer?: readonly ArrayBuffer[]): void {
    this.#port.post(message, transfer);
  }
}
