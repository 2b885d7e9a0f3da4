// Finds, compiles and instantiates a kernel module. Compiled modules are shared; every model gets an instance of its own.
import { demangle } from '@assemblyscript/loader';
import { builtin } from '../base/engine.ts';
import { BpttError } from '../base/errors.ts';
import type { Bytes, Kernels, Variant, WasmMemory, WasmModule } from './kernels.ts';

/** Where kernels may come from instead of the bytes inside the package. */
export type KernelSource =
  | {
      /** A compiled module, for engines that may not compile bytes. */
      readonly module: WasmModule;
    }
  | {
      /** The bytes of a `.wasm` file of the package. */
      readonly bytes: Bytes;
    }
  | {
      /** Where such a file is served. */
      readonly url: string | URL;
    };

/** Whether that is one: a module, bytes, or where they are served. */
export function isKernelSource(value: unknown): value is KernelSource {
  const given = Object(value) as { readonly [name: string]: unknown };
  // By its name: what was made in another realm is of another class.
  const is = (name: string, ...kinds: readonly string[]) =>
    name in given && kinds.includes(Object.prototype.toString.call(given[name]).slice(8, -1));
  return (
    is('module', 'WebAssembly.Module') ||
    is('bytes', 'ArrayBuffer') ||
    ArrayBuffer.isView(given.bytes) ||
    is('url', 'String', 'URL')
  );
}

const embedded: Record<Variant, () => Promise<{ default: string }>> = {
  f32: () => import('../../build/kernels/f32.js'),
  'f32-relaxed': () => import('../../build/kernels/f32-relaxed.js'),
  f64: () => import('../../build/kernels/f64.js'),
};

const compiled = new Map<Variant, Promise<WasmModule>>();

/** @throws BpttError `unsupported-engine` when the engine cannot compile them. */
export async function compile(bytes: Bytes, variant: string): Promise<WasmModule> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const simd = variant === 'f32-relaxed' ? 'relaxed SIMD (Node 22 and later have it)' : 'SIMD';
    // Pages whose policy says nothing of it, Chrome's extensions and edge runtimes compile no bytes.
    const needed = /unsafe-eval|disallowed|CSP/i.test(String(cause))
      ? "that may compile WebAssembly ('wasm-unsafe-eval' in script-src of the Content-Security-Policy; kernels: { module } where only what is deployed may run)"
      : `with WebAssembly ${simd}`;
    throw new BpttError(
      'unsupported-engine',
      `the ${variant} kernels: expected an engine ${needed}, got ${String(cause)}`,
      { cause },
    );
  }
}

async function embeddedBytes(variant: Variant): Promise<Bytes> {
  return inflate((await embedded[variant]()).default, variant, '; kernels: { module } or { bytes } needs neither');
}

/** The bytes that scripts/build.js has deflated and written in base64. `otherwise`: what an engine that cannot unpack them can do. */
export async function inflate(base64: string, variant: string, otherwise = ''): Promise<Bytes> {
  const deflated = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  if (typeof DecompressionStream === 'function' && typeof Response === 'function') {
    const stream = new Response(deflated).body!.pipeThrough(new DecompressionStream('deflate-raw'));
    return new Response(stream).arrayBuffer();
  }
  // jsdom has neither.
  const zlib = builtin('node:zlib');
  if (zlib !== undefined) return zlib.inflateRawSync(deflated);
  throw new BpttError(
    'unsupported-engine',
    `the ${variant} kernels: expected an engine with DecompressionStream and Response to unpack them, got one without${otherwise}`,
  );
}

async function fetchBytes(url: string | URL): Promise<ArrayBuffer> {
  const failed = (got: string, cause?: unknown) =>
    new BpttError('bad-file', `kernels.url: expected ${url} to be served, got ${got}`, { cause });
  const response = await fetch(url).catch((cause: unknown) => {
    throw failed(String(cause), cause);
  });
  if (response.ok) return response.arrayBuffer();
  throw failed(`HTTP ${response.status}`);
}

/**
 * The compiled module of a variant: from `source` if there is one, else from the bytes inside the package,
 * which are loaded and compiled once.
 *
 * @throws BpttError `unsupported-engine` when the engine cannot compile it, `bad-file` when a URL does not answer.
 */
export async function loadModule(variant: Variant, source?: KernelSource): Promise<WasmModule> {
  if (source === undefined) {
    let module = compiled.get(variant);
    if (module === undefined) {
      module = embeddedBytes(variant).then((bytes) => compile(bytes, variant));
      compiled.set(variant, module);
      module.catch(() => compiled.delete(variant));
    }
    return module;
  }
  if ('module' in source) return source.module;
  return compile('bytes' in source ? source.bytes : await fetchBytes(source.url), variant);
}

/** Takes a module that the engine has compiled already for a variant. */
export function provideModule(variant: Variant, module: WasmModule): void {
  compiled.set(variant, Promise.resolve(module));
}

/** The same kernels in a form that can be sent to another thread. */
export async function portableSource(variant: Variant, source?: KernelSource): Promise<KernelSource> {
  if (source === undefined) return { bytes: await embeddedBytes(variant) };
  return 'url' in source ? { bytes: await fetchBytes(source.url) } : source;
}

/**
 * Takes other bytes inside the package for a variant from now on.
 *
 * @returns false, and does nothing, where kernels have been compiled already: V8 keeps what it made, whatever flags are set later.
 */
export function replaceEmbedded(variant: Variant, load: () => Promise<{ default: string }>): boolean {
  if (compiled.size > 0) return false;
  embedded[variant] = load;
  return true;
}

/**
 * A new instance of a compiled module, with a memory of its own, or the one that is given. Neither strings nor objects cross the
 * boundary: without the loader's help for those a page is 1.4 KB smaller.
 */
export function instantiate(module: WasmModule, memory?: WasmMemory): Kernels {
  const { exports } = new WebAssembly.Instance(module, memory && { env: { memory } });
  // The functions themselves, and not the loader's around them, which count arguments: no kernel leaves one out.
  const entries = Object.entries(demangle<Record<string, { readonly original?: unknown }>>(exports));
  return Object.fromEntries(entries.map(([name, one]) => [name, one.original ?? one])) as unknown as Kernels;
}
