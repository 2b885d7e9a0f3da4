// How `bptt train --resume` finds what it goes on with: text and flags are kept in each checkpoint.
import { resolve } from 'node:path';
import { BpttError } from '../../base/errors.ts';
import { checkFields, list, string, such } from '../../base/fields.ts';
import { parseJson } from '../../base/parse-json.ts';
import { CheckpointFiles, type FoundCheckpoint } from '../../node/checkpoint-files.ts';
import { runFlags } from '../flags/command-line.ts';
import { typed } from '../flags/flags.ts';

/** The name of the entry in a checkpoint's metadata. */
export const COMMAND = 'command';

/** What is not kept of the command, but said anew when a training is resumed: also where its files are, and how many of them. */
const saidAnew: readonly string[] = [...runFlags, 'out', 'keep'];

/** A training that was left. */
export interface Left {
  readonly checkpoint: FoundCheckpoint;
  /** The absolute paths of its text; none for the embedded one. */
  readonly files: readonly string[];
  readonly digest: string;
  readonly values: Readonly<Record<string, unknown>>;
}

const kept = {
  files: list(string, 'paths'),
  digest: string,
  values: such<Readonly<Record<string, unknown>>>('an object', (value) => typeof value === 'object' && value !== null),
};

/** What a training reads, and by what it is known again. */
interface Read {
  readonly name: string;
  readonly digest: string;
}

/** What a checkpoint keeps of the command, as JSON. `files`: as they were given. */
export function commandOf(
  files: readonly string[],
  { digest }: Pick<Read, 'digest'>,
  values: Readonly<Record<string, unknown>> & { readonly from?: string | undefined },
): string {
  const flags = Object.entries(values).filter(([name]) => !saidAnew.includes(name));
  return JSON.stringify({
    files: files.map((file) => resolve(file)),
    digest,
    values: { ...Object.fromEntries(flags), ...(values.from !== undefined && { from: resolve(values.from) }) },
  });
}

/**
 * The training of a task whose newest whole checkpoint is beside `out`.
 *
 * @throws BpttError `bad-file` when there is none, all are damaged, or it is of another task.
 */
export async function findUnfinished(out: string, task: string): Promise<Left> {
  const checkpoint = await new CheckpointFiles(out).newest();
  if (checkpoint === undefined) {
    throw new BpttError('bad-file', `--resume: expected checkpoints of ${out} beside it, got none`);
  }
  const { path, content } = checkpoint;
  const command = content.metadata[COMMAND];
  if (command === undefined) {
    throw new BpttError('bad-file', `${path}: expected a checkpoint of \`bptt train\`, got one of another program`);
  }
  const left = readCommand(path, command);
  const { task: was = 'text' } = left.values;
  if (was === task) return { checkpoint, ...left };
  throw new BpttError('bad-file', `${path}: expected a checkpoint of --task ${task}, got one of --task ${was}`);
}

function readCommand(path: string, command: string) {
  try {
    return checkFields(COMMAND, parseJson(command), kept);
  } catch (cause) {
    throw new BpttError('bad-file', `${path}: expected the flags of \`bptt train\` in JSON, got something else`, {
      cause,
    });
  }
}

/** @throws BpttError when what is read, a text or recordings, is not what the training began with. */
export function checkRead({ digest, checkpoint }: Left, what: string, { name, digest: found }: Read): void {
  if (found === digest) return;
  throw new BpttError(
    'bad-file',
    `${name}: expected the ${what} that the training of ${checkpoint.path} began with, got ${what === 'text' ? 'another' : 'others'}`,
  );
}

/**
 * The flags that a training goes on with where no others are given. A new --steps takes the place of --epochs, and the other way round.
 *
 * @param given What was typed, and the defaults.
 * @param fixed The flags that cannot be others.
 * @throws BpttError for a flag that cannot be another now.
 */
export function keptOf(
  { values, checkpoint }: Left,
  given: Readonly<Record<string, unknown>>,
  isTyped: (name: string) => boolean,
  fixed: readonly string[],
): Left['values'] {
  for (const name of fixed.filter(isTyped)) {
    const [was, is] = [values[name], given[name]];
    if (was === is || (name === 'k2' && was === undefined && is === values.k1)) continue;
    const expected = was === undefined ? 'it left out' : String(was);
    throw new BpttError(
      'invalid-argument',
      `${typed(name)}: expected ${expected}, as in the training of ${checkpoint.path}, got ${is}; --restart begins another`,
    );
  }
  const instead = isTyped('steps') ? 'epochs' : isTyped('epochs') ? 'steps' : undefined;
  return Object.fromEntries(Object.entries(values).filter(([name]) => name !== instead));
}
