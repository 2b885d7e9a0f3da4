// What is wrong with somebody's own data: by the name of the text that says so, in the page's language.

export type ProblemKey = 'data.line' | 'data.none' | 'data.numbers' | 'data.constant' | 'data.characters' | 'data.lfs';

export interface Problem {
  readonly key: ProblemKey;
  readonly values: Readonly<Record<string, string | number>>;
}

/** Crosses from the worker to the page as a `Problem`. */
export class DataError extends Error {
  readonly problem: Problem;

  constructor(key: ProblemKey, values: Problem['values'] = {}) {
    super(key);
    this.problem = { key, values };
  }
}

/** A small file that Git LFS leaves in place of a large one. */
export function refusePointer(text: string): void {
  if (text.startsWith('version https://git-lfs.github.com/spec/')) throw new DataError('data.lfs');
}
