// Kernels beside those that every page has: modules of their own over the memory of a model, which a page loads where it names what needs
// them.
import type { Dtype } from '../base/dtype.ts';
import type { Bytes, Kernels, WasmModule } from './kernels.ts';
import { compile, inflate } from './load.ts';

/** What importing a module of build/kernels/ gives. */
type Embedded = () => Promise<{ readonly default: string }>;

/** By name and dtype: compiled once, with what from, or handed in where an engine compiles none from bytes. */
const modules = new Map<string, { readonly module: WasmModule; readonly bytes?: Bytes }>();

/** Takes a compiled module of a companion, `ctc-f32` for example, so that it is not loaded. */
export function provideCompanion(key: string, module: WasmModule): void {
  modules.set(key, { module });
}

/** The bytes of a companion for another thread, which has no files to load it from. */
export interface PortableCompanion {
  readonly key: string;
  readonly bytes: Bytes;
}

async function add(key: string, bytes: Bytes): Promise<void> {
  modules.set(key, { module: await compile(bytes, key), bytes });
}

/** Compiles what another thread has sent. */
export async function receiveCompanions(companions: readonly PortableCompanion[]): Promise<void> {
  for (const { key, bytes } of companions) await add(key, bytes);
}

/** Kernels of the module `assembly/companions/<name>/index.ts`: numbers in, numbers out, with addresses of a model's memory. */
export class Companion<Exports extends object> {
  readonly #name: string;
  readonly #embedded: Readonly<Record<Dtype, Embedded>>;
  /** By the kernels whose memory they work on. */
  readonly #instances = new WeakMap<Kernels, Exports>();

  constructor(name: string, embedded: Readonly<Record<Dtype, Embedded>>) {
    this.#name = name;
    this.#embedded = embedded;
  }

  /** Loads and compiles the module, once. Until then `of` has nothing to give. */
  async load(dtype: Dtype): Promise<void> {
    const key = this.#key(dtype);
    if (modules.has(key)) return;
    const { default: base64 } = await this.#embedded[dtype]();
    await add(key, await inflate(base64, key));
  }

  /** The module in a form that can be sent to another thread. */
  async portable(dtype: Dtype): Promise<PortableCompanion> {
    const { default: base64 } = await this.#embedded[dtype]();
    const key = this.#key(dtype);
    return { key, bytes: await inflate(base64, key) };
  }

  /** The kernels over the memory of others, of the same dtype. What names them has awaited `load`. */
  of(kernels: Kernels): Exports {
    const there = this.#instances.get(kernels);
    if (there !== undefined) return there;
    const key = this.#key(kernels.realBytes() === 4 ? 'f32' : 'f64');
    const found = modules.get(key);
    if (found === undefined) throw new Error(`${this.#name}: its kernels have not been loaded`);
    const { exports } = new WebAssembly.Instance(kernels.shared?.(found.bytes!) ?? found.module, {
      env: { memory: kernels.memory },
    });
    this.#instances.set(kernels, exports as Exports);
    return exports as Exports;
  }

  #key(dtype: Dtype): string {
    return `${this.#name}-${dtype}`;
  }
}
