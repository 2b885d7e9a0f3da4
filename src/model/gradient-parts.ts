// Which parts of the gradient block may be other than zero, and which of them backward adds to. The gradient of a table that is looked up
// by token is zero but in the rows of the tokens that occurred: with a large vocabulary, clearing and adding up the other rows would cost
// more than the training.
import type { ParameterLayout } from './parameter-layout.ts';
import { isOverwritten, lookedUpBy, type ParameterUses } from './parameter-uses.ts';

/** `count` reals from real `offset` of a block on. */
export interface Part {
  readonly offset: number;
  readonly count: number;
}

/** A part of one row costs more than the numbers in it: below this many rows of a table for each row used, all are taken. */
const WORTHWHILE = 8;

/** Rows that the tokens of some inputs look up. */
interface Table extends Part {
  readonly rows: number;
  readonly inputs: readonly number[];
}

export class GradientParts {
  #whole: readonly Part[];
  readonly #block: Part;
  readonly #overwritten: readonly Part[];
  readonly #tables: readonly Table[];
  #list: readonly Part[];
  #added: readonly Part[] | undefined;

  /** `realBytes`: those of each number. */
  constructor(layout: ParameterLayout, uses: ParameterUses, realBytes: number) {
    this.#block = { offset: 0, count: layout.count };
    this.#whole = [this.#block];
    this.#list = this.#whole;
    const entries = layout.entries.map(({ spec, offset, bytes }) => {
      return { spec, uses: uses.get(spec.name)!, offset: offset / realBytes, count: bytes / realBytes };
    });
    this.#overwritten = entries.filter((entry) => isOverwritten(entry.uses));
    this.#tables = entries.flatMap(({ spec, uses, offset, count }) => {
      const inputs = lookedUpBy(uses);
      return inputs === undefined ? [] : [{ offset, count, rows: spec.rows, inputs }];
    });
  }

  /** All that has a gradient, in ascending order: frozen parameters have none. */
  get whole(): readonly Part[] {
    return this.#whole;
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

  /** Those of one parameter. */
  within(parameter: Part): readonly Part[] {
    return overlaps(this.#list, [parameter]);
  }

  /** From now on these parts have no gradient. */
  freeze(parts: readonly Part[]): void {
    this.#whole = without([this.#block], parts);
    this.#use(this.#whole);
  }

  /** All of the block may be other than zero, but for what is frozen. */
  useAll(): void {
    this.#use(this.#whole);
  }

  /** Of tables that are looked up, only the rows of these tokens may be; of the rest of the block, all. */
  useTokens(tokensOf: (input: number) => Int32Array): void {
    let list = this.#whole;
    for (const table of this.#tables) {
      const tokens = table.inputs.map(tokensOf);
      const count = tokens.reduce((sum, { length }) => sum + length, 0);
      if (count * WORTHWHILE <= table.rows) list = withRows(list, table, tokens);
    }
    this.#use(list);
  }

  #use(list: readonly Part[]): void {
    if (list === this.#list) return;
    this.#list = list;
    this.#added = undefined;
  }
}

/** Parts with, in place of a table, the rows that the tokens name, each a part of its own. */
function withRows(parts: readonly Part[], table: Table, tokens: readonly Int32Array[]): readonly Part[] {
  const { offset, count, rows } = table;
  const ld = count / rows;
  const used = [...new Set(tokens.flatMap((ids) => [...ids]))].sort((a, b) => a - b);
  const end = offset + count;
  return parts.flatMap((part) => {
    if (!holds(part, table)) return [part];
    return [
      { offset: part.offset, count: offset - part.offset },
      ...used.map((row) => ({ offset: offset + row * ld, count: ld })),
      { offset: end, count: part.offset + part.count - end },
    ].filter((one) => one.count > 0);
  });
}

/** What is in both of two lists, in ascending order. */
export function overlaps(some: readonly Part[], others: readonly Part[]): readonly Part[] {
  return others.flatMap(({ offset, count }) => {
    const end = offset + count;
    return some.flatMap((part) => {
      const from = Math.max(part.offset, offset);
      const to = Math.min(part.offset + part.count, end);
      return from < to ? [{ offset: from, count: to - from }] : [];
    });
  });
}

const holds = (part: Part, { offset, count }: Part) =>
  part.offset <= offset && offset + count <= part.offset + part.count;

/** What is left of parts; the holes are in ascending order, and none of them reaches over the end of a part. */
export function without(parts: readonly Part[], holes: readonly Part[]): readonly Part[] {
  return parts.flatMap(({ offset, count }) => {
    const end = offset + count;
    const inside = holes.filter((hole) => hole.offset >= offset && hole.offset < end);
    const starts = [offset, ...inside.map((hole) => hole.offset + hole.count)];
    const ends = [...inside.map((hole) => hole.offset), end];
    return starts.map((start, i) => ({ offset: start, count: ends[i]! - start })).filter((part) => part.count > 0);
  });
}
