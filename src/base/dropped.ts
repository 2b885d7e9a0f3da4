// Iterators that own memory and that nobody reads to their end: what they have taken is given back after they were garbage-collected.

/** Not in all engines; where it is missing, such memory goes with the model. */
const registry =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : /* @__PURE__ */ new FinalizationRegistry<() => void>((call) => call());

/** Calls `call` some time after `owner` can no longer be reached, which `call` must not reach either. */
export function whenDropped(owner: object, call: () => void): void {
  registry?.register(owner, call);
}

/**
 * What iterators over one model have taken from it. The registry holds but a mark of each: held by the registry, a model would
 * stay until the engine has time for such calls, and a page that makes hundreds in one go would be out of memory.
 */
export class Dropped {
  readonly #taken = new Map<Mark, () => void>();

  /** Calls `free`, which must not reach `owner`, at the first `free` or `watch` after `owner` was collected. */
  watch(owner: object, free: () => void): void {
    this.free();
    if (registry === undefined) return;
    const mark = new Mark();
    whenDropped(owner, mark.set);
    this.#taken.set(mark, free);
  }

  free(): void {
    for (const [mark, free] of this.#taken) {
      if (!mark.isSet) continue;
      this.#taken.delete(mark);
      free();
    }
  }
}

class Mark {
  isSet = false;
  readonly set = () => {
    this.isSet = true;
  };
}
