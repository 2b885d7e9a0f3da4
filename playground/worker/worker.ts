// The worker: trains one network, as it is told to, and sends snapshots of it.
import { deserialize, NonFiniteError, serialize } from 'bptt';
import { parseConfig } from '../settings/config.ts';
import { DataError } from '../tasks/problem.ts';
import { warmUp } from './inside.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Session } from './session.ts';

/** The entries of a model file that hold the link and one's own data. */
const LINK = 'playground';
const DATA = 'data';

/** A network and what it is called. */
interface Named {
  readonly id: number;
  readonly session: Session | undefined;
}

let current: Named = { id: 0, session: undefined };
/** What was there before, to go back to. */
let aside: Named = { id: 0, session: undefined };
/** What is being done: each order waits for the one before. */
let work: Promise<void> = Promise.resolve();

self.onmessage = ({ data: order }: MessageEvent<ToWorker>) => {
  work = work.then(() => obey(order));
};

async function obey(order: ToWorker): Promise<void> {
  switch (order.type) {
    case 'start':
      return start(order);
    case 'restore':
      [current, aside] = [aside, current];
      return attempt((session) => report(session, true));
    case 'learn':
      await attempt(async (session) => {
        while (session.batches < order.until) await update(session);
        await report(session, false);
      });
      return post({ type: 'done', id: current.id });
    case 'update':
      await attempt(async (session) => {
        await update(session);
        await report(session, true);
      });
      return post({ type: 'done', id: current.id });
    case 'look':
      return attempt((session) => report(session, true));
    case 'adjust':
      return attempt(async (session) => {
        await session.adjust(order.settings);
        await report(session, true);
      });
    case 'save':
      return save(order.link);
    case 'load':
      return load(order);
  }
}

async function start({ id, experiment, keep }: Extract<ToWorker, { type: 'start' }>): Promise<void> {
  await (keep ? aside : current).session?.end();
  if (keep) aside = current;
  current = { id, session: undefined };
  if (experiment === undefined) return;
  await guard(async () => {
    const session = await Session.create(experiment);
    current = { id, session };
    await report(session, true);
  });
}

/** One update. When it cannot be made because numbers are not finite, how it stands is told first. */
async function update(session: Session): Promise<void> {
  try {
    await session.update();
  } catch (error) {
    if (error instanceof NonFiniteError) await report(session, true);
    throw error;
  }
}

async function report(session: Session, all: boolean): Promise<void> {
  post({ type: 'snapshot', id: current.id, snapshot: await session.snapshot(all) });
}

/** Does something with the network that there is. */
async function attempt(action: (session: Session) => Promise<unknown>): Promise<void> {
  const { session } = current;
  if (session !== undefined) await guard(() => action(session));
}

/** What fails is told; the network then stays as it is. */
async function guard(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    post({
      type: 'failed',
      id: current.id,
      message: error instanceof Error ? error.message : String(error),
      problem: error instanceof DataError ? error.problem : undefined,
      diverged: error instanceof NonFiniteError ? error.step : undefined,
    });
  }
}

function save(link: string): void {
  const { session } = current;
  if (session === undefined) return;
  const bytes = serialize(session.model, { metadata: { [LINK]: link, [DATA]: session.experiment.data } });
  post({ type: 'saved', bytes }, [bytes.buffer]);
}

async function load({ id, bytes }: Extract<ToWorker, { type: 'load' }>): Promise<void> {
  let session: Session;
  let link: string | undefined;
  let data: string;
  try {
    const { model, metadata } = await deserialize(bytes);
    ({ [LINK]: link, [DATA]: data = '' } = metadata);
    if (link === undefined) throw new Error('no model file of this page');
    const { config } = parseConfig(link);
    session = await Session.create({ task: config.task, data, run: config.a }, model);
  } catch {
    return post({ type: 'refused' });
  }
  await current.session?.end();
  current = { id, session };
  post({ type: 'loaded', id, link, data });
  await attempt((loaded) => report(loaded, true));
}

function post(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

await warmUp();
post({ type: 'ready' });
