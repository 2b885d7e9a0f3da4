// What a store has of one trial: its plan, its checkpoints, its result. Each is written once; who comes to the same place later compares.

import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { boolean, type Field, having, integer, list, number, object, string, such } from '../base/fields.ts';
import { sha256 } from './digest.ts';
import { differenceOf, planText, type TrialPlan } from './plan.ts';
import type { TrialResult } from './result.ts';
import { type CheckpointStore, readJson } from './store.ts';
import { nameOf, thisWorker, type Worker } from './worker.ts';

/** A validation: all objectives after so many steps, and whether it was the best so far. */
export interface Mark {
  readonly step: number;
  readonly values: readonly number[];
  readonly best: boolean;
}

/** What is kept beside the bytes of a checkpoint. */
interface Step {
  readonly step: number;
  /** SHA-256 of the bytes. */
  readonly digest: string;
  /** The validations up to there. */
  readonly marks: readonly Mark[];
  readonly worker: Worker;
}

/** A result, and which model it is of. */
export interface KeptResult extends TrialResult {
  /** SHA-256 of the model file; null where the trial is not complete. */
  readonly digest: string | null;
  /** Who ran it: the machine and process, its engine, and the version of this package. */
  readonly worker: Worker;
}

const digest = such<string>(
  'a SHA-256 in hexadecimal digits',
  (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
);
const mark = object({ step: integer({ min: 0 }), values: list(number(), 'numbers', 1), best: boolean });

/** What records must hold, whoever wrote them; at the rest of a result the study looks that takes it. */
const records = {
  step: having({ digest, marks: list(mark, 'validations') }),
  result: having({
    digest: { check: (where: string, value: unknown) => (value === null ? null : digest.check(where, value)) },
  }),
  worker: having({ worker: having({ name: string, engine: string, version: string }) }),
};

/** The newest checkpoints whose bytes stay: the one before the last is for when the last is damaged. */
const KEPT = 2;

const encode = (value: unknown) => new TextEncoder().encode(planText(value as object));

/** Removes the bytes of checkpoints whose keys begin so; what is known of them stays, to be compared with what others come to. */
export async function removeCheckpoints(store: CheckpointStore, prefix: string): Promise<void> {
  for (const key of await store.keys(prefix)) {
    if (/\/checkpoint-\d+\.\w+\.safetensors$/.test(key)) await store.remove(key);
  }
}

export class TrialRecord {
  readonly #store: CheckpointStore;
  readonly #number: number;
  readonly #prefix: string;

  constructor(store: CheckpointStore, number: number) {
    this.#store = store;
    this.#number = number;
    this.#prefix = `trials/${number}/`;
  }

  /** @throws BpttError where the trial was begun with another plan or other data. */
  async describe(plan: TrialPlan, parts: { readonly parameters: object; readonly data: object }): Promise<void> {
    const whole = { ...parts, ...plan };
    const difference = await this.#addOnce('plan.json', whole);
    if (difference === undefined) return;
    const { path, was, is } = difference;
    throw this.#error('invalid-argument', `${path} ${show(was)}, as it was begun with, got ${show(is)}`);
  }

  /** The result, where the trial has ended. */
  async result(): Promise<KeptResult | undefined> {
    const bytes = await this.#store.read(`${this.#prefix}result.json`);
    if (bytes === undefined) return undefined;
    this.#checked('result.json', bytes, records.result);
    return this.#read('result.json', bytes) as object as KeptResult;
  }

  /** The bytes of the model of a complete trial. @throws BpttError where they are not there, or not those of the result. */
  async model({ digest }: KeptResult): Promise<Uint8Array> {
    const name = `model-${digest}.safetensors`;
    const bytes = await this.#store.read(this.#prefix + name);
    if (bytes !== undefined && (await sha256(bytes)) === digest) return bytes;
    throw this.#error(
      'bad-file',
      `${this.#prefix}${name} with the bytes that it is called by, got ${bytes === undefined ? 'none' : 'others'}`,
    );
  }

  /** Keeps the end of a trial; `model` are the bytes of a complete one. @throws BpttError where another worker had another end. */
  async end(result: TrialResult, model: Uint8Array | undefined): Promise<KeptResult> {
    const digest = model === undefined ? null : await sha256(model);
    // Before the result, which says that it is there.
    if (model !== undefined) await this.#store.add(`${this.#prefix}model-${digest}.safetensors`, model);
    const kept: KeptResult = { ...result, digest, worker: thisWorker() };
    const difference = await this.#addOnce('result.json', kept);
    if (difference !== undefined) throw await this.#disagreement('result.json', 'the end of the trial', difference);
    await removeCheckpoints(this.#store, `${this.#prefix}checkpoint-`);
    return kept;
  }

  /** Keeps a checkpoint. @throws BpttError where another worker had others bytes at that step. */
  async keep(step: number, bytes: Uint8Array, marks: readonly Mark[]): Promise<void> {
    const digest = await sha256(bytes);
    const name = `checkpoint-${step}.json`;
    const own: Step = { step, digest, marks, worker: thisWorker() };
    if ((await this.#store.read(this.#prefix + name)) === undefined) {
      await this.#store.add(this.#keyOf(own), bytes);
    }
    const difference = await this.#addOnce(name, own);
    if (difference !== undefined) throw await this.#disagreement(name, `step ${step}`, difference);
    const steps = await this.#steps();
    for (const old of steps.slice(KEPT)) {
      await removeCheckpoints(this.#store, `${this.#prefix}checkpoint-${old}.`);
    }
  }

  /** The newest checkpoint that is whole; undefined where the trial begins anew. */
  async newest(): Promise<
    { readonly step: number; readonly bytes: Uint8Array; readonly marks: readonly Mark[] } | undefined
  > {
    for (const step of await this.#steps()) {
      const name = `checkpoint-${step}.json`;
      const record = await this.#store.read(this.#prefix + name);
      if (record === undefined) continue;
      const { digest, marks } = this.#checked(name, record, records.step);
      const bytes = await this.#store.read(this.#keyOf({ step, digest }));
      if (bytes !== undefined && (await sha256(bytes)) === digest) return { step, bytes, marks };
    }
    return undefined;
  }

  #keyOf({ step, digest }: Pick<Step, 'step' | 'digest'>): string {
    return `${this.#prefix}checkpoint-${step}.${digest}.safetensors`;
  }

  /** The steps of which there are records, the newest first. */
  async #steps(): Promise<readonly number[]> {
    const keys = await this.#store.keys(`${this.#prefix}checkpoint-`);
    const steps = keys.flatMap((key) => /checkpoint-(\d+)\.json$/.exec(key)?.[1] ?? []);
    return steps.map(Number).sort((a, b) => b - a);
  }

  /** Writes a record; where there is one, how that differs from this one, whoever wrote it. */
  async #addOnce(name: string, value: object) {
    if (await this.#store.add(this.#prefix + name, encode(value))) return undefined;
    const there = await this.#store.read(this.#prefix + name);
    if (there === undefined) throw this.#error('bad-file', `${this.#prefix}${name} to stay, got it removed`);
    // As what is read: JSON has no undefined.
    const own = readJson(name, encode(value));
    return differenceOf({ ...this.#read(name, there), worker: null }, { ...own, worker: null });
  }

  async #disagreement(name: string, what: string, { path }: { readonly path: string }): Promise<BpttError> {
    const there = this.#checked(name, (await this.#store.read(this.#prefix + name))!, records.worker);
    return this.#error(
      'worker-failed',
      `the same ${path} of ${what} from all workers, got others from ${nameOf(there.worker)} and from ${nameOf(thisWorker())}: versions differ, or a machine computes wrongly`,
    );
  }

  #checked<T>(name: string, bytes: Uint8Array, field: Field<T>): T {
    const value = this.#read(name, bytes);
    try {
      return field.check(`${this.#prefix}${name}`, value);
    } catch (cause) {
      throw new BpttError('bad-file', `sweep, trial ${this.#number}, ${(cause as Error).message}`, { cause });
    }
  }

  #read(name: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
    return readJson(`sweep, trial ${this.#number}, ${this.#prefix}${name}`, bytes);
  }

  #error(code: 'bad-file' | 'invalid-argument' | 'worker-failed', rest: string): BpttError {
    return new BpttError(code, `sweep, trial ${this.#number}: expected ${rest}`);
  }
}
