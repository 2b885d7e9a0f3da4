// `bptt worker`: runs trials of the sweeps that others send over a server.
import { BpttError } from '../../base/errors.ts';
import { integer } from '../../base/fields.ts';
import type { SweepWorker, SweepWorkerEvent } from '../../bullmq/index.ts';
import { flag, toggle, type Values } from '../flags/flags.ts';
import type { Output } from '../io/output.ts';
import { dataOf, readInputs } from '../sweep/inputs.ts';
import { connect, type SweepServer, serverFlags, troubleOf } from '../sweep/server.ts';

export const workerFlags = {
  ...serverFlags,
  workers: flag('trials that run at a time, each in a thread of its own', integer({ min: 1 }), 1),
  json: toggle('print JSON events, one a line'),
};

/** Takes trials until the signal aborts; then gives back those that run, for others to go on with. */
export async function workerCommand(
  values: Values<typeof workerFlags>,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const server = await connect(values);
  if (server === undefined) {
    throw new BpttError('invalid-argument', 'worker: expected --redis URL or --postgres URL, got neither');
  }
  const worker = await workAt(server, values.workers, (event) => tell(event, values.json, output));
  if (!values.json) output.line(`waits for trials; Ctrl-C ends it`);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
  await worker.close();
  await server.close();
}

/** A worker for all sweeps of `bptt sweep` on a server. */
export function workAt(
  server: SweepServer,
  trials: number,
  onEvent: (event: SweepWorkerEvent) => void,
): Promise<SweepWorker> {
  return server.bullmq.sweepWorker({
    connection: server.url,
    trials,
    onEvent,
    async sweeps(name) {
      const store = await server.store(name);
      const { data, validation } = dataOf(`the text of sweep ${name}`, await readInputs(store, name));
      return { store, data, validation };
    },
  });
}

function tell(event: SweepWorkerEvent, json: boolean, output: Output): void {
  if (event.type === 'training') return;
  if (json) output.json(event);
  else if (event.type === 'begin') output.line(`sweep ${event.sweep}, trial ${event.number} begins`);
  else if (event.type === 'end') output.line(`sweep ${event.sweep}, trial ${event.number}: ${event.state}`);
  else if (event.type === 'failed') output.line(`failed: ${event.reason}`);
  else output.note(troubleOf(event));
}
