// The part of jsfive that is used here; the package brings no types.
declare module 'jsfive' {
  export type Attributes = Readonly<Record<string, unknown>>;

  /** What reads the headers of an object; its methods go through as much as the file says. */
  export interface DataObjects {
    /** The shape of an attribute. */
    determine_data_shape(bytes: ArrayBuffer, offset: number): readonly number[];
    /** The length and the bytes of an element that lies elsewhere in the file, as texts do. */
    _vlen_size_and_data(bytes: ArrayBuffer, offset: number): [length: number, data: ArrayBuffer | undefined];
  }

  export class Group {
    readonly _dataobjects: DataObjects;
    readonly keys: readonly string[];
    readonly attrs: Attributes;
    get(name: string): Group | Dataset | null;
  }

  export class File extends Group {
    constructor(bytes: ArrayBuffer, name?: string);
  }

  export class Dataset {
    readonly _dataobjects: DataObjects;
    readonly attrs: Attributes;
    /** A letter for the kind, a digit for the bytes, such as `<f4`; other types are arrays. */
    readonly dtype: unknown;
    readonly shape: readonly number[];
    /** All elements, row by row. */
    readonly value: ArrayLike<unknown>;
  }
}
