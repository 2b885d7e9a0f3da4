// The worker: trains one network and sends snapshots of it.
import { deserialize, NonFiniteError, serialize } from 'bptt';
import { parseConfig } from '../settings/config.ts';
import { DataError } from '../tasks/problem.ts';
import { warmUp } from './inside.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Session } from './session.ts';

/** Milliseconds between two snapshots. */
const REPORT_EVERY = 100;
/** The entries of a model file that hold the link and one's own data. */
const LINK = 'playground';
const DATA = 'data';

let session: Session | undefined;
let id = 0;
/** Ends the training that goes on. */
let stop = new AbortController();
/** What is being done: each order waits for the one before. */
let work: Promise<void> = Promise.resolve();

self.onmessage = ({ data: order }: MessageEvent<ToWorker>) => {
  // Between two updates, which is where messages arrive.
  if (order.type === 'save') return save(order.link);
  stop.abort();
  stop = new AbortController();
  const { signal } = stop;
  work = work.then(() => obey(order, signal));
};

async function obey(order: Exclude<ToWorker, { type: 'save' }>, signal: AbortSignal): Promise<void> {
  switch (order.type) {
    case 'start':
      id = order.id;
      return attempt(async () => {
        await session?.end();
        session = undefined;
        session = await Session.create(order.experiment);
        await report(session, true);
        if (order.running) await learn(session, signal);
      });
    case 'run':
      return attempt(async () => session && learn(session, signal));
    case 'step':
      return attempt(async () => {
        if (session === undefined) return;
        await update(session);
        await report(session, true);
      });
    case 'load':
      return load(order.id, order.bytes);
    case 'pause':
      return;
  }
}

/** Updates until the signal aborts. */
async function learn(current: Session, signal: AbortSignal): Promise<void> {
  let reported = performance.now();
  while (!signal.aborted) {
    await update(current);
    if (performance.now() - reported < REPORT_EVERY) continue;
    await report(current, false);
    reported = performance.now();
  }
  await report(current, true);
}

/** One update. When it cannot be made because numbers are not finite, how it stands is told first. */
async function update(current: Session): Promise<void> {
  try {
    await current.update();
  } catch (error) {
    if (error instanceof NonFiniteError) await report(current, true);
    throw error;
  }
}

async function report(current: Session, all: boolean): Promise<void> {
  post({ type: 'snapshot', id, snapshot: await current.snapshot(all) });
}

/** What fails is told; the network then stays as it is. */
async function attempt(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    post({
      type: 'failed',
      id,
      message: messageOf(error),
      problem: error instanceof DataError ? error.problem : undefined,
      diverged: error instanceof NonFiniteError ? error.step : undefined,
    });
  }
}

function save(link: string): void {
  if (session === undefined) return;
  const bytes = serialize(session.model, { metadata: { [LINK]: link, [DATA]: session.experiment.data } });
  post({ type: 'saved', bytes }, [bytes.buffer]);
}

async function load(newId: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    const { model, metadata } = await deserialize(bytes);
    const { [LINK]: link, [DATA]: data = '' } = metadata;
    if (link === undefined) throw new Error('expected a model file of this page, got one without its settings');
    const { config } = parseConfig(link);
    const loaded = await Session.create({ task: config.task, data, run: config.a }, model);
    const snapshot = await loaded.snapshot(true);
    await session?.end();
    session = loaded;
    id = newId;
    post({ type: 'loaded', id, link, data });
    post({ type: 'snapshot', id, snapshot });
  } catch (error) {
    post({ type: 'refused', message: messageOf(error) });
  }
}

function post(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

await warmUp();
post({ type: 'ready' });
