// Finds, compiles and instantiates a kernel module. Compiled modules are shared; every model gets an instance of its own.
import { demangle } from '@assemblyscript/loader';
import { BpttError } from '../base/errors.ts';
import type { Kernels, Variant } from './kernels.ts';

/** Where kernels may come from instead of the bytes inside the package. */
export type KernelSource =
  | { readonly module: WebAssembly.Module }
  | { readonly bytes: BufferSource }
  | { readonly url: string | URL };

/** Kernels that the engine has compiled. */
export type KernelModule = WebAssembly.Module;

const embedded: Record<Variant, () => Promise<{ default: string }>> = {
  f32: () => import('../../build/kernels/f32.js'),
  'f32-relaxed': () => import('../../build/kernels/f32-relaxed.js'),
  f64: () => import('../../build/kernels/f64.js'),
};

const compiled = new Map<Variant, Promise<WebAssembly.Module>>();

/** @throws BpttError `unsupported-engine` when the engine cannot compile them. */
export async function compile(bytes: BufferSource, variant: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const needed = variant === 'f32-relaxed' ? 'relaxed SIMD (Node 22 and later have it)' : 'SIMD';
    throw new BpttError(
      'unsupported-engine',
      `the ${variant} kernels: expected an engine with WebAssembly ${needed}, got ${String(cause)}`,
      { cause },
    );
  }
}

async function embeddedBytes(variant: Variant): Promise<ArrayBuffer> {
  return inflate((await embedded[variant]()).default);
}

/** The bytes that scripts/build.js has deflated and written in base64. */
export async function inflate(base64: string): Promise<ArrayBuffer> {
  const deflated = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const bytes = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(bytes).arrayBuffer();
}

async function fetchBytes(url: string | URL): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (response.ok) return response.arrayBuffer();
  throw new BpttError('bad-file', `kernels.url: expected ${url} to be served, got HTTP ${response.status}`);
}

/**
 * The compiled module of a variant: from `source` if there is one, else from the bytes inside the package,
 * which are loaded and compiled once.
 *
 * @throws BpttError `unsupported-engine` when the engine cannot compile it, `bad-file` when a URL does not answer.
 */
export async function loadModule(variant: Variant, source?: KernelSource): Promise<WebAssembly.Module> {
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
export function provideModule(variant: Variant, module: WebAssembly.Module): void {
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
 * A new instance of a compiled module, with a memory of its own. The kernels import nothing, and neither strings nor objects cross the
 * boundary: without the loader's help for those a page is 1.4 KB smaller.
 */
export function instantiate(module: WebAssembly.Module): Kernels {
  const { exports } = new WebAssembly.Instance(module);
  return demangle(exports) as unknown as Kernels;
}
