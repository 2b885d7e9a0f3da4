// Which trials a sweep has and how they went: ask for a trial, tell what came of it. Nothing here runs a trial.
import { fail, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  type Checked,
  checkFields,
  integer,
  list,
  number,
  type Options,
  object,
  optional,
  withDefault,
} from '../base/fields.ts';
import { parseJson } from '../base/parse-json.ts';
import { toCsv } from './csv.ts';
import { type Pruner, pruner, pruneWith } from './pruners/index.ts';
import type { Prune } from './pruners/pruner.ts';
import {
  bestOf,
  checkResult,
  frontOf,
  type GivenResult,
  MOST_TRIALS,
  objectiveFields,
  type Report,
  type TrialResult,
} from './result.ts';
import { adapts, type Sampler, sampler, suggestWith } from './samplers/index.ts';
import type { Suggest } from './samplers/sampler.ts';
import { type Parameters, type SearchSpace, searchSpace } from './space.ts';

/** Whether less or more of an objective is better. */
export interface ObjectiveOptions extends Options<typeof objectiveFields> {}

export const studyFields = {
  /** What is searched. */
  space: searchSpace,
  /** From which all random choices come, ≥ 0. Default 0. */
  seed: withDefault(integer({ min: 0 }), 0),
  /** How many trials there are, at most a million. Default: as many as are asked for. */
  trials: optional(integer({ min: 1, max: MOST_TRIALS })),
  /** How parameters are chosen. Default `tpe()`, with several objectives `quasiRandom()`. */
  sampler: optional(sampler),
  /** Which trials end early. Default: none does. */
  pruner: optional(pruner),
  /** What is to become less or more: one, or several, of which the best compromises are sought. Default one that becomes less. */
  objectives: withDefault(
    list(object<typeof objectiveFields, ObjectiveOptions>(objectiveFields), 'objectives', 1),
    () => [{ direction: 'minimize' as const }],
  ),
  /**
   * Trials that are chosen and pruned by the same results, those of the generations before: so many can run at a time where a sampler or a
   * pruner goes by results. The trials depend on it, not on how many do run at a time. Default 4.
   */
  generation: withDefault(integer({ min: 1 }), 4),
  /** Trials in a row without a better one after which the sweep ends, looked at after each generation. Default: it does not end so. */
  patience: optional(integer({ min: 1 })),
};

/** What is searched, how parameters are chosen and trials pruned, and when the search ends. */
export interface StudyOptions extends Omit<Options<typeof studyFields>, 'space' | 'objectives'> {
  /** What is searched. */
  readonly space: SearchSpace;
  /** What is to become less or more: one, or several, of which the best compromises are sought. Default one that becomes less. */
  readonly objectives?: readonly ObjectiveOptions[];
}

/** A trial that was asked for. */
export interface AskedTrial {
  /** From 0. */
  readonly number: number;
  /** The values to try, by name. */
  readonly parameters: Parameters;
}

/** What came of a trial: the value of the objective, or one of each; or why there is none. */
export type Outcome = number | readonly number[] | 'pruned' | 'failed';

/** A study as plain data: what `createStudy` takes, and all results. */
export interface StudyData {
  /** What `createStudy` was given, with all defaults. */
  readonly options: StudyOptions;
  /** The trials that have ended. */
  readonly results: readonly TrialResult[];
}

interface Running extends AskedTrial {
  readonly reports: Report[];
}

/**
 * The trials of a sweep, to be run by whoever asks for them. What trial n has for parameters, and whether it is pruned, is a function of the
 * options and of the results of the generations before its own, never of the order in which results arrive: one process or sixteen machines
 * have the same trials and the same winner.
 *
 * @example
 * const study = createStudy({ space: { x: float({ min: -10, max: 10 }) }, trials: 30 });
 * for (let trial = study.ask(); trial !== undefined; trial = study.ask()) study.tell(trial.number, trial.parameters.x ** 2);
 * console.log(study.best.parameters);
 *
 * @throws BpttError for options that are wrong or unknown, and combinations of them that cannot be.
 */
export function createStudy(options: StudyOptions): Study {
  return new Study(checkFields('createStudy', options, studyFields), options);
}

/**
 * The study that `study.toJSON()` or its text in JSON says: it goes on where that one was.
 *
 * @throws BpttError for what is no study, and for results that are not of trials of its space.
 *
 * @example
 * const study = createStudy({ space: { x: float({ min: -10, max: 10 }) } });
 * const again = studyFromJson(JSON.stringify(study)); // in another process, on another day
 * console.log(again.results.length);
 */
export function studyFromJson(json: string | StudyData): Study {
  const where = 'studyFromJson';
  let data: unknown = json;
  try {
    if (typeof json === 'string') data = parseJson(json);
  } catch (cause) {
    throw new BpttError('bad-file', `${where}: expected a study in JSON, got ${(cause as Error).message}`, { cause });
  }
  const { options, results } = checkFields(where, data, {
    options: { check: (_: string, value: unknown) => value as StudyOptions },
    results: list({ check: (_, value) => value as GivenResult }, 'results'),
  });
  const study = new Study(checkFields(`${where}.options`, options, studyFields), options);
  for (const [index, result] of results.entries()) study.take(`${where}.results[${index}]`, result);
  return study;
}

/**
 * The trials of a search: which come next, what came of them, and which is best. Made by `createStudy` and `studyFromJson`.
 *
 * @example
 * const study = createStudy({ space: { x: float({ min: -10, max: 10 }) }, trials: 8 });
 * for (let trial = study.ask(); trial !== undefined; trial = study.ask()) study.tell(trial.number, (trial.parameters.x - 3) ** 2);
 * console.log(study.done, study.best.parameters, study.toCSV());
 */
export class Study {
  /** @internal The bundle renames classes. */
  static readonly name: string = 'Study';

  readonly #options: Checked<typeof studyFields>;
  readonly #given: StudyOptions;
  readonly #suggest: Suggest;
  readonly #prune: Prune | undefined;
  /** By number; there may be holes while trials run. */
  readonly #results: TrialResult[] = [];
  readonly #running = new Map<number, Running>();
  readonly #parameters: Parameters[] = [];
  #next = 0;

  /** @internal */
  constructor(options: Checked<typeof studyFields>, given: StudyOptions) {
    const { space, seed, objectives, pruner } = options;
    const direction = objectives[0]!.direction;
    const chosen: Sampler =
      options.sampler ??
      (objectives.length === 1 ? { kind: 'tpe', startup: 10, candidates: 24 } : { kind: 'quasi-random' });
    this.#options = { ...options, sampler: chosen };
    this.#given = given;
    this.#suggest = suggestWith('createStudy.sampler', chosen, { space, seed, direction }, objectives.length);
    if (pruner === undefined) return;
    if (objectives.length > 1) fail('createStudy.pruner', 'none with several objectives', show(pruner.kind));
    this.#prune = pruneWith(pruner as Pruner, { seed, direction, firstOf: (number) => this.#firstOf(number) });
  }

  /** All results so far, by the numbers of the trials. */
  get results(): readonly TrialResult[] {
    return this.#results.filter(() => true); // holes are passed over
  }

  /** The complete trial with the best first objective, of equal ones the first; undefined where none is complete. */
  get best(): TrialResult | undefined {
    return bestOf(this.results, this.#options.objectives[0]!.direction);
  }

  /** The complete trials to which no other is better in one objective and as good in all: with one objective the best. */
  get front(): readonly TrialResult[] {
    return frontOf(
      this.results,
      this.#options.objectives.map(({ direction }) => direction),
    );
  }

  /** Whether there are no more trials: all were told, the grid is at its end, or nothing became better for `patience` trials. */
  get done(): boolean {
    return this.#running.size === 0 && this.#ended(this.#nextNumber());
  }

  /**
   * The next trial; undefined when there is none, now or ever (`done` says which): trials that go by results wait for those of the
   * generations before.
   */
  ask(): AskedTrial | undefined {
    const number = this.#nextNumber();
    if (!this.#isKnown(this.#firstOf(number)) || this.#ended(number)) return undefined;
    const trial: Running = { number, parameters: this.#parametersOf(number)!, reports: [] };
    this.#running.set(number, trial);
    this.#next++;
    return { number, parameters: trial.parameters };
  }

  /**
   * Takes the objective of a trial after so many steps.
   *
   * @returns Whether the trial is to end: its outcome is then `pruned`.
   * @throws BpttError for a trial that does not run, a step that is not after the last one, and a value that is not finite.
   */
  report(number: number, step: number, value: number): boolean {
    const trial = this.#runningTrial('Study.report', number);
    const { reports } = trial;
    const least = (reports.at(-1)?.[0] ?? -1) + 1;
    reports.push([integer({ min: least }).check('Study.report(step)', step), finite('Study.report(value)', value)]);
    return this.prunes(number, reports);
  }

  /**
   * Whether a trial with these reports ends after the last of them. It changes nothing, and is for who keeps the reports.
   *
   * @internal
   */
  prunes(number: number, reports: readonly Report[]): boolean {
    if (this.#prune === undefined || reports.length === 0) return false;
    return this.#prune(number, reports, this.#results.slice(0, this.#firstOf(number)));
  }

  /**
   * The trials whose results decide whether this one is pruned, and are not known yet: for who runs a trial that another has asked for.
   *
   * @internal
   */
  missingFor(number: number): readonly number[] {
    if (this.#prune === undefined) return [];
    return Array.from({ length: this.#firstOf(number) }, (_, each) => each).filter((each) => !(each in this.#results));
  }

  /**
   * Takes what came of a trial that was asked for.
   *
   * @throws BpttError for a trial that does not run, and numbers that are not finite or as many as there are objectives.
   */
  tell(number: number, outcome: Outcome): void {
    const { parameters, reports } = this.#runningTrial('Study.tell', number);
    const state = outcome === 'pruned' || outcome === 'failed' ? outcome : 'complete';
    const several = readable('Study.tell(outcome)', () => Array.isArray(outcome));
    const values = state === 'complete' ? (several ? outcome : [outcome]) : [];
    this.take('Study.tell(outcome)', { number, parameters, state, reports, values });
  }

  /**
   * Takes the result of a trial from elsewhere, such as a file.
   *
   * @throws BpttError for a result that is none of this space, and for another one than the trial has already.
   */
  add(result: GivenResult): void {
    this.take('Study.add(result)', result);
  }

  /** @internal */
  take(where: string, result: unknown): void {
    const { space, objectives } = this.#options;
    const checked = checkResult(where, result, space, objectives.length);
    const known = this.#results[checked.number];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(checked)) {
      fail(where, `the result that trial ${checked.number} has already`, 'another one');
    }
    this.#running.delete(checked.number);
    this.#results[checked.number] = checked;
  }

  /** As plain data, from which `studyFromJson` makes the study again. Trials that run are not in it: they are asked for again. */
  toJSON(): StudyData {
    return { options: this.#given, results: this.results };
  }

  /** The results as a table in CSV: number, state, objectives, steps, parameters. */
  toCSV(): string {
    return toCsv(this.results, this.#options.space, this.#options.objectives.length);
  }

  /** The first trial that was not asked for and has no result. */
  #nextNumber(): number {
    while (this.#next in this.#results) this.#next++;
    return this.#next;
  }

  #runningTrial(where: string, number: number): Running {
    return (
      this.#running.get(number) ??
      fail(`${where}(number)`, 'the number of a trial that was asked for and has not ended', show(number))
    );
  }

  /** The first trial of a trial's generation, by whose predecessors it is chosen; 0 where results do not matter. */
  #firstOf(number: number): number {
    const { generation, pruner, patience, sampler } = this.#options;
    const matters = pruner !== undefined || patience !== undefined || adapts(sampler!);
    return matters ? number - (number % generation) : 0;
  }

  /** Whether all of the first so many trials have ended. */
  #isKnown(count: number): boolean {
    for (let number = 0; number < count; number++) if (!(number in this.#results)) return false;
    return true;
  }

  /** The parameters of a trial, once the generations before have ended; they do not change after that. */
  #parametersOf(number: number): Parameters | undefined {
    const first = this.#firstOf(number);
    const beside: Parameters[] = [];
    for (let each = first; each <= number; each++) {
      const known = this.#parameters[each] ?? this.#suggest(each, { results: this.#results.slice(0, first), beside });
      if (known === undefined) return undefined;
      this.#parameters[each] = known;
      beside.push(known);
    }
    return this.#parameters[number];
  }

  #ended(number: number): boolean {
    const { trials = Number.POSITIVE_INFINITY, patience = Number.POSITIVE_INFINITY, objectives } = this.#options;
    if (number >= trials) return true;
    const first = this.#firstOf(number);
    if (!this.#isKnown(first)) return false;
    const best = bestOf(this.#results.slice(0, first), objectives[0]!.direction);
    return first - 1 - (best?.number ?? -1) >= patience || this.#parametersOf(number) === undefined;
  }
}

const finite = (where: string, value: unknown) => number().check(where, value);
