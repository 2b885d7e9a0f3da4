// What the page holds and does: the configuration, the two workers, and the link that follows the configuration.
import {
  type Config,
  type ConfigProblem,
  fitsLink,
  formatConfig,
  type Language,
  LONGEST_DATA,
  parseConfig,
} from '../settings/config.ts';
import { isLive, type RunField, type TaskField } from '../settings/fields.ts';
import { Lockstep } from './lockstep.ts';
import { Runner, type RunnerEvents, type RunState } from './runner.ts';
import type { Key } from './strings.ts';

/** Something to say once. */
export interface Note {
  readonly key: Key;
  readonly values?: Readonly<Record<string, string | number>>;
}

export class Playground {
  readonly #a: Runner;
  readonly #b: Runner;
  readonly #lockstep = new Lockstep();
  readonly #changed: (running: boolean) => void;
  #config: Config;
  #problems: readonly ConfigProblem[];
  #note: Note | undefined;
  /** The settings of the networks that were put aside. */
  #aside: Config | undefined;

  /**
   * @param language Where the link names none.
   * @param changed Called when there is something else to show, with whether networks are learning.
   */
  constructor(language: Language, changed: (running: boolean) => void) {
    this.#changed = changed;
    const events: RunnerEvents = {
      changed: () => this.#changed(this.running),
      done: (runner) => this.#lockstep.done(runner),
      saved: (bytes) => {
        download(bytes, `${this.#config.task.task}-${this.#config.a.cell}.safetensors`);
        this.#say({ key: 'status.saved' });
      },
      loaded: (link, data) => {
        const { config, problems } = parseConfig(link);
        this.#config = { ...config, data, language: this.#config.language, b: undefined };
        this.#problems = problems;
        this.#aside = undefined;
        this.#b.start(undefined, false);
        this.#lockstep.take([this.#a]);
        this.#writeLink();
        this.#say({ key: 'status.loaded' });
      },
      refused: () => this.#say({ key: 'error.load' }),
    };
    this.#a = new Runner(events);
    this.#b = new Runner(events);
    ({ config: this.#config, problems: this.#problems } = parseConfig(location.hash, language));
    this.#begin(this.#config);
    addEventListener('hashchange', () => {
      if (location.hash.slice(1) === this.link) return;
      const { config, problems } = parseConfig(location.hash, this.#config.language);
      this.#begin(config);
      this.#problems = problems;
    });
    // Whoever leaves is asked first, where something would be lost.
    addEventListener('beforeunload', (event) => this.learned > 0 && event.preventDefault());
  }

  get config(): Config {
    return this.#config;
  }

  /** What was wrong with the link. */
  get problems(): readonly ConfigProblem[] {
    return this.#problems;
  }

  get note(): Note | undefined {
    return this.#note;
  }

  get a(): RunState {
    return this.#a.state;
  }

  get b(): RunState {
    return this.#b.state;
  }

  /** Whether networks are learning. */
  get running(): boolean {
    return this.#lockstep.running;
  }

  /** Updates of the network that has learned most. */
  get learned(): number {
    return Math.max(0, ...this.#runners.map(({ state }) => state.snapshot?.step ?? 0));
  }

  /** Whether there are networks that were put aside, to go back to. */
  get canRestore(): boolean {
    return this.#aside !== undefined;
  }

  /** The link's part behind `#`. */
  get link(): string {
    return formatConfig(this.#config);
  }

  /**
   * Takes other settings. Networks go on with another learning rate, clipping or temperature; with all others they begin anew, and what
   * they had learned is put aside.
   */
  configure(config: Config): void {
    const failed = this.#runners.some(({ state }) => state.status !== 'ready');
    if (failed || !isAdjusted(this.#config, config)) {
      this.#begin(config);
    } else {
      const note = this.learned > 0 ? ({ key: 'status.adjusted', values: { step: this.learned } } as const) : undefined;
      const pairs = [
        [this.#a, this.#config.a, config.a],
        [this.#b, this.#config.b, config.b],
      ] as const;
      const warmer = config.task.temperature !== this.#config.task.temperature;
      this.#config = config;
      for (const [runner, before, after] of pairs) {
        if (after === undefined || (after === before && !warmer)) continue;
        const { rate, clip, limit } = after;
        runner.adjust({ rate, clip, limit, temperature: config.task.temperature });
      }
      this.#say(note);
    }
    this.#problems = [];
    this.#writeLink();
  }

  setLanguage(language: Language): void {
    this.#config = { ...this.#config, language };
    this.#writeLink();
    this.#changed(this.running);
  }

  run(): void {
    this.#lockstep.run();
    this.#say(undefined);
  }

  pause(): void {
    this.#lockstep.pause();
    this.#say(undefined);
  }

  /** One update of each network, or one batch of sequences. */
  step(): void {
    this.#lockstep.once(unitOf(this.#config));
    this.#say(undefined);
  }

  /** The same settings from the beginning. */
  restart(): void {
    this.#begin(this.#config);
  }

  /** Takes the networks back that were put aside, and puts those aside that are here. */
  restore(): void {
    const config = this.#aside;
    if (config === undefined) return;
    this.#lockstep.pause();
    this.#aside = this.learned > 0 ? this.#config : undefined;
    this.#config = { ...config, language: this.#config.language };
    for (const runner of [this.#a, this.#b]) runner.restore();
    this.#lockstep.take(this.#runners);
    this.#problems = [];
    this.#writeLink();
    this.#say({ key: 'status.restored', values: { step: this.learned } });
  }

  /** Saves network A with its settings. */
  save(): void {
    this.#a.save(formatConfig({ ...this.#config, data: '', b: undefined }));
  }

  async load(file: File): Promise<void> {
    this.pause();
    this.#a.load(new Uint8Array(await file.arrayBuffer()));
  }

  async copyLink(): Promise<void> {
    const { data } = this.#config;
    this.#writeLink();
    try {
      await navigator.clipboard.writeText(location.href);
    } catch {
      // Not allowed, or not over https.
      this.#say({ key: 'status.link' });
      return;
    }
    const values = { length: data.length, most: LONGEST_DATA };
    this.#say(fitsLink(data) ? { key: 'status.copied' } : { key: 'status.long', values });
  }

  get #runners(): readonly Runner[] {
    return this.#config.b === undefined ? [this.#a] : [this.#a, this.#b];
  }

  /** From the beginning. What was learned before is put aside, with a word. */
  #begin(config: Config): void {
    const { learned } = this;
    const keep = learned > 0;
    if (keep) this.#aside = this.#config;
    this.#config = config;
    this.#note = keep ? { key: 'status.aside', values: { step: learned } } : undefined;
    const { task, data, a, b } = config;
    this.#a.start({ task, data, run: a }, keep);
    this.#b.start(b && { task, data, run: b }, keep);
    this.#lockstep.take(this.#runners);
  }

  #say(note: Note | undefined): void {
    this.#note = note;
    this.#changed(this.running);
  }

  #writeLink(): void {
    history.replaceState(null, '', `#${this.link}`);
  }
}

/** What the networks do at once: an update each; or a batch, where they make different numbers of updates of one. */
export function unitOf({ a, b }: Config): 'update' | 'batch' {
  return b === undefined || (a.bptt === 'full' && b.bptt === 'full') ? 'update' : 'batch';
}

/** Whether nothing is another but what a network can go on with. */
function isAdjusted(before: Config, after: Config): boolean {
  const dead = ({ language: _, task, data, a, b }: Config) => {
    const of = (settings: object) => Object.entries(settings).filter(([name]) => !isLive(name as TaskField | RunField));
    return JSON.stringify([of(task), data, of(a), b && of(b)]);
  };
  return dead(before) === dead(after);
}

/** Hands bytes to the person as a file. */
function download(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
