// Engines that lack what others have: jsdom, happy-dom, edge runtimes, Cloudflare's workers before MessageChannel.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

beforeEach(() => void vi.resetModules());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** The package, anew, in an engine that lacks these. What loads modules in this test needs them: it comes first. */
async function without(...names: readonly string[]) {
  const all = await import('../../src/index.ts');
  await import('../../src/model/decode-model-file.ts');
  await import('../../build/kernels/f32.js');
  for (const name of names) vi.stubGlobal(name, undefined);
  return all;
}

const inNode = 'process' in globalThis && typeof process.getBuiltinModule === 'function';

describe('an engine', () => {
  it('without MessageChannel and setImmediate gets its turns by timers', async () => {
    vi.stubGlobal('MessageChannel', undefined);
    vi.stubGlobal('setImmediate', undefined);
    const { yieldToEventLoop } = await import('../../src/base/time-slice.ts');
    let turns = 0;
    setTimeout(() => turns++);
    await yieldToEventLoop();
    await yieldToEventLoop();
    expect(turns).toBe(1);
  });

  // Pages have nothing else to unpack the kernels with.
  if (inNode)
    it('that hides what Node has, as jsdom does, creates models and writes them', async () => {
      const { createModel, deserialize, elman, features, serialize } = await without(
        ...['DecompressionStream', 'Response', 'Blob', 'TextDecoder', 'TextEncoder'],
      );
      const model = await createModel([features(2), elman({ units: 3 })]);
      expect((await deserialize(serialize(model))).model.parameters()).toEqual(model.parameters());
    });

  it('that has nothing to unpack the kernels with is told so, and what needs nothing', async () => {
    const { createModel, elman, features } = await without('DecompressionStream', 'process');
    const layers = [features(2), elman({ units: 3 })] as const;
    const refused = createModel(layers);
    await expect(refused).rejects.toMatchObject({ name: 'BpttError', code: 'unsupported-engine' });
    await expect(refused).rejects.toThrow(
      /expected an engine with DecompressionStream and Response.*kernels: \{ module \}/,
    );
  });

  it('that has no text in UTF-8 is told so', async () => {
    const { createModel, elman, features, serialize } = await without();
    const model = await createModel([features(2), elman({ units: 3 })]);
    vi.stubGlobal('TextEncoder', undefined);
    vi.stubGlobal('process', undefined);
    expect(() => serialize(model)).toThrow(/expected one with TextEncoder, got one without/);
  });

  it.each([
    "WebAssembly.compile(): Refused to compile or instantiate WebAssembly module because 'unsafe-eval' is not an allowed source",
    'call to WebAssembly.compile() blocked by CSP',
    'WebAssembly.compile(): Wasm code generation disallowed by embedder',
  ])('that may not compile is told what allows it: %s', async (message) => {
    const { createModel, elman, features } = await without();
    vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new WebAssembly.CompileError(message));
    const kernels = { bytes: new Uint8Array() };
    const refused = createModel([features(2), elman({ units: 3 })], { kernels });
    await expect(refused).rejects.toThrow(/'wasm-unsafe-eval' in script-src .* kernels: \{ module \}/);
  });
});

describe('a console', () => {
  it('shows a model in a line', async () => {
    const { createModel, dense, elman, tokens } = await without();
    const model = await createModel([tokens(5), elman({ units: 3 }), dense({ units: 5 })], { dtype: 'f64' });
    const line = 'tokens 5, elman 3, dense 5: 47 parameters in f64';
    expect(String(model)).toBe(line);
    expect(Object.prototype.toString.call(model)).toBe(`[object Model (${line})]`);
    const inspect = Symbol.for('nodejs.util.inspect.custom');
    expect((model as never as Record<symbol, () => string>)[inspect]!()).toBe(`Model (${line})`);
  });
});
