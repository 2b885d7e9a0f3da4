// A matrix as colours: one colour below 0, one above, and that of the page at 0.
import { useEffect, useRef } from 'preact/hooks';
import type { Grid } from '../worker/messages.ts';
import { useLocale } from './locale.ts';
import { colorOf, useDark } from './scheme.ts';

export interface HeatMapProps {
  readonly grid: Grid;
  /** The magnitude that has the full colour. */
  readonly limit: number;
  /** Whether rows lie from left to right. */
  readonly transposed?: boolean;
  readonly summary: string;
}

/** One pixel a number, made larger by the browser. */
export function HeatMap({ grid, limit, transposed = false, summary }: HeatMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const dark = useDark();
  const [width, height] = transposed ? [grid.rows, grid.columns] : [grid.columns, grid.rows];

  useEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    const image = context.createImageData(width, height);
    const [low, zero, high] = ['--low', '--zero', '--high'].map((name) => channels(colorOf(name)));
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const value = grid.values[transposed ? x * grid.columns + y : y * grid.columns + x]!;
        const share = Math.min(1, Math.abs(value) / limit);
        const end = value < 0 ? low! : high!;
        for (let k = 0; k < 3; k++) image.data[4 * (y * width + x) + k] = zero![k]! + share * (end[k]! - zero![k]!);
        image.data[4 * (y * width + x) + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  }, [grid, limit, dark, width, height, transposed]);

  return <canvas class="heat-map" ref={canvas} width={width} height={height} role="img" aria-label={summary} />;
}

/** What the colours of a heat map mean. */
export function Scale({ limit }: { readonly limit: number }) {
  const { t, number } = useLocale();
  const [min, max] = [number(-limit), number(limit)];
  return (
    <div class="scale" role="img" aria-label={t('scale.hint', { min, max })}>
      <span>{min}</span>
      <span class="colors" />
      <span>{max}</span>
    </div>
  );
}

/** #rrggbb as three numbers. */
function channels(color: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}

/** The least and the greatest of many numbers. */
export function extent(values: Float32Array): readonly [min: number, max: number] {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return [min, max];
}
