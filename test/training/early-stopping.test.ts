// Early stopping: when it stops, and with which weights.
import { describe, expect, it } from 'vitest';
import { adam, type EndEvent, evaluate, fit, sgd, type TrainEvent, textStream, train } from '../../src/index.ts';
import { create, eventsOf, numbersOf, V } from '../support/rows.ts';

describe('early stopping', () => {
  // What is validated is the opposite of what is learned, so the loss rises from some step on.
  const learned = textStream(
    Int32Array.from({ length: 60 }, (_, i) => i % V),
    { batch: 2 },
  );
  const validation = textStream(
    Int32Array.from({ length: 40 }, (_, i) => (3 * i) % V),
    { batch: 2 },
  );
  const options = { data: learned, validation, validateEvery: 2, optimizer: adam({ learningRate: 0.02 }), steps: 400 };

  it('stops after that many validations without a lower loss, with the weights of the lowest', async () => {
    const model = await create();
    const events = await eventsOf(model, { ...options, earlyStopping: { patience: 3 } });
    const validations = events.filter((event) => event.type === 'validation');
    const lowest = Math.min(...validations.map(({ loss }) => loss));
    const best = validations.findIndex(({ loss }) => loss === lowest);
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'early-stopping', validationLoss: lowest });
    expect(validations.length - 1 - best).toBe(3);
    expect(validations[best]!.best).toBe(true);
    expect(evaluate(model, validation, { loss: 'cross-entropy' }).loss).toBe(lowest);
    const other = await create();
    await eventsOf(other, { ...options, steps: validations[best]!.step });
    expect(numbersOf(model)).toEqual(numbersOf(other));
  });

  it('counts as lower only what is lower by the least change', async () => {
    const events = await eventsOf(await create(), { ...options, earlyStopping: { patience: 2, minimumChange: 100 } });
    expect(events.at(-1)).toMatchObject({ reason: 'early-stopping', step: 6 });
  });

  it.each([undefined, 0])(
    'takes a loss that stays the same as none that is lower (a least change of %s)',
    async (minimumChange) => {
      const earlyStopping = { patience: 3, ...(minimumChange !== undefined && { minimumChange }) };
      const constant = { ...options, optimizer: sgd({ learningRate: 1e-300 }), earlyStopping };
      const events = await eventsOf(await create(), constant);
      const validations = events.filter((event) => event.type === 'validation');
      expect(new Set(validations.map(({ loss }) => loss)).size).toBe(1);
      expect(validations.map(({ best }) => best)).toEqual([true, false, false, false]);
      expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'early-stopping', step: 8 });
    },
  );

  describe('where the model does not end with the best that was seen, the end says which that was', () => {
    const lowestIn = (events: readonly TrainEvent[]) => {
      const validations = events.filter((event) => event.type === 'validation');
      const loss = Math.min(...validations.map((event) => event.loss));
      return { step: validations.find((event) => event.loss === loss)!.step, loss };
    };

    it('without early stopping, and in what fit returns', async () => {
      const events = await eventsOf(await create(), { ...options, steps: 60 });
      const lowest = lowestIn(events);
      expect(events.at(-1)).toMatchObject({ type: 'end', lowest });
      expect((events.at(-1) as EndEvent).validationLoss).toBeGreaterThan(lowest.loss);
      const result = await fit(await create(), { ...options, loss: 'cross-entropy', steps: 60 });
      expect(result.lowest).toEqual(lowest);
    });

    it('when it is aborted, early stopping or not', async () => {
      const abort = new AbortController();
      const events: TrainEvent[] = [];
      const how = {
        ...options,
        loss: 'cross-entropy',
        earlyStopping: { patience: 100 },
        signal: abort.signal,
      } as const;
      for await (const event of train(await create(), how)) {
        events.push(event);
        if (event.type === 'validation' && event.step === 60) abort.abort();
      }
      expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'aborted', lowest: lowestIn(events) });
    });

    it('and says nothing where it ends with the best, or nothing was validated', async () => {
      const stopped = await eventsOf(await create(), { ...options, earlyStopping: { patience: 3 } });
      expect((stopped.at(-1) as EndEvent).lowest).toBeUndefined();
      const falling = await eventsOf(await create(), { ...options, validation: learned, steps: 6 });
      expect((falling.at(-1) as EndEvent).lowest).toBeUndefined();
      const { validation: _, validateEvery: __, ...without } = options;
      const blind = await eventsOf(await create(), { ...without, steps: 6 });
      expect((blind.at(-1) as EndEvent).lowest).toBeUndefined();
    });

    it('also after it was resumed', async () => {
      const whole = await eventsOf(await create(), { ...options, steps: 60 });
      const left = await eventsOf(await create(), { ...options, steps: 40, checkpoint: { every: 40 } });
      const { bytes } = left.find((event) => event.type === 'checkpoint')!;
      const resumed = await eventsOf(await create(), { ...options, steps: 60, resume: bytes });
      expect((resumed.at(-1) as EndEvent).lowest).toEqual((whole.at(-1) as EndEvent).lowest);
    });
  });
});
