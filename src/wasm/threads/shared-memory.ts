// Modules made for a memory of one thread, changed to take one that threads share. The code is the same; the import says which.

/** The kind of an import that is a memory, and its limits: with a largest size, shared. */
const MEMORY = 2;
const SHARED = 3;
const IMPORTS = 2;

/** The module with its one import, `env.memory`, of `pages` pages at most and shared. */
export function withSharedMemory(module: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  let at = 8; // behind the magic number and the version
  for (;;) {
    const [size, start] = readNumber(module, at + 1);
    if (module[at] === IMPORTS) return replaceImports(module, at, start + size, start, pages);
    at = start + size;
    if (at >= module.length) throw new Error('a module without imports');
  }
}

function replaceImports(module: Uint8Array, from: number, to: number, start: number, pages: number) {
  const kind = module.indexOf(MEMORY, module.indexOf(109, start)); // behind the m of `memory`
  const [initial] = readNumber(module, kind + 2);
  const imports = [...module.subarray(start, kind), MEMORY, SHARED, ...writeNumber(initial), ...writeNumber(pages)];
  return Uint8Array.from([
    ...module.subarray(0, from),
    IMPORTS,
    ...writeNumber(imports.length),
    ...imports,
    ...module.subarray(to),
  ]);
}

/** An unsigned LEB128, and where it ends. */
function readNumber(bytes: Uint8Array, from: number): readonly [value: number, end: number] {
  let value = 0;
  for (let at = from, shift = 0; ; at++, shift += 7) {
    value |= (bytes[at]! & 127) << shift;
    if (bytes[at]! < 128) return [value, at + 1];
  }
}

function writeNumber(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...writeNumber(value >>> 7)];
}
