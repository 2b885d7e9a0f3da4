// The side of a queue that sends: trials become jobs, and what comes of them is in the store.
import type { Job, Queue, QueueEvents } from 'bullmq';
import { BpttError } from '../base/errors.ts';
import { type Checked, checkFields, integer, type Options, withDefault } from '../base/fields.ts';
import type { QueueControl, QueuedTrial, TrialQueue } from '../sweep/index.ts';
import { classesFor, type QueueConnection, reach, server } from './connection.ts';
import { whenRoom } from './room.ts';
import { jobName, jobOf, queueName, sweepName, type TrialJob } from './trial-job.ts';

/** Milliseconds after which the state of a job is asked for though nothing was heard of it: events may be lost with a connection. */
const LOOK_EVERY = 5000;

const sweepQueueFields = {
  /** The server. */
  connection: server,
  /** By which name workers know the sweep. */
  name: sweepName,
  /** The name of the queue on the server. Default `bptt-sweeps`. */
  queue: queueName,
  /** Trials in the queue at a time. Default 100: as many machines can be busy. */
  trials: withDefault(integer({ min: 1 }), 100),
  /** How often a trial is tried that ends with an error, as where a disk is full. One that diverges is not an error. Default 3. */
  attempts: withDefault(integer({ min: 1 }), 3),
  /** Of several sweeps in a queue those with the lowest number go first, from 1; 0, the default, goes before all. */
  priority: withDefault(integer({ min: 0, max: 2_097_152 }), 0),
};

/** The server, the name of the sweep there, and how its trials are queued. */
export interface SweepQueueOptions extends Omit<Options<typeof sweepQueueFields>, 'connection'> {
  /** The server: its URL, `redis://…` or `postgres://…`, or what BullMQ takes in its place: options or a client of ioredis, or a pool of pg. */
  readonly connection: QueueConnection;
}

/** A queue of trials on a server. */
export interface SweepQueue extends TrialQueue {
  /** BullMQ's own queue, to pause it, to count its jobs, and for dashboards such as bull-board: jobs tell their step and loss as progress. */
  readonly bullmq: Queue;
  /** Ends the connections. */
  close(): Promise<void>;
}

/**
 * A queue on Redis or PostgreSQL whose workers run the trials of a sweep, on as many machines as there are `sweepWorker`s.
 *
 * @example
 * const queue = await sweepQueue({ connection: 'redis://localhost:6379', name: 'widths' });
 * const { best } = await sweep({ ...options, store: redisStore(client, 'widths'), queue });
 * await queue.close();
 *
 * @throws BpttError for wrong options, and `unreachable` where the server does not answer.
 */
export async function sweepQueue(options: SweepQueueOptions): Promise<SweepQueue> {
  const checked = checkFields('sweepQueue', options, sweepQueueFields);
  await reach('sweepQueue.connection', checked.connection);
  return new TrialJobs(checked);
}

class TrialJobs implements SweepQueue {
  readonly bullmq: Queue;
  readonly trials: number;
  readonly #events: QueueEvents;
  readonly #name: string;
  readonly #options: { readonly attempts: number; readonly priority: number };
  /** What is done when something is heard of a job, by its id. */
  readonly #heard = new Map<string, (step?: number) => void>();

  constructor({ connection, name, queue, trials, attempts, priority }: Checked<typeof sweepQueueFields>) {
    const { Queue, QueueEvents } = classesFor(connection);
    this.bullmq = new Queue(queue, { connection: connection.connection }) as unknown as Queue;
    this.#events = new QueueEvents(queue, { connection: connection.connection }) as unknown as QueueEvents;
    this.#name = name;
    this.trials = trials;
    this.#options = { attempts, priority };
    // Where a server is away for a while they go on by themselves when it is back.
    this.bullmq.on('error', () => undefined);
    this.#events.on('error', () => undefined);
    this.#events.on('completed', ({ jobId }) => this.#heard.get(jobId)?.());
    this.#events.on('failed', ({ jobId }) => this.#heard.get(jobId)?.());
    this.#events.on('progress', ({ jobId, data }) => this.#heard.get(jobId)?.((data as { step?: number })?.step));
  }

  async run(trial: QueuedTrial, { signal, onProgress }: QueueControl): Promise<void> {
    const job = jobOf(this.#name, trial);
    const id = jobName(job);
    let look: () => void = () => undefined;
    this.#heard.set(id, (step) => (step === undefined ? look() : onProgress(step)));
    const aborted = () => look();
    signal.addEventListener('abort', aborted);
    try {
      for (let first = true; !signal.aborted; first = false) {
        const next = new Promise<void>((resolve) => {
          look = resolve;
        });
        if (await this.#isDone(job, id, first)) return;
        const timer = setTimeout(look, LOOK_EVERY);
        await next;
        clearTimeout(timer);
      }
      // Nobody waits for it: it need not be begun.
      await this.bullmq.remove(id);
    } finally {
      signal.removeEventListener('abort', aborted);
      this.#heard.delete(id);
    }
  }

  /** Whether the job has ended well; it is put into the queue where there is none. */
  async #isDone(job: TrialJob, id: string, first: boolean): Promise<boolean> {
    const there: Job | undefined = await this.bullmq.getJob(id);
    const state = await there?.getState();
    // What was left by a sweep before this one: the result would have been found in the store.
    const stale = first && (state === 'completed' || state === 'failed');
    if (state === 'completed' && !stale) return true;
    if (state === 'failed' && !stale) {
      throw new BpttError('worker-failed', `sweepQueue: expected the trial to end, got ${there!.failedReason}`);
    }
    if (stale) await this.bullmq.remove(id);
    if (there === undefined || stale) {
      const options = {
        jobId: id,
        ...this.#options,
        backoff: { type: 'exponential', delay: 1000 },
        removeOnComplete: { age: 3600 },
        removeOnFail: false,
      };
      await whenRoom(() => this.bullmq.add(`${this.#name} ${job.number}`, job, options));
    }
    return false;
  }

  async close(): Promise<void> {
    await Promise.all([this.bullmq.close(), this.#events.close()]);
  }
}
