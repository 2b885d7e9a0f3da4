// What `bptt sweep` shows: a line for each trial that has ended, and on a terminal one for those that run.
import type { KeptResult, Parameters, SweepEvent } from '../../sweep/index.ts';
import type { Output } from '../io/output.ts';
import { printable } from '../report/printable.ts';

/** Milliseconds between two looks of the line of running trials. */
const PAUSE = 200;

const words = (parameters: Parameters) =>
  Object.entries(parameters)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`)
    .join(', ');

export class TrialTable {
  readonly #output: Output;
  readonly #trials: number;
  readonly #json: boolean;
  /** The running trials by their numbers, and where they are. */
  readonly #running = new Map<number, string>();
  #ended = 0;
  #best: KeptResult | undefined;
  #shown = 0;

  constructor(output: Output, trials: number, json: boolean) {
    this.#output = output;
    this.#trials = trials;
    this.#json = json;
  }

  take(event: SweepEvent): void {
    if (event.type === 'begin') {
      this.#running.set(
        event.number,
        event.resumedFrom === undefined ? 'begins' : `goes on from step ${event.resumedFrom}`,
      );
      if (this.#json) this.#output.json(event);
    } else if (event.type === 'training') {
      if (event.event.type === 'step') this.#running.set(event.number, `step ${event.event.step}`);
    } else if (event.type === 'progress') this.#running.set(event.number, `step ${event.step}`);
    else this.#takeEnd(event.result);
    this.#status();
  }

  #takeEnd(result: KeptResult): void {
    const { number, parameters, state, values, reports } = result;
    this.#running.delete(number);
    this.#ended++;
    const [value] = values;
    const better = value !== undefined && (this.#best === undefined || value < this.#best.values[0]!);
    if (better) this.#best = result;
    if (this.#json) this.#output.json({ type: 'trial', ...result });
    if (this.#json) return;
    this.#clear();
    const said = {
      complete: `loss ${value?.toFixed(4)}${better ? ', the lowest so far' : ''}`,
      pruned: `pruned at step ${reports.at(-1)?.[0]} with loss ${reports.at(-1)?.[1].toFixed(4)}`,
      failed: 'diverged',
    }[state];
    this.#output.line(`trial ${number} of ${this.#trials}: ${said} (${words(parameters)})`);
  }

  /** The running trials, where a terminal can show a line that changes. */
  #status(): void {
    const now = performance.now();
    if (this.#json || !this.#output.hasCursor || now - this.#shown < PAUSE) return;
    this.#shown = now;
    const running = [...this.#running].map(([number, where]) => `trial ${number}: ${where}`);
    this.#output.styled(
      `\r\x1b[K${printable(`${this.#ended} of ${this.#trials} have ended; ${running.join('; ')}`).slice(0, 100)}`,
    );
  }

  #clear(): void {
    if (this.#output.hasCursor) this.#output.styled('\r\x1b[K');
  }

  end(): void {
    if (!this.#json) this.#clear();
  }

  winner(best: KeptResult, out: string | undefined): void {
    const { number, parameters, values, digest } = best;
    if (this.#json) {
      this.#output.json({ type: 'best', number, parameters, values, digest, out: out ?? null });
      return;
    }
    this.#output.line(
      `best: trial ${number}, loss ${values[0]!.toFixed(4)} (${words(parameters)})${out === undefined ? '' : `, in ${out}`}`,
    );
  }
}
