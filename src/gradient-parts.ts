// Which parts of the gradient block may be other than zero. A table that is looked up by token has gradients in the rows of
// the tokens that occurred alone: with a large vocabulary, clearing and adding up the rest would cost more than the training.
import type { ParameterSpec } from './layers/contract.ts';
import type { Layout } from './wasm/layout.ts';

/** `count` reals from real `offset` of a block on. */
export interface Part {
  readonly offset: number;
  readonly count: number;
}

/** A part of one row costs more than the numbers in it: below this many rows of a table for each row used, all are taken. */
const WORTHWHILE = 8;

export class GradientParts {
  readonly #whole: readonly Part[];
  readonly #table: { readonly offset: number; readonly rows: number; readonly ld: number } | undefined;
  #list: readonly Part[];

  /** `count` reals in all; `realBytes` of each. */
  constructor(layout: Layout<ParameterSpec>, count: number, realBytes: number) {
    this.#whole = [{ offset: 0, count }];
    this.#list = this.#whole;
    const entry = layout.entries.find(({ spec }) => spec.lookedUp);
    if (entry === undefined) return;
    const { rows } = entry.spec;
    this.#table = { offset: entry.offset / realBytes, rows, ld: entry.bytes / realBytes / rows };
  }

  /** In ascending order. */
  get list(): readonly Part[] {
    return this.#list;
  }

  /** All of the block may be other than zero. */
  useAll(): void {
    this.#list = this.#whole;
  }

  /** Of a table that is looked up, only the rows of these tokens may be; of the rest of the block, all. */
  useTokens(tokens: Int32Array): void {
    this.useAll();
    if (this.#table === undefined || tokens.length * WORTHWHILE > this.#table.rows) return;
    const { offset, rows, ld } = this.#table;
    const used = [...new Set(tokens)].sort((a, b) => a - b);
    const behind = offset + rows * ld;
    this.#list = [
      { offset: 0, count: offset },
      ...used.map((row) => ({ offset: offset + row * ld, count: ld })),
      { offset: behind, count: this.#whole[0]!.count - behind },
    ].filter(({ count }) => count > 0);
  }
}
