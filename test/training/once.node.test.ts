// What a training does once: it checks a text's tokens, an optimizer and a state, encodes a checkpoint and decodes one.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeSafetensors } from '../../src/formats/decode-safetensors.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import {
  adam,
  createModel,
  dense,
  elman,
  generate,
  serialize,
  split,
  textStream,
  tokens,
  train,
} from '../../src/index.ts';
import { checkState } from '../../src/model/state.ts';
import { CheckpointFiles } from '../../src/node/checkpoint-files.ts';
import type { TrainEvent } from '../../src/training/events.ts';
import { optimizer } from '../../src/training/optimizers.ts';
import { trainWith } from '../../src/training/train.ts';

// One function alone: a spy on the whole file would be one on the classes of arrays as well, of which it has a table.
vi.mock('../../src/formats/safetensors.ts', async (original) => {
  const all = await original<typeof import('../../src/formats/safetensors.ts')>();
  return { ...all, encodeSafetensors: vi.fn(all.encodeSafetensors) };
});
vi.mock('../../src/formats/decode-safetensors.ts', async (original) => {
  const all = await original<typeof import('../../src/formats/decode-safetensors.ts')>();
  return { ...all, decodeSafetensors: vi.fn(all.decodeSafetensors) };
});
vi.mock('../../src/model/state.ts', { spy: true });

const V = 5;
const text = Int32Array.from({ length: 61 }, (_, i) => (i * i) % V);
const create = () => createModel([tokens(V), elman({ units: 3 }), dense({ units: V })], { seed: 1 });
const options = { loss: 'cross-entropy', optimizer: adam(), truncation: { k1: 4, k2: 4 } } as const;

async function toTheEnd(events: AsyncIterable<TrainEvent>): Promise<readonly TrainEvent[]> {
  const all: TrainEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

beforeEach(() => vi.clearAllMocks());

describe("a text's tokens", () => {
  /** How many tokens are looked at while `work` runs. */
  async function looksAt(work: () => unknown): Promise<number> {
    const look = vi.spyOn(Number, 'isInteger');
    await work();
    const count = look.mock.calls.length;
    look.mockRestore();
    return count;
  }

  it('are checked when the text is cut, and in no epoch and no validation again', async () => {
    const parts = split(text, 0.25);
    expect(await looksAt(() => textStream(parts.training, { batch: 3 }))).toBe(parts.training.length);
    const data = textStream(parts.training, { batch: 3 });
    const validation = textStream(parts.validation, { batch: 3 });
    const model = await create();
    const epochs = { epochs: 4, validateEvery: 'epoch' } as const;
    const training = () => toTheEnd(train(model, { ...options, ...epochs, data, validation }));
    expect(await looksAt(training)).toBeLessThan(20);
  });

  it('are refused by a model that does not know all of them', async () => {
    const data = textStream([0, 1, V, 2, 3], { batch: 1 });
    await expect(toTheEnd(train(await create(), { ...options, data, epochs: 1 }))).rejects.toThrow(
      'batch.inputs[2]: expected a token from 0 to 4, got 5',
    );
  });

  it('are checked in each epoch where somebody else made the batch, who may refill it', async () => {
    const [made] = [...textStream(text, { batch: 1 })];
    const batch = { ...made!, inputs: made!.inputs.slice() as Int32Array };
    const training = async () => {
      for await (const event of train(await create(), { ...options, data: [batch], epochs: 2 })) {
        if (event.type === 'step' && event.epoch === 0) batch.inputs[7] = V;
      }
    };
    await expect(training()).rejects.toThrow('batch.inputs[7]: expected a token from 0 to 4, got 5');
  });
});

it('an optimizer', async () => {
  const data = textStream(text, { batch: 3 });
  const check = vi.spyOn(optimizer, 'check');
  const events = train(await create(), { ...options, data, steps: 2 });
  expect(check).toHaveBeenCalledTimes(1);
  await toTheEnd(events);
  expect(check).toHaveBeenCalledTimes(1);
  check.mockRestore();
});

it('a state', async () => {
  const model = await create();
  const state = model.zeroState(1);
  vi.clearAllMocks();
  expect([...generate(model, { prompt: [1], length: 3, state })]).toHaveLength(3);
  expect(checkState).toHaveBeenCalledTimes(1);
});

it('a file is encoded', async () => {
  serialize(await create());
  expect(encodeSafetensors).toHaveBeenCalledTimes(1);
});

describe('a checkpoint', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bptt-once-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is encoded when it is written, and decoded when it is found', async () => {
    const data = textStream(text, { batch: 3 });
    const files = new CheckpointFiles(join(folder, 'model.safetensors'));
    const whole = await create();
    for await (const event of train(whole, { ...options, data, steps: 5, checkpoint: { every: 5 } })) {
      if (event.type === 'checkpoint' && event.step === 5) await files.write(event);
    }
    // At step 5, and at the end.
    expect(encodeSafetensors).toHaveBeenCalledTimes(2);

    const found = (await files.newest())!;
    const resumed = await create();
    await toTheEnd(trainWith(resumed, { ...options, data, steps: 9 }, { checkpoint: found.content }));
    expect(decodeSafetensors).toHaveBeenCalledTimes(1);
    expect(encodeSafetensors).toHaveBeenCalledTimes(2);

    const never = await create();
    await toTheEnd(train(never, { ...options, data, steps: 9 }));
    expect(resumed.parameters()).toEqual(never.parameters());
  });
});
