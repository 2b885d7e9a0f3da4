// Memory: what training takes, and that it takes no more as it goes on.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { adam, type Batch, createModel, dense, elman, tokens, train } from '../../src/index.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const V = 65;

function batch(T: number, B: number): Batch {
  const ids = Int32Array.from({ length: (T + 1) * B }, (_, i) => (i * 7 + (i >> 3) * 3) % V);
  return { steps: T, rows: B, inputs: ids.subarray(0, T * B), targets: ids.subarray(B) };
}

const create = (units: number) => createModel([tokens(V), elman({ units }), dense({ units: V })], { seed: 1 });

describe('memory', () => {
  it('is less than 40 MB of Wasm memory for tokens(65), elman(128), dense(65) at T = 50, B = 32 with Adam', async () => {
    const model = await create(128);
    const options = { loss: 'cross-entropy', optimizer: adam(), clip: { norm: 5 } } as const;
    for await (const _ of train(model, { ...options, data: [batch(50, 32)], steps: 3 }));
    expect(model.memoryBytes).toBeLessThan(40e6);
  });

  it('grows neither in Wasm nor in JavaScript over 10,000 training steps', async () => {
    const model = await create(16);
    const sizes: { step: number; wasm: number; heap: number }[] = [];
    const options = {
      loss: 'cross-entropy',
      truncation: { k1: 5, k2: 8 },
      optimizer: adam(),
      clip: { norm: 5 },
    } as const;
    for await (const event of train(model, { ...options, data: [batch(25, 2)], steps: 12_000 })) {
      if (event.type !== 'step' || event.step % 1000 !== 0) continue;
      collectGarbage();
      sizes.push({ step: event.step, wasm: model.memoryBytes, heap: process.memoryUsage().heapUsed });
    }
    const [first, last] = [sizes.find(({ step }) => step === 2000)!, sizes.at(-1)!];
    expect(last.wasm).toBe(first.wasm);
    // The heap's own measure moves by tens of kilobytes; one object a step kept would be more than this.
    expect(last.heap - first.heap).toBeLessThan(300_000);
  });

  it('is given back after training: training again and again takes no more', async () => {
    const model = await create(16);
    const options = { loss: 'cross-entropy', optimizer: adam(), steps: 2 } as const;
    for await (const _ of train(model, { ...options, data: [batch(25, 4)] }));
    const before = model.memoryBytes;
    for (let i = 0; i < 200; i++) for await (const _ of train(model, { ...options, data: [batch(25, 4)] }));
    expect(model.memoryBytes).toBe(before);
  });
});
