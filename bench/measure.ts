// Timing in turns: every contender runs for a short while, again and again, so that what the machine does meanwhile hits
// all of them; ratios are taken within a turn. tinybench takes the samples; a process of its own brings its own.

import { Bench } from 'tinybench';
import { median, ratioOf, takeTurns } from './turns.js';

/** Something to time. `repeat`: one step runs it so many times, because once is too short for the clock. Its number goes into the sink, so that no engine can leave the work out. */
export type Contender =
  | { name: string; step: () => number; repeat?: number }
  | { name: string; asyncStep: () => Promise<number> }
  | { name: string; samples: (milliseconds: number) => Promise<number[]> };

export interface Timing {
  name: string;
  /** Milliseconds: the median of all samples, the least, and how many there are. */
  median: number;
  min: number;
  samples: number;
  /** The median of each turn. */
  turns: number[];
}

export interface Pace {
  turns: number;
  /** Of one contender in one turn; every turn has at least one sample. */
  milliseconds: number;
}

let sink = 0;

/** Times all contenders in turns, after a warm-up of each. */
export async function inTurns(contenders: Contender[], { turns, milliseconds }: Pace): Promise<Timing[]> {
  const samples = await takeTurns(
    contenders.map((contender) => () => run(contender, milliseconds)),
    { rounds: turns },
  );
  if (!Number.isFinite(sink)) throw new Error(`the results of the timed steps are not finite: ${sink}`);
  return contenders.map(({ name }, i) => {
    const all = samples[i].flat();
    return { name, median: median(all), min: Math.min(...all), samples: all.length, turns: samples[i].map(median) };
  });
}

/** How many times as fast `ours` is: the median over the turns. */
export function ratio(ours: Timing, theirs: Timing): number {
  return ratioOf(theirs.turns, ours.turns);
}

async function run(contender: Contender, milliseconds: number): Promise<number[]> {
  if ('samples' in contender) return contender.samples(milliseconds);
  const bench = new Bench({ time: milliseconds, iterations: 1, warmup: false, retainSamples: true, throws: true });
  if ('step' in contender) {
    const { step } = contender;
    const timed = () => {
      sink += step();
    };
    bench.add(contender.name, timed, { async: false });
  } else {
    const { asyncStep } = contender;
    const timed = async () => {
      sink += await asyncStep();
    };
    bench.add(contender.name, timed, { async: true });
  }
  const [task] = await bench.run();
  const { result } = task;
  if (!('latency' in result) || result.latency.samples === undefined)
    throw new Error(`${contender.name}: ${result.state}`);
  const repeat = ('step' in contender && contender.repeat) || 1;
  return result.latency.samples.map((time) => time / repeat);
}
