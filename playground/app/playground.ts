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
import { Runner, type RunState } from './runner.ts';
import type { Key } from './strings.ts';

/** Something to say once. */
export interface Note {
  readonly key: Key;
  readonly values?: Readonly<Record<string, string | number>>;
}

export class Playground {
  readonly #a: Runner;
  readonly #b: Runner;
  readonly #changed: (running: boolean) => void;
  #config: Config;
  #problems: readonly ConfigProblem[];
  #note: Note | undefined;

  /**
   * @param language Where the link names none.
   * @param changed Called when there is something else to show, with whether a network is learning.
   */
  constructor(language: Language, changed: (running: boolean) => void) {
    this.#changed = changed;
    const events = {
      changed: () => this.#changed(this.running),
      saved: (bytes: Uint8Array<ArrayBuffer>) => {
        download(bytes, `${this.#config.task.task}-${this.#config.a.cell}.safetensors`);
        this.#say({ key: 'status.saved' });
      },
      loaded: (link: string, data: string) => {
        const { config, problems } = parseConfig(link);
        this.#config = { ...config, data, language: this.#config.language, b: undefined };
        this.#problems = problems;
        this.#b.clear();
        this.#writeLink();
        this.#say({ key: 'status.loaded' });
      },
      refused: (message: string) => this.#say({ key: 'error.load', values: { message } }),
    };
    this.#a = new Runner(events);
    this.#b = new Runner(events);
    ({ config: this.#config, problems: this.#problems } = parseConfig(location.hash, language));
    this.#begin(false);
    addEventListener('hashchange', () => {
      if (location.hash.slice(1) === this.link) return;
      ({ config: this.#config, problems: this.#problems } = parseConfig(location.hash, this.#config.language));
      this.#begin(this.running);
    });
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

  /** Whether a network is learning. */
  get running(): boolean {
    return this.a.status === 'running' || this.b.status === 'running';
  }

  /** The link's part behind `#`. */
  get link(): string {
    return formatConfig(this.#config);
  }

  /** Takes other settings: both networks begin anew, and go on training when they were. */
  configure(config: Config): void {
    const running = this.running;
    this.#config = config;
    this.#problems = [];
    this.#writeLink();
    this.#begin(running);
  }

  setLanguage(language: Language): void {
    this.#config = { ...this.#config, language };
    this.#writeLink();
    this.#changed(this.running);
  }

  run(): void {
    this.#say(undefined);
    for (const runner of this.#runners) runner.run();
  }

  pause(): void {
    this.#say(undefined);
    for (const runner of this.#runners) runner.pause();
  }

  /** One update of each network. */
  step(): void {
    this.#say(undefined);
    for (const runner of this.#runners) runner.step();
  }

  /** The same settings from the beginning. */
  restart(): void {
    this.#begin(this.running);
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
      return this.#say({ key: 'status.link' });
    }
    const values = { length: data.length, most: LONGEST_DATA };
    this.#say(fitsLink(data) ? { key: 'status.copied' } : { key: 'status.long', values });
  }

  get #runners(): readonly Runner[] {
    return this.#config.b === undefined ? [this.#a] : [this.#a, this.#b];
  }

  #begin(running: boolean): void {
    const { task, data, a, b } = this.#config;
    this.#note = undefined;
    this.#a.start({ task, data, run: a }, running);
    if (b === undefined) this.#b.clear();
    else this.#b.start({ task, data, run: b }, running);
  }

  #say(note: Note | undefined): void {
    this.#note = note;
    this.#changed(this.running);
  }

  #writeLink(): void {
    history.replaceState(null, '', `#${this.link}`);
  }
}

/** Hands bytes to the person as a file. */
function download(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
