// `bptt bench`: how fast this machine trains and generates, through the public API.
import { cpus } from 'node:os';
import { number } from '../../base/fields.ts';
import {
  adam,
  createModel,
  dense,
  elman,
  generate,
  glorotUniform,
  type Model,
  type ModelDescription,
  textStream,
  tokens,
  train,
} from '../../index.ts';
import { engineFields } from '../../model/network.ts';
import { flag, toggle, type Values } from '../flags/flags.ts';
import type { Output } from '../io/output.ts';

export const benchFlags = {
  seconds: flag('seconds to measure each size', number({ exclusiveMin: 0 }), 2),
  dtype: flag('numbers to compute in', engineFields.dtype, 'f32'),
  relaxed: toggle('use relaxed SIMD: faster, but not the same bits on every machine', engineFields.relaxed),
  json: toggle('print one JSON event a line'),
};

type BenchValues = Values<typeof benchFlags>;

/** Elman networks over V characters with H units, T steps and B rows a window; whether to generate as well. */
const sizes = [
  { H: 64, T: 25, B: 1, generates: false },
  { H: 128, T: 50, B: 32, generates: true },
  { H: 256, T: 50, B: 32, generates: false },
  { H: 512, T: 50, B: 32, generates: true },
] as const;

const V = 65;
const WARM_UP = 0.25; // of the seconds

interface Result {
  readonly what: 'train' | 'generate';
  readonly H: number;
  readonly T: number;
  readonly B: number;
  /** Median milliseconds of a step: a window of T x B characters, or one character. */
  readonly milliseconds: number;
  readonly charactersPerSecond: number;
  readonly gigaflops: number;
}

/** Measures all sizes and prints each as it is done. */
export async function benchCommand(values: BenchValues, output: Output): Promise<void> {
  const { json } = values;
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    node: process.version,
    system: `${process.platform} ${process.arch}`,
    dtype: values.dtype,
    relaxed: values.relaxed,
  };
  if (json) output.json({ type: 'machine', ...machine });
  else {
    const relaxed = values.relaxed ? ', relaxed SIMD' : '';
    output.line(`${machine.cpu}, Node ${machine.node}, ${machine.system}, ${machine.dtype}${relaxed}`);
    output.line(`Elman tanh, ${V} characters; train: forward, full BPTT over T, Adam; one thread; medians`);
    output.line(row('', 'H', 'T', 'B', 'ms/step', 'chars/s', 'GFLOP/s'));
  }
  for await (const result of measure(values)) {
    if (output.closed.aborted) return;
    if (json) output.json({ type: 'result', ...result });
    else {
      const { what, H, T, B, milliseconds, charactersPerSecond, gigaflops } = result;
      const speed = Math.round(charactersPerSecond).toLocaleString('en-US');
      output.line(row(what, H, T, B, milliseconds.toFixed(3), speed, gigaflops.toFixed(1)));
    }
    await output.flushed();
  }
}

function row(what: string, ...cells: readonly (string | number)[]): string {
  return what.padEnd(9) + cells.map((cell) => String(cell).padStart(12)).join('');
}

async function* measure(values: BenchValues): AsyncGenerator<Result> {
  const { dtype, relaxed, seconds } = values;
  const create = (H: number) => {
    const recurrent = elman({ units: H, recurrentInitializer: glorotUniform() }); // quicker to draw than orthogonal
    const description: ModelDescription = [tokens(V), recurrent, dense({ units: V })];
    return createModel(description, { seed: 1, dtype, relaxed });
  };
  for (const { H, T, B, generates } of sizes) {
    const model = await create(H);
    yield result('train', H, T, B, await timeTraining(model, T, B, seconds));
    if (generates) yield result('generate', H, 1, 1, timeGeneration(model, seconds));
  }
}

/** FLOPs are those of the matrix products: forward, and twice as many backward; one-hot characters are a look-up. */
function result(what: Result['what'], H: number, T: number, B: number, milliseconds: number): Result {
  const passes = what === 'train' ? 3 : 1;
  const flops = passes * 2 * T * B * (H * H + H * V);
  const perSecond = 1000 / milliseconds;
  const rates = { charactersPerSecond: T * B * perSecond, gigaflops: (flops * perSecond) / 1e9 };
  return { what, H, T, B, milliseconds, ...rates };
}

/** Characters from a linear congruential generator (Numerical Recipes, section 7.1): what they are does not change the speed. */
function anyTokens(length: number): Int32Array {
  let state = 1;
  return Int32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % V;
  });
}

async function timeTraining(model: Model, T: number, B: number, seconds: number): Promise<number> {
  const clock = new Clock(seconds);
  const data = textStream(anyTokens(T * B * 16 + 1), { batch: B });
  const options = { loss: 'cross-entropy', truncation: { k1: T, k2: T }, optimizer: adam() } as const;
  for await (const event of train(model, { ...options, data })) {
    if (event.type === 'step' && clock.tick()) break;
  }
  return clock.median();
}

function timeGeneration(model: Model, seconds: number): number {
  const BLOCK = 64; // characters between two looks at the clock, which is not finer than some microseconds
  const clock = new Clock(seconds);
  let count = 0;
  for (const _ of generate(model, { prompt: [0] })) {
    if (++count % BLOCK === 0 && clock.tick()) break;
  }
  return clock.median() / BLOCK;
}

/** Times between ticks, after a warm-up. */
class Clock {
  readonly #times: number[] = [];
  readonly #warm: number;
  readonly #end: number;
  #last = performance.now();

  constructor(seconds: number) {
    this.#warm = this.#last + WARM_UP * 1000 * seconds;
    this.#end = this.#warm + 1000 * seconds;
  }

  /** Whether the time is over; there is one time at least. */
  tick(): boolean {
    const now = performance.now();
    if (this.#last >= this.#warm) this.#times.push(now - this.#last);
    this.#last = now;
    return now >= this.#end && this.#times.length > 0;
  }

  median(): number {
    const sorted = this.#times.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)]!;
  }
}
