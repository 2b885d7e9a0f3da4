// What the bench found, as data and as a table.

import { ratio, type Timing } from './measure.ts';

export interface Comparison {
  with: string;
  milliseconds: number;
  /** How many times as fast ours is: the median of the turns. */
  ratio: number;
  target: number | null;
  /** null: there is no target, or the comparison is not fair. */
  met: boolean | null;
}

export interface Row {
  name: string;
  milliseconds: number;
  samples: number;
  gflops: number | null;
  /** GFLOP/s as a part of what the registers alone reach in the same turns. */
  ofRegisters: number | null;
  target: SpeedTarget | null;
  met: boolean | null;
  against: Comparison[];
}

/** A speed is met by GFLOP/s, which a fast core can show, or by the part of the registers' speed, which any can. */
export interface SpeedTarget {
  gflops: number;
  ofRegisters: number;
}

/** One row: ours, how fast that is, and the others. `registers` is the ceiling, timed in the same turns. */
export function row(
  name: string,
  ours: Timing,
  flops: number | undefined,
  registers: { timing: Timing; flops: number } | undefined,
  target: SpeedTarget | null,
  against: Comparison[],
): Row {
  const { median: milliseconds, samples } = ours;
  const base = { name, milliseconds, samples, target, against };
  if (flops === undefined || registers === undefined) return { ...base, gflops: null, ofRegisters: null, met: null };
  const gflops = flops / milliseconds / 1e6;
  const ofRegisters = (ratio(ours, registers.timing) * flops) / registers.flops;
  const met = target === null ? null : gflops >= target.gflops || ofRegisters >= target.ofRegisters;
  return { ...base, gflops, ofRegisters, met };
}

export function compare(ours: Timing, theirs: Timing, target: number | null, fair = true): Comparison {
  const times = ratio(ours, theirs);
  const met = target === null || !fair ? null : times >= target;
  return { with: theirs.name, milliseconds: theirs.median, ratio: times, target, met };
}

/** Rows as lines of text, aligned; `others` are the columns after ours. */
export function table(rows: Row[], others: string[]): string {
  const targets = rows.some(({ target }) => target !== null);
  const head = ['', 'Wasm ms', 'GFLOP/s', 'of registers', ...(targets ? ['target'] : [])];
  head.push(...others.flatMap((name) => [`${name} ms`, 'ratio', 'target']));
  const lines = rows.map(({ name, milliseconds, gflops, ofRegisters, target, met, against }) => [
    name,
    number(milliseconds),
    gflops === null ? '' : gflops.toFixed(1),
    ofRegisters === null ? '' : percent(ofRegisters),
    ...(targets ? [target === null ? '' : `≥ ${target.gflops} or ${percent(target.ofRegisters)} ${verdict(met)}`] : []),
    ...others.flatMap((other) => {
      const found = against.find((comparison) => comparison.with === other);
      if (found === undefined) return ['', '', ''];
      return [
        number(found.milliseconds),
        `${found.ratio.toFixed(2)}x`,
        found.target === null ? '' : `≥ ${found.target}x ${verdict(found.met)}`,
      ];
    }),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column].length)));
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function verdict(met: boolean | null): string {
  return met === null ? 'not judged' : met ? 'met' : 'NOT MET';
}

function percent(part: number): string {
  return `${Math.round(100 * part)} %`;
}

function number(milliseconds: number): string {
  return milliseconds >= 10 ? milliseconds.toFixed(1) : milliseconds.toPrecision(3);
}
