// Networks that learn side by side: in rounds, each of so many batches of sequences. None begins a round before all have ended the one
// before, so that what is shown of them is always after the same sequences.
import type { Runner } from './runner.ts';

/** Milliseconds that a round should take: often enough to look alive, seldom enough to cost nothing. */
const SHORT = 50;
const LONG = 150;

export class Lockstep {
  #runners: readonly Runner[] = [];
  /** Those that the round is not over for. */
  readonly #busy = new Set<Runner>();
  #running = false;
  /** Batches of a round. */
  #size = 1;
  #began = 0;
  /** What is to be done once all are ready. */
  #wanted: 'update' | 'batch' | undefined;

  /** Whether they go on by themselves. */
  get running(): boolean {
    return this.#running;
  }

  /** Takes other networks, or the same from the beginning; they go on when they did. */
  take(runners: readonly Runner[]): void {
    this.#runners = runners;
    this.#busy.clear();
    this.#size = 1;
    this.#wanted = undefined;
  }

  run(): void {
    this.#running = true;
    this.#next();
  }

  /** Ends with the round that goes on. */
  pause(): void {
    this.#running = false;
    if (this.#busy.size === 0) this.#look();
  }

  /** One update of each, or one batch where they make different numbers of updates of it. */
  once(what: 'update' | 'batch'): void {
    if (this.#running || this.#busy.size > 0) return;
    this.#wanted = this.#waits ? what : undefined;
    if (this.#wanted !== undefined) return;
    if (what === 'batch') {
      this.#round(1);
    } else {
      for (const runner of this.#able) {
        this.#busy.add(runner);
        runner.update();
      }
    }
  }

  /** To be called when a runner has done what it was told, is ready to begin, or has failed. */
  done(runner: Runner): void {
    const inRound = this.#busy.delete(runner);
    if (this.#busy.size > 0) return;
    if (this.#running) {
      const took = performance.now() - this.#began;
      if (inRound && took < SHORT) this.#size *= 2;
      else if (inRound && took > LONG) this.#size = Math.max(1, this.#size >> 1);
      this.#next();
    } else if (this.#wanted !== undefined) {
      this.once(this.#wanted);
    } else if (inRound) {
      this.#look();
    }
  }

  /** Whether a network is still being made. */
  get #waits(): boolean {
    return this.#runners.some(({ state }) => state.status === 'idle');
  }

  /** Those that can go on. */
  get #able(): readonly Runner[] {
    return this.#runners.filter(({ state }) => state.status === 'ready');
  }

  #next(): void {
    if (this.#busy.size > 0 || this.#waits) return;
    if (this.#able.length === 0) this.#running = false;
    this.#round(this.#size);
  }

  #round(batches: number): void {
    const runners = this.#able;
    const read = Math.max(0, ...runners.map(({ state }) => state.snapshot?.batches ?? 0));
    this.#began = performance.now();
    for (const runner of runners) {
      this.#busy.add(runner);
      runner.learn(Math.floor(read) + batches);
    }
  }

  #look(): void {
    for (const runner of this.#able) runner.look();
  }
}
