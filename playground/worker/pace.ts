// How often something costly is done: not more often than asked for, and so that it takes a small share of the time.

/** Of the time that passes, at most one part in so many. */
const SHARE = 5;

export class Pace {
  readonly #every: number;
  #next = 0;

  /** @param every Least milliseconds between two times. */
  constructor(every: number) {
    this.#every = every;
  }

  /** Does it when it is time to, or with `always`; undefined when it is not. */
  async when<Result>(always: boolean, work: () => Promise<Result>): Promise<Result | undefined> {
    const start = performance.now();
    if (!always && start < this.#next) return undefined;
    const result = await work();
    const end = performance.now();
    this.#next = end + Math.max(this.#every, (SHARE - 1) * (end - start));
    return result;
  }
}
