// The loss curve in characters, for a terminal.
import plot from 'simple-ascii-chart';
import { type History, thinned } from './history.ts';

const HEIGHT = 12;
const WIDEST = 100;
/** Columns beside the curve: numbers and axis. */
const BESIDE = 10;
const TICKS = 4;

/** Training as a line, validations as dots; empty when there is nothing to draw. `columns` of the terminal. */
export function lossChart({ points, validations }: History, columns: number, colours: boolean): string {
  const width = Math.max(20, Math.min(WIDEST, columns - BESIDE));
  const curve = thinned(points, width).map(({ step, loss }): [number, number] => [step, loss]);
  const losses = [...curve.map(([, loss]) => loss), ...validations.map(({ loss }) => loss)];
  if (curve.length < 2) return '';
  const [first, last] = [curve[0]![0], curve.at(-1)![0]];
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const ticks = (from: number, to: number) =>
    Array.from({ length: TICKS }, (_, i) => from + ((to - from) * i) / (TICKS - 1));
  const chart = plot(curve, {
    width,
    height: HEIGHT,
    yRange: [low, high],
    customXAxisTicks: ticks(first, last).map(Math.round),
    customYAxisTicks: ticks(low, high),
    formatter: (value, { axis }) => (axis === 'y' ? value.toFixed(2) : value.toLocaleString('en-US')),
    points: validations.map(({ step, loss }) => ({
      x: step,
      y: loss,
      ...(colours && { color: 'ansiYellow' as const }),
    })),
    symbols: { point: '●' },
    ...(colours && { color: 'ansiCyan' as const }),
  });
  const lines = chart.split('\n').map((line) => line.trimEnd());
  return `${lines.filter((line) => line !== '').join('\n')}\nnats per character by update\n━ training${validations.length > 0 ? ', ● validation' : ''}`;
}
