// How much memory a call asks for: the largest typed array, list or growth of Wasm memory. Counted, not measured, so that it is the same
// in every run.

const arrays = ['Uint8Array', 'Int32Array', 'Float32Array', 'Float64Array', 'ArrayBuffer'] as const;

/** The largest block that `call` asks for, in bytes. Calls must not overlap. */
export async function allocatedBy(call: () => Promise<void>): Promise<number> {
  const { Array: List, WebAssembly: wasm } = globalThis;
  const originals = new Map(arrays.map((name) => [name, globalThis[name]]));
  const { from } = List;
  const { grow } = wasm.Memory.prototype;
  let largest = 0;
  const note = (bytes: unknown) => {
    if (typeof bytes === 'number' && bytes > largest) largest = bytes;
  };
  for (const [name, original] of originals) {
    const { BYTES_PER_ELEMENT: size = 1 } = original as { BYTES_PER_ELEMENT?: number };
    const construct: ProxyHandler<typeof original>['construct'] = (target, given, newTarget) => {
      if (typeof given[0] === 'number') note(given[0] * size);
      return Reflect.construct(target, given, newTarget === proxy ? target : newTarget) as object;
    };
    const proxy: typeof original = new Proxy(original, { construct });
    Object.assign(globalThis, { [name]: proxy });
  }
  Object.assign(List, {
    from(this: unknown, source: { readonly length?: number }, ...rest: unknown[]) {
      note(8 * (source?.length ?? 0));
      return Reflect.apply(from, this, [source, ...rest]);
    },
  });
  wasm.Memory.prototype.grow = function (pages: number) {
    note(65536 * pages);
    return grow.call(this, pages);
  };
  try {
    await call();
  } finally {
    for (const [name, original] of originals) Object.assign(globalThis, { [name]: original });
    Object.assign(List, { from });
    wasm.Memory.prototype.grow = grow;
  }
  return largest;
}
