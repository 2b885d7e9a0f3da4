// Kernels from elsewhere.
import { describe, expect, it } from 'vitest';
import f32 from '../../build/kernels/f32.js';
import f64 from '../../build/kernels/f64.js';
import { BpttError, createModel, dense, elman, tokens } from '../../src/index.ts';

const V = 5;

const create = (units = 6) => createModel([tokens(V), elman({ units }), dense({ units: V })], { seed: 2 });

describe('kernels from elsewhere', () => {
  /** As the package inflates them. */
  const bytesOf = async (base64: string) => {
    const deflated = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const bytes = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return new Response(bytes).arrayBuffer();
  };

  it('may be bytes, a compiled module or a URL, and give the same model', async () => {
    const bytes = await bytesOf(f32);
    const description = [tokens(V), elman({ units: 6 }), dense({ units: V })] as const;
    const expected = (await create()).parameters();
    const url = URL.createObjectURL(new Blob([bytes], { type: 'application/wasm' }));
    for (const kernels of [{ bytes }, { module: await WebAssembly.compile(bytes) }, { url }]) {
      expect((await createModel(description, { seed: 2, kernels })).parameters()).toEqual(expected);
    }
  });

  it('are refused when they are of another precision or no WebAssembly', async () => {
    const description = [tokens(V), elman({ units: 6 })] as const;
    await expect(createModel(description, { kernels: { bytes: await bytesOf(f64) } })).rejects.toThrow(BpttError);
    await expect(createModel(description, { kernels: { bytes: new Uint8Array(8) } })).rejects.toThrow(BpttError);
  });
});
