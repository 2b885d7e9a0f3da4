// Iterators that own memory and that nobody reads to their end: what they have taken is freed when they are garbage-collected.

/** Not in all engines; where it is missing, such memory goes with the model. */
const registry =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : /* @__PURE__ */ new FinalizationRegistry<() => void>((free) => free());

/** Calls `free` some time after `owner` can no longer be reached, which `free` must not reach either. */
export function whenDropped(owner: object, free: () => void): void {
  registry?.register(owner, free);
}
