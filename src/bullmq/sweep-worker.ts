// The side of a queue that works: takes jobs, runs their trials in a thread of their own, and says that it lives.
import type { Job, Worker } from 'bullmq';
import { UnrecoverableError, WaitingError } from 'bullmq';
import { isPlain } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { callable, checkFields, integer, type Options, optional, withDefault } from '../base/fields.ts';
import type { StoredSweepOptions } from '../sweep/index.ts';
import { StoredSweep } from '../sweep/stored-sweep.ts';
import type { TrainEvent } from '../training/events.ts';
import { classesFor, type QueueConnection, reach, server } from './connection.ts';
import { isFull, whenRoom } from './room.ts';
import { checkJob, queueName, type TrialJob } from './trial-job.ts';

/** What a worker tells. */
export type SweepWorkerEvent =
  /** A trial begins. */
  | {
      /** Tells it from the other events. */
      readonly type: 'begin';
      /** The name of the sweep. */
      readonly sweep: string;
      /** Which trial, from 0. */
      readonly number: number;
    }
  /** What the training of a trial tells. */
  | {
      /** Tells it from the other events. */
      readonly type: 'training';
      /** The name of the sweep. */
      readonly sweep: string;
      /** Which trial, from 0. */
      readonly number: number;
      /** The event of its training. */
      readonly event: TrainEvent;
    }
  /** A trial has ended. */
  | {
      /** Tells it from the other events. */
      readonly type: 'end';
      /** The name of the sweep. */
      readonly sweep: string;
      /** Which trial, from 0. */
      readonly number: number;
      /** `complete`, `pruned` or `failed`. */
      readonly state: string;
    }
  /** A trial ended with an error, which its sweep is told when all attempts did. */
  | {
      /** Tells it from the other events. */
      readonly type: 'failed';
      /** The message of the error. */
      readonly reason: string;
    }
  /** The server cannot be reached: tried again until it can. */
  | {
      /** Tells it from the other events. */
      readonly type: 'disconnected';
      /** The message of the error. */
      readonly reason: string;
    }
  /** The server has no room for what it is to keep: tried again until it has. */
  | {
      /** Tells it from the other events. */
      readonly type: 'full';
      /** The message of the error. */
      readonly reason: string;
    };

const sweepWorkerFields = {
  /** The server. */
  connection: server,
  /** The sweep of that name: its store and its data. Asked once for each. */
  sweeps: callable<(name: string) => StoredSweepOptions | Promise<StoredSweepOptions>>(
    'a function that gives { store, data, validation } for the name of a sweep',
  ),
  /** The name of the queue on the server. Default `bptt-sweeps`. */
  queue: queueName,
  /** Trials at a time, each in a thread of its own. Default 1. */
  trials: withDefault(integer({ min: 1 }), 1),
  /** Milliseconds after which the trial of a worker that says nothing any more is given to another. Default 30,000. */
  lockDuration: withDefault(integer({ min: 1000 }), 30_000),
  /** Is told what happens. */
  onEvent: optional(callable<(event: SweepWorkerEvent) => unknown>()),
};

/** The server, what sweeps are there, and how many trials run at a time. */
export interface SweepWorkerOptions extends Omit<Options<typeof sweepWorkerFields>, 'connection'> {
  /** The server: its URL, `redis://…` or `postgres://…`, or what BullMQ takes in its place: options or a client of ioredis, or a pool of pg. */
  readonly connection: QueueConnection;
}

/** A worker that takes trials until it is closed. */
export interface SweepWorker {
  /** BullMQ's own worker, to pause it and for its events. */
  readonly bullmq: Worker;
  /** Ends the running trials after their newest checkpoint and gives them back, so that others go on with them; then ends the connections. */
  close(): Promise<void>;
}

/**
 * Runs trials of sweeps that `sweepQueue` sends, in threads. Whether it is killed, stands still or runs a trial that another runs too: the store
 * has the same bytes in the end.
 *
 * @example
 * const worker = await sweepWorker({
 *   connection: 'redis://localhost:6379',
 *   sweeps: (name) => ({ store: redisStore(client, name), data, validation }),
 * });
 * process.once('SIGTERM', () => worker.close());
 *
 * @throws BpttError for wrong options, and `unreachable` where the server does not answer.
 */
export async function sweepWorker(options: SweepWorkerOptions): Promise<SweepWorker> {
  const { connection, sweeps, queue, trials, lockDuration, onEvent } = checkFields(
    'sweepWorker',
    options,
    sweepWorkerFields,
  );
  await reach('sweepWorker.connection', connection);
  const end = new AbortController();
  const known = new Map<string, Promise<StoredSweep>>();
  const sweepOf = (name: string): Promise<StoredSweep> => {
    const opened = known.get(name) ?? (async () => new StoredSweep(`sweep ${name}`, await sweeps(name)))();
    known.set(name, opened);
    opened.catch(() => known.delete(name));
    return opened;
  };

  const process = async (job: Job, token?: string) => {
    const checked = readJob(job);
    const { name: sweep, number } = checked;
    await onEvent?.({ type: 'begin', sweep, number });
    try {
      const stored = await sweepOf(sweep);
      const { sweep: digest, checkpointEvery } = checked;
      const result = await stored.run(
        { sweep: digest, number, checkpointEvery },
        {
          signal: end.signal,
          async onEvent(event) {
            const { type, step } = event;
            if (type === 'validation') await whenRoom(() => job.updateProgress({ step, loss: event.loss }));
            else if (type === 'checkpoint') await whenRoom(() => job.updateProgress({ step }));
            await onEvent?.({ type: 'training', sweep, number, event });
          },
        },
      );
      if (result !== undefined) {
        await onEvent?.({ type: 'end', sweep, number, state: result.state });
        return { number, state: result.state, digest: result.digest };
      }
    } catch (error) {
      throw final(error);
    }
    await job.moveToWait(token);
    throw new WaitingError();
  };

  const { Worker } = classesFor(connection);
  const worker = new Worker(queue, process as never, {
    connection: connection.connection,
    concurrency: trials,
    lockDuration,
    stalledInterval: lockDuration,
    // A worker that is killed is none of the trial's faults.
    maxStalledCount: 1_000_000,
  }) as unknown as Worker;
  worker.on('error', (error) => onEvent?.({ type: isFull(error) ? 'full' : 'disconnected', reason: error.message }));
  worker.on('failed', (_, error) => onEvent?.({ type: 'failed', reason: error.message }));
  return {
    bullmq: worker,
    async close() {
      end.abort();
      await worker.close();
    },
  };
}

function readJob(job: Job): TrialJob {
  try {
    // PostgreSQL and Redis give back what JSON gives: nothing that could run.
    return checkJob(isPlain(job.data) ? job.data : { data: job.data });
  } catch (error) {
    throw final(error);
  }
}

/** Wrong data stay wrong however often they are tried. */
function final(error: unknown): unknown {
  const lasts = error instanceof BpttError && !['worker-failed', 'out-of-memory', 'unreachable'].includes(error.code);
  return lasts ? new UnrecoverableError(error.message) : error;
}
