// What a training told, kept for charts: means over equal numbers of updates, so that a long training takes no more memory.
import type { EndReport, Reporter, StartReport, StepReport } from './progress.ts';

/** Updates that became one point of a curve: means, and the last of what counts up. */
export interface Point {
  /** The last update. */
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly charactersPerSecond: number;
}

export interface Validation {
  readonly step: number;
  readonly loss: number;
}

export interface Sample {
  readonly step: number;
  readonly text: string;
}

/** Points are between half as many and so many. */
const MOST = 1000;

export class History implements Reporter {
  readonly validations: Validation[] = [];
  readonly samples: Sample[] = [];
  readonly warnings: string[] = [];
  started: StartReport | undefined;
  ended: EndReport | undefined;
  /** The largest norm of a gradient, which the means of the points hide. */
  largestNorm = 0;
  #points: Point[] = [];
  /** Updates of a point. */
  #size = 1;
  /** The updates of the next point. */
  #open: StepReport[] = [];

  /** The curves; what is left at the end is a point too. */
  get points(): readonly Point[] {
    return this.#open.length === 0 ? this.#points : [...this.#points, meanOf(this.#open)];
  }

  start(report: StartReport): void {
    this.started = report;
  }

  step(report: StepReport): void {
    this.largestNorm = Math.max(this.largestNorm, report.gradientNorm);
    this.#open.push(report);
    if (this.#open.length < this.#size) return;
    this.#points.push(meanOf(this.#open));
    this.#open = [];
    if (this.#points.length < MOST) return;
    const pairs = Array.from({ length: MOST / 2 }, (_, index) => this.#points.slice(2 * index, 2 * index + 2));
    this.#points = pairs.map(meanOf);
    this.#size *= 2;
  }

  validation(step: number, loss: number): void {
    this.validations.push({ step, loss });
  }

  sample(step: number, text: string): void {
    this.samples.push({ step, text });
  }

  warning(message: string): void {
    this.warnings.push(message);
  }

  end(report: EndReport): void {
    this.ended = report;
  }

  checkpoint(): void {}
  saved(): void {}
  close(): void {}
}

/** Means of neighbours, so that there are no more than `most`. */
export function thinned(points: readonly Point[], most: number): readonly Point[] {
  const size = Math.max(1, Math.ceil(points.length / most));
  const count = Math.ceil(points.length / size);
  return Array.from({ length: count }, (_, index) => meanOf(points.slice(index * size, (index + 1) * size)));
}

function meanOf(points: readonly Point[]): Point {
  const mean = (name: keyof Point) => points.reduce((sum, point) => sum + point[name], 0) / points.length;
  return {
    step: points.at(-1)!.step,
    loss: mean('loss'),
    gradientNorm: mean('gradientNorm'),
    learningRate: mean('learningRate'),
    charactersPerSecond: mean('charactersPerSecond'),
  };
}
