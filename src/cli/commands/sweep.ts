// `bptt sweep`: many trainings on one text, and the best of them as a model file.
import { basename } from 'node:path';
import { BpttError } from '../../base/errors.ts';
import type { SweepWorkerEvent } from '../../bullmq/index.ts';
import { moreKinds } from '../../layers/kinds.ts';
import { deserialize, serialize } from '../../model/model-file.ts';
import { writeFileAtomic } from '../../node/atomic-file.ts';
import { folderStore } from '../../node.ts';
import {
  type CheckpointStore,
  type SweepEvent,
  type SweepOptions,
  sweep,
  type TrialOptions,
} from '../../sweep/index.ts';
import type { Tokenizer } from '../../tokenizers/index.ts';
import type { SweepValues } from '../flags/sweep-flags.ts';
import { writeLearned } from '../io/learned-file.ts';
import type { Output } from '../io/output.ts';
import { checkTarget } from '../io/paths.ts';
import { readTexts } from '../io/text-file.ts';
import { VOCABULARY } from '../io/vocabulary.ts';
import { sweepReport } from '../report/sweep-report.ts';
import { readSweepFile, trialOf } from '../sweep/file.ts';
import { dataOf, type Inputs, keepInputs } from '../sweep/inputs.ts';
import { connect, type SweepServer, troubleOf } from '../sweep/server.ts';
import { TrialTable } from '../sweep/table.ts';
import { workAt } from './worker.ts';

/** @param embedded Where the text is that is read when the file names none. */
export async function sweepCommand(
  path: string,
  values: SweepValues,
  embedded: URL,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { out, csv, report, overwrite } = values;
  const file = await readSweepFile(path);
  const others = [path, ...file.text];
  if (out !== undefined) await checkTarget({ where: '--out', path: out, others: [...others, csv], overwrite });
  if (csv !== undefined) await checkTarget({ where: '--csv', path: csv, others, overwrite });
  if (report !== undefined)
    await checkTarget({ where: '--report', path: report, others: [...others, out, csv], overwrite });
  const { text: paths, tokenizer, vocabularySize, validation: share, trial: _, ...options } = file;
  const { text } = await readTexts(paths, embedded);
  const inputs = { text, tokenizer, validation: share, ...(vocabularySize !== undefined && { vocabularySize }) };
  const { data, validation, vocabulary } = dataOf(path, inputs);
  const place = await placeOf(path, values);
  await checkPlace(place, values.resume);
  const table = new TrialTable(output, file.trials, values.json);
  const run = await runnerOf(place, inputs, values, output);
  const { reason, study, best } = await sweep({
    ...(options as Omit<SweepOptions, 'trial' | 'data' | 'validation'>),
    trial: (parameters) => trialOf(file, parameters, vocabulary.size) as TrialOptions,
    data,
    validation,
    ...run.options,
    store: place.store,
    signal,
    onEvent: (event: SweepEvent) => table.take(event),
  }).finally(run.end);
  table.end();
  const write = (file: string, content: string) =>
    writeFileAtomic(file, new TextEncoder().encode(content), { replace: overwrite });
  if (csv !== undefined) await write(csv, study.toCSV());
  if (report !== undefined) {
    await write(report, sweepReport({ name: path, space: options.space, results: study.results }));
  }
  if (reason === 'aborted') {
    output.note(`bptt: stopped; ${study.results.length} of ${file.trials} trials have ended. --resume goes on.`);
    return;
  }
  if (best === undefined)
    throw new BpttError('invalid-argument', `${path}: expected a trial that is complete, got none: see the table`);
  if (out === undefined) table.winner(best, out);
  else table.winner(best, await writeLearned(out, await withVocabulary(best.model, vocabulary), overwrite));
}

/** Where the trials are kept, and the server where there is one. */
interface Place {
  /** For messages: the folder, or the sweep on the server. */
  readonly where: string;
  readonly name: string;
  readonly store: CheckpointStore;
  readonly server: SweepServer | undefined;
}

async function placeOf(path: string, values: SweepValues): Promise<Place> {
  const stem = path.replace(/\.json$/i, '');
  const server = await connect(values);
  if (server === undefined) {
    if (values.name !== undefined) throw wrong('--name', 'a server beside it, --redis or --postgres', 'none');
    if (values.workers === 0) throw wrong('--workers', 'a server beside 0, --redis or --postgres', 'none');
    const where = values.store ?? `${stem}.sweep`;
    return { where, name: where, store: folderStore(where), server };
  }
  if (values.store !== undefined) throw wrong('--store', `no folder: trials are kept on the server`, values.store);
  const name = values.name ?? basename(stem);
  try {
    return { where: `sweep ${name} at ${server.flag}`, name, store: await server.store(name), server };
  } catch (error) {
    await server.close();
    if (values.name === undefined && error instanceof BpttError && error.code === 'invalid-argument') {
      throw wrong(
        '--name',
        'a name for the sweep of at most 100 letters, digits and _ . -',
        `none, and ${name} is none`,
      );
    }
    throw error;
  }
}

/** @throws BpttError where there is a sweep and none is to be gone on with, and the other way round. */
async function checkPlace({ where, store, server }: Place, resume: boolean): Promise<void> {
  const found = await store.read('sweep.json');
  if ((found !== undefined) === resume) return;
  await server?.close();
  const other = server ? '--name' : '--store';
  if (resume) throw new BpttError('bad-file', `--resume: expected a sweep in ${where}, got none`);
  throw new BpttError(
    'bad-file',
    `${where}: expected no sweep there, got one: --resume goes on with it, ${other} names another`,
  );
}

/** Who runs the trials: this process, or a queue whose workers are others and, with --workers, this process. */
async function runnerOf(
  { store, name, server }: Place,
  inputs: Inputs,
  { workers }: SweepValues,
  output: Output,
): Promise<{ readonly options: Pick<SweepOptions, 'workers' | 'queue'>; readonly end: () => Promise<unknown> }> {
  if (server === undefined) return { options: { workers }, end: async () => undefined };
  await keepInputs(store, inputs);
  const queue = await server.bullmq.sweepQueue({ connection: server.url, name });
  const worker = workers > 0 ? await workAt(server, workers, (event) => tellTrouble(event, output)) : undefined;
  return {
    options: { queue },
    async end() {
      await worker?.close();
      await queue.close();
      await server.close();
    },
  };
}

function tellTrouble(event: SweepWorkerEvent, output: Output): void {
  if (event.type === 'disconnected' || event.type === 'full') output.note(troubleOf(event));
}

const wrong = (where: string, expected: string, got: string) =>
  new BpttError('invalid-argument', `${where}: expected ${expected}, got ${got}`);

/** The model file with what the other commands read it by. */
async function withVocabulary(bytes: Uint8Array, vocabulary: Tokenizer): Promise<Uint8Array> {
  const { model } = await deserialize(bytes, { kinds: moreKinds });
  return serialize(model, { metadata: { [VOCABULARY]: JSON.stringify(vocabulary) } });
}
