// The loss curve: updates from left to right, nats per character from bottom to top.
import uPlot from 'uplot';

const HEIGHT = 240;
const FONT = '12px system-ui, sans-serif';

/** A curve in `container` that grows by one point at a time, takes its colours from the style sheet and fills the width. */
export class LossChart {
  readonly #container: HTMLElement;
  readonly #plot: uPlot;
  #steps: number[] = [];
  #losses: number[] = [];

  constructor(container: HTMLElement) {
    this.#container = container;
    const color = (name: string) => () => getComputedStyle(container).getPropertyValue(name);
    const axis: uPlot.Axis = {
      stroke: color('--quiet'),
      grid: { stroke: color('--line'), width: 1 },
      ticks: { show: false },
      font: FONT,
      labelFont: FONT,
      labelSize: 18,
    };
    this.#plot = new uPlot(
      {
        width: container.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: (_, _min, max) => [0, Math.max(max ?? 0, 10)] },
          y: { range: (_, min, max) => halves(min ?? 0, max ?? 5) },
        },
        axes: [
          { ...axis, label: 'updates', size: 28 },
          { ...axis, label: 'nats per character', size: 36 },
        ],
        series: [{}, { stroke: color('--accent'), fill: color('--accent-faint'), width: 2, points: { show: false } }],
      },
      [[], []],
      container,
    );
    new ResizeObserver(() => this.#plot.setSize({ width: container.clientWidth, height: HEIGHT })).observe(container);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot.redraw());
  }

  clear(): void {
    this.#steps = [];
    this.#losses = [];
    this.#draw();
  }

  add(step: number, loss: number): void {
    this.#steps.push(step);
    this.#losses.push(loss);
    this.#draw();
  }

  #draw(): void {
    this.#plot.setData([this.#steps, this.#losses]);
    const [first, last, step] = [this.#losses[0], this.#losses.at(-1), this.#steps.at(-1)];
    const label =
      first === undefined || last === undefined
        ? 'Loss curve, empty until training starts.'
        : `Loss curve: from ${first.toFixed(2)} to ${last.toFixed(2)} nats per character in ${step} updates.`;
    this.#container.setAttribute('aria-label', label);
  }
}

/** The range in whole halves, at least one, so that the curve does not jump with every point. */
function halves(min: number, max: number): [bottom: number, top: number] {
  const bottom = Math.floor(2 * min);
  return [bottom / 2, Math.max(Math.ceil(2 * max), bottom + 1) / 2];
}
