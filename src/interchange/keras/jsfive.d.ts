// The part of jsfive that is used here; the package brings no types.
declare module 'jsfive' {
  export type Attributes = Readonly<Record<string, unknown>>;

  export class Group {
    readonly keys: readonly string[];
    readonly attrs: Attributes;
    get(name: string): Group | Dataset | null;
  }

  export class File extends Group {
    constructor(bytes: ArrayBuffer, name?: string);
  }

  export class Dataset {
    readonly attrs: Attributes;
    /** A letter for the kind, a digit for the bytes, such as `<f4`; other types are arrays. */
    readonly dtype: unknown;
    readonly shape: readonly number[];
    /** All elements, row by row. */
    readonly value: ArrayLike<unknown>;
  }
}
