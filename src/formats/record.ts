// What changes during training, as numbers by name: each part writes its own to a `StateWriter` and reads it back from a `StateReader`.
import type { Tensor, TensorData } from './safetensors.ts';

/** A value of JSON. Numbers keep all their bits: JSON writes a double so that reading gives it back. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Collects values and tensors under names with dots. */
export class StateWriter {
  readonly values: Record<string, Json>;
  readonly tensors: Tensor[];
  readonly #prefix: string;

  constructor(prefix = '', values: Record<string, Json> = {}, tensors: Tensor[] = []) {
    this.#prefix = prefix;
    this.values = values;
    this.tensors = tensors;
  }

  /** The same writer for a part whose names begin with `name`. */
  part(name: string): StateWriter {
    return new StateWriter(`${this.#prefix}${name}.`, this.values, this.tensors);
  }

  value(name: string, value: Json): void {
    this.values[this.#prefix + name] = value;
  }

  /** Takes the array as it is: it must not change afterwards. */
  tensor(name: string, data: TensorData, shape: readonly number[] = [data.length]): void {
    this.tensors.push({ name: this.#prefix + name, shape, data });
  }
}
