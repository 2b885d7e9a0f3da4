// `bptt sweep`: many trainings on one text, and the best of them as a model file.
import { BpttError } from '../../base/errors.ts';
import { splitTokens } from '../../data/split.ts';
import { moreKinds } from '../../layers/kinds.ts';
import { deserialize, serialize } from '../../model/model-file.ts';
import { writeFileAtomic } from '../../node/atomic-file.ts';
import { folderStore } from '../../node.ts';
import { type SweepEvent, type SweepOptions, sweep, type TrialOptions } from '../../sweep/index.ts';
import type { Tokenizer } from '../../tokenizers/index.ts';
import type { SweepValues } from '../flags/sweep-flags.ts';
import { wholeCorpus } from '../io/corpus.ts';
import { writeLearned } from '../io/learned-file.ts';
import type { Output } from '../io/output.ts';
import { checkTarget } from '../io/paths.ts';
import { readTexts } from '../io/text-file.ts';
import { VOCABULARY } from '../io/vocabulary.ts';
import { readSweepFile, trialOf } from '../sweep/file.ts';
import { TrialTable } from '../sweep/table.ts';

/** @param embedded Where the text is that is read when the file names none. */
export async function sweepCommand(
  path: string,
  values: SweepValues,
  embedded: URL,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { out, csv, overwrite, workers } = values;
  const file = await readSweepFile(path);
  const others = [path, ...file.text];
  if (out !== undefined) await checkTarget({ where: '--out', path: out, others: [...others, csv], overwrite });
  if (csv !== undefined) await checkTarget({ where: '--csv', path: csv, others, overwrite });
  const folder = values.store ?? `${path.replace(/\.json$/i, '')}.sweep`;
  await checkFolder(folder, values.resume);
  const { text, tokenizer, vocabularySize, validation: share, trial: _, ...options } = file;
  const read = await readTexts(text, embedded);
  const { vocabulary } = wholeCorpus(read, { tokenizer, vocabularySize });
  const parts = splitTokens(vocabulary.encode(read.text), share);
  const table = new TrialTable(output, file.trials, values.json);
  const { reason, study, best } = await sweep({
    ...(options as Omit<SweepOptions, 'trial' | 'data' | 'validation'>),
    trial: (parameters) => trialOf(file, parameters, vocabulary.size) as TrialOptions,
    data: parts.training,
    validation: parts.validation,
    workers,
    store: folderStore(folder),
    signal,
    onEvent: (event: SweepEvent) => table.take(event),
  });
  table.end();
  if (csv !== undefined) await writeFileAtomic(csv, new TextEncoder().encode(study.toCSV()), { replace: overwrite });
  if (reason === 'aborted') {
    output.note(`bptt: stopped; ${study.results.length} of ${file.trials} trials have ended. --resume goes on.`);
    return;
  }
  if (best === undefined)
    throw new BpttError('invalid-argument', `${path}: expected a trial that is complete, got none: see the table`);
  const write = async (path: string) => writeLearned(path, await withVocabulary(best.model, vocabulary), overwrite);
  table.winner(best, out === undefined ? undefined : await write(out));
}

/** @throws BpttError for a folder that has a sweep where none is gone on with, and the other way round. */
async function checkFolder(folder: string, resume: boolean): Promise<void> {
  const found = (await folderStore(folder).read('sweep.json')) !== undefined;
  if (found && !resume) {
    throw new BpttError(
      'bad-file',
      `${folder}: expected no sweep in the folder, got one: --resume goes on with it, --store names another`,
    );
  }
  if (!found && resume) throw new BpttError('bad-file', `--resume: expected a sweep in ${folder}, got none`);
}

/** The model file with what the other commands read it by. */
async function withVocabulary(bytes: Uint8Array, vocabulary: Tokenizer): Promise<Uint8Array> {
  const { model } = await deserialize(bytes, { kinds: moreKinds });
  return serialize(model, { metadata: { [VOCABULARY]: JSON.stringify(vocabulary) } });
}
