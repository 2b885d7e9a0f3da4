// Where the boxes of a graph and the links between them lie: in rows from top to bottom, each box below all that it comes from.

/** What links two boxes; a box comes after all that it is linked from. */
export interface Link {
  readonly from: number;
  readonly to: number;
}

export interface Layered {
  /** The width that is taken, which is more than was given where one row needs it. */
  readonly width: number;
  readonly rows: number;
  /** The middle of each box, and its row. */
  readonly boxes: readonly { readonly x: number; readonly row: number }[];
  /** Of each link where it passes the rows between its ends. */
  readonly links: readonly (readonly { readonly x: number; readonly row: number }[])[];
}

/** Between boxes of a row, and the room that a link has which passes one. */
const GAP = 18;
const LANE = 10;
/** How often rows are put in order by what is above and below them. */
const SWEEPS = 12;

/** A box in its row, or the place where a link passes it. */
interface Item {
  readonly row: number;
  readonly width: number;
  readonly above: Item[];
  readonly below: Item[];
  x: number;
}

/** Lays out boxes of these widths, the fewer in a row the more links must pass them, so that they fit if they can. */
export function layered(widths: readonly number[], links: readonly Link[], width: number): Layered {
  let narrowest: Layered | undefined;
  for (const share of [1, 0.85, 0.7, 0.5, 0]) {
    const layout = arrange(widths, links, width, share * width);
    if (narrowest === undefined || layout.width < narrowest.width) narrowest = layout;
    if (layout.width <= width) break;
  }
  return narrowest!;
}

/** Boxes alone take no more than `full` of a row, but for one that is wider. */
function arrange(widths: readonly number[], links: readonly Link[], width: number, full: number): Layered {
  const rowOf = assignRows(widths, links, full);
  const rows: Item[][] = Array.from({ length: Math.max(...rowOf) + 1 }, () => []);
  const put = (row: number, size: number): Item => {
    const item = { row, width: size, above: [], below: [], x: rows[row]!.length };
    rows[row]!.push(item);
    return item;
  };
  const boxes = widths.map((size, index) => put(rowOf[index]!, size));
  const lanes = links.map(({ from, to }) => {
    const passed: Item[] = [];
    for (let row = rowOf[from]! + 1; row < rowOf[to]!; row++) passed.push(put(row, LANE));
    const chain = [boxes[from]!, ...passed, boxes[to]!];
    for (const [index, item] of chain.slice(1).entries()) {
      item.above.push(chain[index]!);
      chain[index]!.below.push(item);
    }
    return passed;
  });
  const needed = Math.max(width, ...rows.map((row) => row.reduce((sum, item) => sum + item.width + GAP, -GAP)));
  for (const row of rows) spread(row, () => needed / 2, needed);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : rows.toReversed()) {
      const wish = (item: Item) =>
        mean(down ? item.above : item.below) ?? mean(down ? item.below : item.above) ?? item.x;
      row.sort((a, b) => wish(a) - wish(b));
      spread(row, wish, needed);
    }
  }
  const ends = rows.flat().flatMap(({ x, width: size }) => [x - size / 2, x + size / 2]);
  const shift = (needed - Math.min(...ends) - Math.max(...ends)) / 2;
  for (const item of rows.flat()) item.x += shift;
  return { width: needed, rows: rows.length, boxes, links: lanes };
}

const mean = (items: readonly Item[]): number | undefined =>
  items.length === 0 ? undefined : items.reduce((sum, { x }) => sum + x, 0) / items.length;

/** The row of each box: the first below all that it comes from with room for it; of one that comes from nothing the last above its readers. */
function assignRows(widths: readonly number[], links: readonly Link[], width: number): readonly number[] {
  const taken: number[] = [];
  const fits = (row: number, index: number) => (taken[row] ?? 0) === 0 || taken[row]! + widths[index]! <= width;
  const take = (row: number, index: number, sign: 1 | -1) => {
    taken[row] = (taken[row] ?? 0) + sign * (widths[index]! + GAP);
  };
  const rowOf: number[] = [];
  for (const index of widths.keys()) {
    let row = Math.max(0, ...links.filter(({ to }) => to === index).map(({ from }) => rowOf[from]! + 1));
    while (!fits(row, index)) row++;
    take(row, index, 1);
    rowOf.push(row);
  }
  for (const index of widths.keys()) {
    const readers = links.filter(({ from }) => from === index).map(({ to }) => rowOf[to]!);
    if (links.some(({ to }) => to === index) || readers.length === 0) continue;
    take(rowOf[index]!, index, -1);
    let row = Math.min(...readers) - 1;
    while (row > rowOf[index]! && !fits(row, index)) row--;
    take(row, index, 1);
    rowOf[index] = row;
  }
  const used = [...new Set(rowOf)].sort((a, b) => a - b);
  return rowOf.map((row) => used.indexOf(row));
}

/** Puts the items of a row as near to where they should be as their order and widths allow, in the sense of least squares. */
function spread(row: readonly Item[], wish: (item: Item) => number, width: number): void {
  // Without what stands before it each item may be anywhere to the right of the one before: pools of those that would not be.
  const offsets: number[] = [];
  for (const [index, item] of row.entries()) {
    offsets.push(index === 0 ? 0 : offsets[index - 1]! + (row[index - 1]!.width + item.width) / 2 + GAP);
  }
  const pools: { sum: number; count: number }[] = [];
  for (const [index, item] of row.entries()) {
    pools.push({ sum: wish(item) - offsets[index]!, count: 1 });
    for (let last = pools.at(-1)!, before = pools.at(-2); before !== undefined; before = pools.at(-2)) {
      if (before.sum / before.count <= last.sum / last.count) break;
      before.sum += last.sum;
      before.count += last.count;
      pools.pop();
      last = before;
    }
  }
  const least = (row[0]?.width ?? 0) / 2;
  const most = width - (row.at(-1)?.width ?? 0) / 2 - (offsets.at(-1) ?? 0);
  const places = pools.flatMap(({ sum, count }) => new Array<number>(count).fill(sum / count));
  for (const [index, item] of row.entries()) {
    item.x = Math.max(least, Math.min(most, places[index]!)) + offsets[index]!;
  }
}
