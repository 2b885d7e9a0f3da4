// How much of Moby-Dick comes with the page: its first chapters, few enough to load at once.

/** Characters (UTF-16 units). */
export const EXCERPT = 100_000;
