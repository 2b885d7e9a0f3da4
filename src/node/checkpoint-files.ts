// Checkpoints in files: written whole or not at all, the newest few kept, the newest readable one found again.
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { checkBytes } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, having, integer, type Options, withDefault } from '../base/fields.ts';
import type { LayerKind } from '../layers/contract.ts';
import { kindsFields, kindsOf } from '../layers/describe.ts';
import { moreKinds } from '../layers/kinds.ts';
import { decodeModelFile, type ModelFileContent } from '../model/decode-model-file.ts';
import { checkPath, readBytes, removeAbandoned, writeFileAtomic } from './atomic-file.ts';

export const checkpointFilesFields = {
  /** How many of the newest are kept, ≥ 1. Default 2. */
  keep: withDefault(integer({ min: 1 }), 2),
};

const fields = { ...checkpointFilesFields, ...kindsFields };

/** Of an event of a checkpoint. */
const written = having({ step: integer({ min: 0 }), bytes: { check: checkBytes } });

/** How many checkpoints `CheckpointFiles` keeps, and layers of your own that they may have. */
export interface CheckpointFilesOptions extends Options<typeof kindsFields>, Options<typeof fields> {}

/** A checkpoint that was read. */
export interface FoundCheckpoint {
  /** Where it was found. */
  readonly path: string;
  /** Updates made before it. */
  readonly step: number;
  /** What `train` takes as `resume`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the bytes say: reading them showed that the file is whole. @internal */
  readonly content: ModelFileContent;
  /** Newer ones that are damaged, with the reason. */
  readonly damaged: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * The checkpoints of one training, beside the file that it will write: those of `model.safetensors` are `model.checkpoint-500.safetensors`
 * and so on, by the step.
 *
 * @example
 * const files = new CheckpointFiles('model.safetensors', { keep: 3 });
 * const found = await files.newest();
 * for await (const event of train(model, { ...options, checkpoint: { every: 500 }, ...(found && { resume: found.bytes }) })) {
 *   if (event.type === 'checkpoint') await files.write(event);
 * }
 */
export class CheckpointFiles {
  /** @internal The bundle renames classes. */
  static readonly name: string = 'CheckpointFiles';

  readonly #path: string;
  readonly #directory: string;
  readonly #stem: string;
  readonly #extension: string;
  readonly #keep: number;
  readonly #kinds: readonly LayerKind<never>[];

  /** @throws BpttError for options that are wrong or unknown. */
  constructor(path: string, options: CheckpointFilesOptions = {}) {
    const { keep, kinds } = checkFields('CheckpointFiles', options, fields);
    this.#keep = keep;
    this.#kinds = kindsOf([...moreKinds, ...kinds]);
    this.#path = checkPath('CheckpointFiles(path)', path);
    this.#extension = extname(path);
    this.#directory = dirname(path);
    this.#stem = `${basename(path, this.#extension)}.checkpoint-`;
  }

  /**
   * Writes the checkpoint of a step, and then removes the oldest of those that are too many.
   *
   * @returns The path.
   * @throws BpttError `bad-file` with the path and the reason; all former checkpoints are then still there.
   */
  async write(checkpoint: { readonly step: number; readonly bytes: Uint8Array }): Promise<string> {
    const { step, bytes } = written.check('CheckpointFiles.write', checkpoint);
    const path = this.#pathOf(step);
    await writeFileAtomic(path, bytes, { owner: this.#path });
    for (const old of (await this.steps()).filter((other) => other !== step).slice(this.#keep - 1)) {
      await rm(this.#pathOf(old), { force: true });
    }
    return path;
  }

  /** The steps of the checkpoints that are there, the newest first. */
  async steps(): Promise<readonly number[]> {
    const names = await readdir(this.#directory).catch((): string[] => []);
    return names
      .filter((name) => name.startsWith(this.#stem) && extname(name) === this.#extension)
      .map((name) => basename(name, this.#extension).slice(this.#stem.length))
      .filter((step) => /^\d+$/.test(step))
      .map(Number)
      .sort((a, b) => b - a);
  }

  /**
   * The newest checkpoint that is whole; undefined where there is none at all.
   *
   * @throws BpttError `bad-file` when there are some but each is damaged.
   */
  async newest(): Promise<FoundCheckpoint | undefined> {
    const damaged: { readonly path: string; readonly reason: string }[] = [];
    for (const step of await this.steps()) {
      const path = this.#pathOf(step);
      try {
        const bytes = await readBytes(path);
        return { path, step, bytes, content: await decodeModelFile(bytes, path, this.#kinds), damaged };
      } catch (error) {
        if (!(error instanceof BpttError)) throw error;
        damaged.push({ path, reason: error.message });
      }
    }
    if (damaged.length === 0) return undefined;
    throw new BpttError('bad-file', damaged.map(({ reason }) => reason).join('; '));
  }

  /** Removes all checkpoints of this training, and what was left of those in whose writing it was killed. */
  async clear(): Promise<void> {
    for (const step of await this.steps()) await rm(this.#pathOf(step), { force: true });
    await removeAbandoned(this.#path);
  }

  #pathOf(step: number): string {
    return join(this.#directory, `${this.#stem}${step}${this.#extension}`);
  }
}
