// Lines over one common axis.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { powerOfTen } from '../app/strings.ts';
import { useLocale } from './locale.ts';
import { colorOf, useDark } from './scheme.ts';

export interface Line {
  readonly label: string;
  /** A colour of the style sheet, such as `--a`. */
  readonly color: string;
  readonly dashed?: boolean;
  readonly thin?: boolean;
  readonly points: readonly (readonly [x: number, y: number | undefined])[];
}

export interface ChartProps {
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
  /** Whether y is logarithmic. */
  readonly logarithmic?: boolean;
  /** What the chart shows, for those who do not see it. */
  readonly summary: string;
}

const HEIGHT = 220;
const FONT = '12px system-ui, sans-serif';
/** Distances between two marks of a logarithmic axis, over all that numbers can be. */
const POWERS = Array.from({ length: 320 }, (_, i) => 10 ** (i - 12));
/** Less than this is not drawn on a logarithmic axis. */
const LEAST = 1e-12;

/** A chart that fills the width, and is made anew only when its lines become others. */
export function Chart({ x, y, lines, logarithmic = false, summary }: ChartProps) {
  const container = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const dark = useDark();
  const { language, number } = useLocale();
  const shape = JSON.stringify([language, x, y, logarithmic, dark, lines.map(({ points: _, ...line }) => line)]);

  useEffect(() => {
    const element = container.current!;
    const options = optionsOf({ x, y, lines, logarithmic }, (value) => number(value, 4));
    const size = () => ({ width: element.clientWidth, height: HEIGHT });
    const made = new uPlot({ ...size(), ...options }, join(lines), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [shape]);

  useEffect(() => plot.current?.setData(join(lines)), [lines]);

  return (
    <>
      <div class="chart" ref={container} role="img" aria-label={summary} />
      <ul class="legend">
        {lines.map(({ label, color, dashed }) => (
          <li key={label}>
            <svg viewBox="0 0 20 8" aria-hidden="true">
              <line x1="0" y1="4" x2="20" y2="4" class={dashed ? 'dashed' : ''} stroke={`var(${color})`} />
            </svg>
            {label}
          </li>
        ))}
      </ul>
    </>
  );
}

/** One axis for all lines, and nothing where a line has no point. */
function join(lines: readonly Line[]): uPlot.AlignedData {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const place = new Map(xs.map((x, index) => [x, index]));
  const columns = lines.map(({ points }) => {
    const column: (number | null)[] = xs.map(() => null);
    for (const [x, y] of points) column[place.get(x)!] = y ?? null;
    return column;
  });
  return [xs, ...columns];
}

function countOf(column: uPlot.AlignedData[number]): number {
  let count = 0;
  for (const value of column) if (value != null) count++;
  return count;
}

/** From 0 or below the least value to above the greatest. */
function around(min: number, max: number): [number, number] {
  const margin = (max - min) / 20 || 0.5;
  return [min >= 0 ? 0 : min - margin, max + margin];
}

function decades(_: uPlot, min: number | null, max: number | null): [number, number] {
  const top = Math.ceil(Math.log10(Math.max(max ?? 1, LEAST * 10)));
  const bottom = Math.floor(Math.log10(Math.max(min ?? LEAST, LEAST)));
  return [10 ** Math.min(bottom, top - 1), 10 ** top];
}

/** Whole powers of ten, not more than there is room for. */
function powers(_: uPlot, __: number, min: number, max: number): number[] {
  const [bottom, top] = [Math.round(Math.log10(min)), Math.round(Math.log10(max))];
  const step = Math.ceil((top - bottom) / 6);
  return Array.from({ length: Math.floor((top - bottom) / step) + 1 }, (_, i) => 10 ** (top - i * step)).reverse();
}

/** What is drawn, and how; `say` gives numbers as the reader's language writes them. */
function optionsOf(
  { x, y, lines, logarithmic = false }: Omit<ChartProps, 'summary'>,
  say: (value: number) => string,
): Omit<uPlot.Options, 'width' | 'height'> {
  const plain = (_: uPlot, splits: number[]) => splits.map(say);
  const axis: uPlot.Axis = {
    stroke: colorOf('--quiet'),
    grid: { stroke: colorOf('--line'), width: 1 },
    ticks: { show: false },
    font: FONT,
    labelFont: FONT,
    labelSize: 18,
  };
  return {
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: (_, min, max) => [min ?? 0, max > min ? max : (min ?? 0) + 10] },
      y: logarithmic ? { distr: 3, range: decades } : { range: (_, min, max) => around(min ?? 0, max ?? 1) },
    },
    axes: [
      { ...axis, label: x, size: 28, values: plain },
      {
        ...axis,
        label: y,
        size: 56,
        values: plain,
        ...(logarithmic && {
          incrs: POWERS,
          splits: powers,
          filter: (_: uPlot, splits: number[]) => splits,
          values: (_, splits) => splits.map((value) => powerOfTen(Math.round(Math.log10(value)))),
        }),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, color, dashed, thin }) => ({
        label,
        stroke: colorOf(color),
        width: thin ? 1 : 2,
        ...(dashed && { dash: [5, 5] }),
        // A line of one point would not be seen.
        points: { show: (plot: uPlot, index: number) => countOf(plot.data[index]!) === 1, size: 6 },
        spanGaps: true,
      })),
    ],
  };
}
