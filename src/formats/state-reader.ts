// Reads what a `StateWriter` wrote: what changes during training, as numbers by name.
import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import type { Json, StateWriter } from './record.ts';
import type { Tensor, TensorData } from './safetensors.ts';

/** Gives back what a `StateWriter` collected; what is missing or of another kind is an error that names it. */
export class StateReader {
  readonly #prefix: string;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #where: string;

  constructor(
    values: Readonly<Record<string, unknown>>,
    tensors: ReadonlyMap<string, Tensor>,
    where: string,
    prefix = '',
  ) {
    this.#values = values;
    this.#tensors = tensors;
    this.#where = where;
    this.#prefix = prefix;
  }

  part(name: string): StateReader {
    return new StateReader(this.#values, this.#tensors, this.#where, `${this.#prefix}${name}.`);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, this.#prefix + name);
  }

  value(name: string): unknown {
    if (!this.has(name)) throw this.error(name, 'a value', 'none');
    return this.#values[this.#prefix + name];
  }

  number(name: string): number {
    const value = this.value(name);
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.error(name, 'a number', show(value));
  }

  /** A whole number, ≥ 0, and at most `most`. */
  count(name: string, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.number(name);
    if (Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
    const end = most < Number.MAX_SAFE_INTEGER ? ` and at most ${most}` : '';
    throw this.error(name, `a whole number, at least 0${end}`, show(value));
  }

  /** Refuses the first of an array's whole numbers that is not from 0 to `most`. Reals have no such limit. */
  within(name: string, data: TensorData, most = Number.POSITIVE_INFINITY): void {
    if (!(data instanceof Int32Array || data instanceof Uint8Array)) return;
    const at = data.findIndex((value) => value < 0 || value > most);
    if (at >= 0) throw this.error(`${name}[${at}]`, `a whole number from 0 to ${most}`, String(data[at]));
  }

  /** A tensor of the same kind and length as `like`, written into it. */
  tensor(name: string, like: TensorData): void {
    const tensor = this.#tensors.get(this.#prefix + name);
    const say = (data: TensorData) => `${data.length} numbers of ${data.constructor.name.replace('Array', '')}`;
    if (tensor?.data.length !== like.length || tensor.data.constructor !== like.constructor) {
      throw this.error(name, say(like), tensor === undefined ? 'none' : say(tensor.data));
    }
    const nonFinite = tensor.data.findIndex((value) => !Number.isFinite(value));
    if (nonFinite >= 0) throw this.error(`${name}[${nonFinite}]`, 'a finite number', String(tensor.data[nonFinite]));
    like.set(tensor.data);
  }

  /** Writes all of this part as it was read. */
  copyTo(out: StateWriter): void {
    const own = (name: string) => name.startsWith(this.#prefix);
    const bare = (name: string) => name.slice(this.#prefix.length);
    for (const [name, value] of Object.entries(this.#values)) if (own(name)) out.value(bare(name), value as Json);
    for (const [name, { data, shape }] of this.#tensors) if (own(name)) out.tensor(bare(name), data, shape);
  }

  error(name: string, expected: string, got: string): BpttError {
    return new BpttError('bad-file', `${this.#where}, ${this.#prefix}${name}: expected ${expected}, got ${got}`);
  }
}
