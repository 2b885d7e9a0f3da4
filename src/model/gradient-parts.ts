// Which parts of the gradient block are worth visiting.
//
// A table that is looked up by token has gradients in the rows of the tokens that occurred, and zeros elsewhere. With a large vocabulary,
// clearing and summing those zeros would cost more than the training: they are left out. What backward overwrites needs no clearing either.
import type { ParameterSpec } from '../layers/contract.ts';
import type { Layout } from '../wasm/layout.ts';

/** `count` reals from real `offset` of a block on. */
export interface Part {
  readonly offset: number;
  readonly count: number;
}

/** A part of one row costs more than the numbers in it: below this many rows of a table for each row used, all are taken. */
const WORTHWHILE = 8;

export class GradientParts {
  readonly #whole: readonly Part[];
  readonly #overwritten: readonly Part[];
  readonly #table: { readonly offset: number; readonly rows: number; readonly ld: number } | undefined;
  #list: readonly Part[];
  #added: readonly Part[] | undefined;

  /** `count` reals in all; `realBytes` of each. */
  constructor(layout: Layout<ParameterSpec>, count: number, realBytes: number) {
    this.#whole = [{ offset: 0, count }];
    this.#list = this.#whole;
    this.#overwritten = layout.entries
      .filter(({ spec }) => spec.overwritten)
      .map(({ offset, bytes }) => ({ offset: offset / realBytes, count: bytes / realBytes }));
    const entry = layout.entries.find(({ spec }) => spec.lookedUp);
    if (entry === undefined) return;
    const { rows } = entry.spec;
    this.#table = { offset: entry.offset / realBytes, rows, ld: entry.bytes / realBytes / rows };
  }

  /** All that may be other than zero, in ascending order. */
  get list(): readonly Part[] {
    return this.#list;
  }

  /** The same without what backward overwrites. */
  get added(): readonly Part[] {
    this.#added ??= without(this.#list, this.#overwritten);
    return this.#added;
  }

  /** All of the block may be other than zero. */
  useAll(): void {
    this.#use(this.#whole);
  }

  /** Of a table that is looked up, only the rows of these tokens may be; of the rest of the block, all. */
  useTokens(tokens: Int32Array): void {
    this.useAll();
    if (this.#table === undefined || tokens.length * WORTHWHILE > this.#table.rows) return;
    const { offset, rows, ld } = this.#table;
    const used = [...new Set(tokens)].sort((a, b) => a - b);
    const end = offset + rows * ld;
    this.#use(
      [
        { offset: 0, count: offset },
        ...used.map((row) => ({ offset: offset + row * ld, count: ld })),
        { offset: end, count: this.#whole[0]!.count - end },
      ].filter(({ count }) => count > 0),
    );
  }

  #use(list: readonly Part[]): void {
    if (list === this.#list) return;
    this.#list = list;
    this.#added = undefined;
  }
}

/** What is left of parts; the holes are in ascending order and each lies within one part. */
function without(parts: readonly Part[], holes: readonly Part[]): readonly Part[] {
  return parts.flatMap(({ offset, count }) => {
    const end = offset + count;
    const inside = holes.filter((hole) => hole.offset >= offset && hole.offset < end);
    const starts = [offset, ...inside.map((hole) => hole.offset + hole.count)];
    const ends = [...inside.map((hole) => hole.offset), end];
    return starts.map((start, i) => ({ offset: start, count: ends[i]! - start })).filter((part) => part.count > 0);
  });
}
