// What runs in a report: draws the charts of the data that stand in the page.
import uPlot from 'uplot';
import type { Chart } from '../html-report.ts';

const HEIGHT = 260;
const FONT = '12px system-ui, sans-serif';

const { charts } = JSON.parse(document.querySelector('#data')!.textContent!) as { charts: readonly Chart[] };
for (const chart of charts) draw(chart, document.getElementById(chart.id)!);

function draw({ id, series, logarithmic, line }: Chart, container: HTMLElement): void {
  const color = (name: string) => () => getComputedStyle(container).getPropertyValue(name);
  const axis: uPlot.Axis = {
    stroke: color('--quiet'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
    font: FONT,
  };
  const colorOf = (index: number) => color(id === 'loss' && index === 0 ? '--loss' : `--series${index}`);
  const x = [...new Set(series.flatMap(({ points }) => points.map(([step]) => step)))].sort((a, b) => a - b);
  const columns = series.map(({ points }) => {
    const values = new Map(points);
    return x.map((step) => values.get(step));
  });
  const plot = new uPlot(
    {
      width: container.clientWidth,
      height: HEIGHT,
      legend: { live: true },
      scales: {
        x: { time: false },
        y: { distr: logarithmic ? 3 : 1, ...(line !== undefined && { range: around(line) }) },
      },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((tick) => tick.toLocaleString('en-US')) },
        { ...axis, size: 60 },
      ],
      series: [
        { label: 'update' },
        ...series.map(
          ({ name, dots, faint }, index): uPlot.Series => ({
            label: name,
            stroke: faint ? color('--faint') : colorOf(index),
            width: faint ? 1 : 2,
            points: { show: dots === true, size: 7, fill: colorOf(index) },
            spanGaps: true,
            value: (_, value) => (value === null ? '–' : value.toPrecision(4)),
          }),
        ),
      ],
      hooks: line === undefined ? {} : { draw: [(plot) => across(plot, line, color('--quiet')())] },
    },
    [x, ...columns] as uPlot.AlignedData,
    container,
  );
  new ResizeObserver(() => plot.setSize({ width: container.clientWidth, height: HEIGHT })).observe(container);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw());
}

/** A logarithmic scale that a height is on as well. */
function around(value: number): uPlot.Range.Function {
  return (_, min, max) => uPlot.rangeLog(Math.min(min, value), Math.max(max, value), 10, false);
}

/** A dashed line at a height. */
function across({ ctx, bbox, valToPos }: uPlot, value: number, colour: string): void {
  const y = valToPos(value, 'y', true);
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.setLineDash([6, 4]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
