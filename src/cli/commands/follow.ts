// What trainings on speech and on pairs have in common: how the learning rate goes, and what is said meanwhile.
import { adam, linear, type Optimizer, type TrainEvent, warmup } from '../../index.ts';
import type { Output } from '../io/output.ts';

/** Adam, whose learning rate rises over the first twentieth of the updates and then falls to nothing. */
export function risingAndFalling(learningRate: number, steps: number): Optimizer {
  const rise = Math.min(Math.ceil(steps / 20), steps - 1);
  const falling = linear({ from: learningRate, to: 0, steps: steps - rise });
  return adam({ learningRate: rise > 0 ? warmup({ steps: rise, schedule: falling }) : falling });
}

/** What a validation has found, as JSON has it and in words. */
export interface Found {
  readonly metrics: Readonly<Record<string, number>>;
  readonly words: string;
}

export interface Following {
  readonly steps: number;
  /** Updates between two lines. Default: 50 lines in all. */
  readonly logEvery: number | undefined;
  readonly json: boolean;
  /** What more there is to say of a validation. */
  readonly validated: (event: Extract<TrainEvent, { type: 'validation' }>) => Found | Promise<Found>;
  /** Writes a checkpoint, and gives its path. */
  readonly kept?: (event: Extract<TrainEvent, { type: 'checkpoint' }>) => Promise<string>;
}

/** Says how far a training is, to its end, which it returns. */
export async function follow(events: AsyncIterable<TrainEvent>, following: Following, output: Output) {
  const { steps, logEvery = Math.ceil(steps / 50), json, validated, kept } = following;
  for await (const event of events) {
    if (event.type === 'end') return event;
    if (event.type === 'step' && event.step % logEvery === 0) {
      const { type, step, epoch, loss, gradientNorm, learningRate } = event;
      if (json) output.json({ type, step, epoch, loss, gradientNorm, learningRate });
      else output.line(`update ${step} of ${steps}: loss ${loss.toFixed(3)}`);
    } else if (event.type === 'validation') {
      const { metrics, words } = await validated(event);
      const { type, step, loss } = event;
      if (json) output.json({ type, step, loss, ...metrics });
      else output.line(`validation after ${step}: loss ${loss.toFixed(3)}, ${words}`);
    } else if (event.type === 'checkpoint' && kept !== undefined) {
      const path = await kept(event);
      if (json) output.json({ type: 'checkpoint', step: event.step, path });
    }
  }
  throw new Error('a training ends with its end');
}
