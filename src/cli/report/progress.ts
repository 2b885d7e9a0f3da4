// How training shows itself: a progress bar on a terminal, plain lines elsewhere, JSON events for programs.
import { MultiBar, type SingleBar } from 'cli-progress';
import pc from 'picocolors';
import type { EndEvent } from '../../training/events.ts';
import type { Output } from '../io/output.ts';
import { printable } from './printable.ts';

export interface StartReport {
  readonly text: string;
  readonly characters: number;
  readonly vocabulary: number;
  /** Of each part, where they are known. */
  readonly trainingCharacters?: number;
  readonly validationCharacters?: number;
  readonly parameters: number;
  readonly steps: number;
  /** Characters or words of the text that the model it goes on from had not; left out where there are none. */
  readonly added?: readonly string[];
  /** The flags that were chosen and not given, and why so. */
  readonly chosen?: { readonly flags: string; readonly why: string };
  /** The update from whose checkpoint the training goes on. */
  readonly resumed?: number;
}

export interface StepReport {
  readonly step: number;
  readonly epoch: number;
  /** Nats per character, of this step. */
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly characters: number;
  readonly charactersPerSecond: number;
}

export interface EndReport {
  readonly step: number;
  readonly reason: string;
  readonly seconds: number;
  /** The last validation loss, in nats per character. */
  readonly validationLoss: number | undefined;
  /** A validation that had a lower one, whose model is not what was saved. */
  readonly lowest?: EndEvent['lowest'];
}

/** Numbers by the names of metrics. */
type Metrics = Readonly<Record<string, number>>;

const listOf = (metrics: Metrics = {}) =>
  Object.entries(metrics)
    .map(([name, value]) => `, ${name} ${value.toPrecision(4)}`)
    .join('');

/** New characters or words that are named on a line; JSON has all. */
const NAMED = 30;

/** Receives what happens, in this order: start, then steps with validations and samples between them, saved, end. */
export interface Reporter {
  start(report: StartReport): void;
  step(report: StepReport): void;
  /** `metrics`: others than the loss, by their names. */
  validation(step: number, loss: number, metrics?: Metrics): void;
  sample(step: number, text: string): void;
  /** A checkpoint was written. */
  checkpoint(step: number, path: string): void;
  /** Something that the user should know, and that does not stop the training. */
  warning(message: string): void;
  saved(path: string, bytes: number): void;
  end(report: EndReport): void;
  /** Leaves the terminal as it was; also after an error. */
  close(): void;
}

/** The reporter that suits where the output goes. `logEvery` is how many steps one line or event is for. */
export function createReporter(output: Output, json: boolean, logEvery: number): Reporter {
  if (json) return new JsonReporter(output, logEvery);
  return output.hasCursor ? new BarReporter(output) : new LineReporter(output, logEvery);
}

/** Tells one reporter and then the other. */
export function inTurn(first: Reporter, second: Reporter): Reporter {
  const toBoth = <K extends keyof Reporter>(name: K) =>
    ((...what: Parameters<Reporter[K]>) => {
      for (const one of [first, second]) (one[name] as (...what: unknown[]) => void)(...what);
    }) as Reporter[K];
  return {
    start: toBoth('start'),
    step: toBoth('step'),
    validation: toBoth('validation'),
    sample: toBoth('sample'),
    checkpoint: toBoth('checkpoint'),
    warning: toBoth('warning'),
    saved: toBoth('saved'),
    end: toBoth('end'),
    close: toBoth('close'),
  };
}

/** Bits in a nat are 1 / ln 2. */
function bits(nats: number): number {
  return nats / Math.LN2;
}

function both(nats: number): string {
  return `${nats.toFixed(3)} nats, ${bits(nats).toFixed(3)} bits`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function speed(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)}M`;
  return perSecond >= 1e3 ? `${(perSecond / 1e3).toFixed(1)}k` : perSecond.toFixed(0);
}

function duration(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** How many, and the first of them. */
function additions(added: readonly string[]): string {
  const named = added.slice(0, NAMED).map((symbol) => JSON.stringify(symbol));
  const more = added.length > NAMED ? ` and ${count(added.length - NAMED)} more` : '';
  return `${count(added.length)} (${named.join(', ')}${more})`;
}

function introduction(report: StartReport): string {
  const { text, characters, vocabulary, trainingCharacters, validationCharacters, parameters, steps } = report;
  const { resumed, chosen, added } = report;
  const known = trainingCharacters !== undefined && validationCharacters !== undefined;
  const parts = known
    ? ` (${count(trainingCharacters)} to train on, ${count(validationCharacters)} to validate on)`
    : ', read as training goes';
  return [
    `${text}: ${count(characters)} characters${parts}, ${vocabulary} different`,
    `${count(parameters)} parameters, ${count(steps)} steps${resumed === undefined ? '' : `, resumed at step ${count(resumed)}`}`,
    ...(added === undefined ? [] : [`added to the vocabulary: ${additions(added)}`]),
    ...(chosen === undefined ? [] : [`chosen: ${chosen.flags}`, `for ${chosen.why}`]),
  ].join('\n');
}

function conclusion({ step, reason, seconds, validationLoss, lowest }: EndReport): string {
  const loss = validationLoss === undefined ? '' : `; validation ${both(validationLoss)} per character`;
  const better =
    lowest === undefined
      ? ''
      : `\nthe validation at step ${count(lowest.step)} was better: ${both(lowest.loss)} per character; --early-stopping keeps the model of the best`;
  return `${reason === 'steps' ? 'done' : 'stopped'} after ${count(step)} steps in ${duration(seconds)}${loss}${better}`;
}

/** The mean loss since it was last taken. */
class MeanLoss {
  #sum = 0;
  #count = 0;

  add(loss: number): void {
    this.#sum += loss;
    this.#count++;
  }

  take(): number {
    const mean = this.#sum / this.#count;
    this.#sum = 0;
    this.#count = 0;
    return mean;
  }
}

class JsonReporter implements Reporter {
  readonly #output: Output;
  readonly #logEvery: number;
  readonly #loss = new MeanLoss();

  constructor(output: Output, logEvery: number) {
    this.#output = output;
    this.#logEvery = logEvery;
  }

  start(report: StartReport): void {
    this.#output.json({ type: 'start', ...report });
  }

  step(report: StepReport): void {
    this.#loss.add(report.loss);
    if (report.step % this.#logEvery !== 0) return;
    const loss = this.#loss.take();
    this.#output.json({ type: 'step', ...report, loss, bitsPerCharacter: bits(loss) });
  }

  validation(step: number, loss: number, metrics: Metrics = {}): void {
    const taken = Object.keys(metrics).length > 0 && { metrics };
    this.#output.json({ type: 'validation', step, loss, bitsPerCharacter: bits(loss), ...taken });
  }

  sample(step: number, text: string): void {
    this.#output.json({ type: 'sample', step, text });
  }

  checkpoint(step: number, path: string): void {
    this.#output.json({ type: 'checkpoint', step, path });
  }

  warning(message: string): void {
    this.#output.json({ type: 'warning', message });
  }

  saved(path: string, bytes: number): void {
    this.#output.json({ type: 'saved', path, bytes });
  }

  end(report: EndReport): void {
    this.#output.json({ type: 'end', ...report });
  }

  close(): void {}
}

class LineReporter implements Reporter {
  readonly #output: Output;
  readonly #logEvery: number;
  readonly #loss = new MeanLoss();
  #steps = 0;

  constructor(output: Output, logEvery: number) {
    this.#output = output;
    this.#logEvery = logEvery;
  }

  start(report: StartReport): void {
    this.#steps = report.steps;
    this.#output.line(introduction(report));
  }

  step({ step, loss, charactersPerSecond }: StepReport): void {
    this.#loss.add(loss);
    if (step % this.#logEvery !== 0) return;
    const where = `step ${step}/${this.#steps}`;
    this.#output.line(
      `${where}: loss ${both(this.#loss.take())} per character, ${speed(charactersPerSecond)} characters/s`,
    );
  }

  validation(step: number, loss: number, metrics?: Metrics): void {
    this.#output.line(`step ${step}/${this.#steps}: validation ${both(loss)} per character${listOf(metrics)}`);
  }

  sample(step: number, text: string): void {
    this.#output.line(`step ${step}/${this.#steps}: sample\n${text}\n`);
  }

  checkpoint(): void {}

  warning(message: string): void {
    this.#output.line(`warning: ${message}`);
  }

  saved(path: string, bytes: number): void {
    this.#output.line(`saved ${path} (${count(bytes)} bytes)`);
  }

  end(report: EndReport): void {
    this.#output.line(conclusion(report));
  }

  close(): void {}
}

/** How fast the loss that the bar shows follows the loss of each step. */
const SMOOTHING = 0.02;
const WIDEST_BAR = 24;
/** Columns of the text beside the bar. */
const BESIDE = 101;
/** Control sequences DECAWM: wrap lines at the right margin, and do not. */
const WRAP = '\x1b[?7h';
const NO_WRAP = '\x1b[?7l';

class BarReporter implements Reporter {
  readonly #output: Output;
  #bars: MultiBar | undefined;
  #bar: SingleBar | undefined;
  #loss = 0;
  #steps = 0;
  #validation = '';
  /** A second Ctrl-C ends the process in the middle of things: the cursor must come back. */
  readonly #leave = () => this.close();

  constructor(output: Output) {
    this.#output = output;
  }

  start(report: StartReport): void {
    this.#steps = report.steps;
    this.#output.line(introduction(report));
    const { stream } = this.#output;
    const columns = stream.columns ?? 80;
    this.#bars = new MultiBar({
      stream,
      // What a narrow terminal cuts off at the right is what one asks for last.
      format:
        '{bar} {percentage}% | {value}/{total} | {eta_formatted} left | loss {loss}{validation} | {speed} chars/s',
      barsize: Math.max(8, Math.min(WIDEST_BAR, columns - BESIDE)),
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      etaBuffer: 100,
      forceRedraw: true, // else the bar stays away after text above it until it changes
    });
    process.once('exit', this.#leave);
    this.#bar = this.#bars.create(report.steps, report.resumed ?? 0, { loss: '-', validation: '', speed: '-' });
  }

  step({ step, loss, charactersPerSecond }: StepReport): void {
    this.#loss += (loss - this.#loss) * Math.max(1 / step, SMOOTHING);
    this.#bar?.update(step, {
      loss: both(this.#loss),
      validation: this.#validation,
      speed: speed(charactersPerSecond),
    });
  }

  validation(_: number, loss: number, metrics?: Metrics): void {
    this.#validation = `, validation ${loss.toFixed(3)}${listOf(metrics)}`;
  }

  sample(step: number, text: string): void {
    this.#above(`${pc.dim(`step ${step}/${this.#steps}`)}\n${pc.cyan(printable(text))}\n\n`);
  }

  checkpoint(): void {}

  warning(message: string): void {
    this.#above(`${pc.yellow(printable(`warning: ${message}`))}\n`);
  }

  saved(path: string, bytes: number): void {
    this.close();
    this.#output.line(`saved ${path} (${count(bytes)} bytes)`);
  }

  end(report: EndReport): void {
    this.close();
    this.#output.line(conclusion(report));
  }

  close(): void {
    process.off('exit', this.#leave);
    this.#bars?.stop();
    this.#bars = undefined;
    this.#bar = undefined;
  }

  /** Prints above the bar. While the bar is there the terminal does not wrap lines, which long ones in the text need. */
  #above(text: string): void {
    this.#bars?.log(`${WRAP}${text}${NO_WRAP}`);
    this.#bars?.update();
  }
}
