// A node of an imported graph with the values of its inputs, and the questions that rules ask of it.
import { show } from '../../../base/check.ts';
import { textClass } from '../../../base/engine.ts';
import { BpttError } from '../../../base/errors.ts';
import { type AttributeProto, attributeTypes, type NodeProto } from '../format/schema.ts';
import { readTensor, type Tensor } from './tensor.ts';
import { type Axis, describe, type Sequence, type Size, type Value } from './values.ts';

const textOf = (bytes: Uint8Array) => new (textClass('TextDecoder'))().decode(bytes);

/** Numbers of constants that rules may make in a small file. */
const FEW = 2 ** 17;
/** How often all of them may be made: what exporters do to weights takes a handful of steps. */
const TIMES = 16;

/** The file that nodes are of. */
export class Source {
  readonly where: string;
  /** The version of the operator set. */
  readonly version: number;
  /** Numbers of one constant: as f64, four times the bytes of the file. */
  readonly most: number;
  #left: number;

  constructor(where: string, version: number, bytes: number) {
    this.where = where;
    this.version = version;
    this.most = Math.max(FEW, bytes / 2);
    this.#left = TIMES * this.most;
  }

  /** Whether a constant of so many numbers may be made, now that others have been. */
  allows(count: number): boolean {
    this.#left -= count;
    return count <= this.most && this.#left >= 0;
  }
}

export class Operation {
  readonly node: NodeProto;
  readonly #source: Source;
  readonly #inputs: readonly (Value | undefined)[];
  readonly #where: string;

  constructor(source: Source, node: NodeProto, inputs: readonly (Value | undefined)[]) {
    this.node = node;
    this.#source = source;
    this.#inputs = inputs;
    const { where } = source;
    const name = node.name === '' ? `the node of ${show(node.output[0] ?? '')}` : `node ${show(node.name)}`;
    this.#where = `${where}, ${name} (${node.opType})`;
  }

  /** @throws BpttError that names the node and its operator. */
  fail(expected: string, got: string): never {
    throw new BpttError('bad-file', `${this.#where}: expected ${expected}, got ${got}`);
  }

  /** The version of the operator set. */
  get version(): number {
    return this.#source.version;
  }

  /** @throws BpttError where a constant of so many numbers is more than a file of its size needs. */
  allowNumbers(count: number): void {
    if (this.#source.allows(count)) return;
    this.fail(`constants of at most ${this.#source.most} numbers, ${TIMES} times in all`, `${count} more`);
  }

  /** How many inputs there are. */
  get count(): number {
    return this.#inputs.length;
  }

  /** An input that may be left out. */
  optional(index: number): Value | undefined {
    return this.#inputs[index];
  }

  input(index: number): Value {
    return this.#inputs[index] ?? this.fail(`an input ${index}`, 'none');
  }

  inputs(): readonly Value[] {
    return this.#inputs.map((_, index) => this.input(index));
  }

  /** An input that is a sequence. */
  sequence(index: number): Sequence {
    const value = this.input(index);
    return value.kind === 'sequence' ? value : this.unfit(index);
  }

  /** @throws BpttError that says what an input is. */
  unfit(index: number, expected = 'an input that this operator can be imported with'): never {
    return this.fail(expected, `${describe(this.input(index))} as input ${index}`);
  }

  /** An input that is a constant. */
  constant(index: number): Tensor {
    const value = this.input(index);
    if (value.kind === 'constant') return value.tensor;
    return this.fail(`a constant as input ${index}`, describe(value));
  }

  /** An input that is a list of integers, all known. */
  integers(index: number): readonly number[] {
    const { integers, data } = this.constant(index);
    return integers ? Array.from(data) : this.fail(`integers as input ${index}`, 'real numbers');
  }

  /** Integers of an input, or of an attribute as older operator sets have it; undefined where there are neither. */
  integersOr(index: number, attribute: string): readonly number[] | undefined {
    return this.optional(index) === undefined ? this.ints(attribute) : this.integers(index);
  }

  /** An input that is a list of sizes. */
  sizes(index: number): readonly Size[] {
    const value = this.input(index);
    return value.kind === 'sizes' ? value.sizes : this.integers(index);
  }

  /** An axis of so many, counted from the end where it is below 0. */
  axis(value: number, rank: number): number {
    const at = value < 0 ? value + rank : value;
    return Number.isInteger(at) && at >= 0 && at < rank ? at : this.fail(`an axis of ${rank}`, String(value));
  }

  /** The place in an axis of so many elements, counted from the end where it is below 0. */
  place(value: number, size: number): number {
    const at = value < 0 ? value + size : value;
    return Number.isInteger(at) && at >= 0 && at < size ? at : this.fail(`an index below ${size}`, String(value));
  }

  /** @throws BpttError for an attribute that is not one of these. */
  allow(names: readonly string[]): void {
    const other = this.node.attribute.find(({ name }) => !names.includes(name));
    if (other !== undefined) this.fail(`only the attributes ${names.join(', ') || '(none)'}`, show(other.name));
  }

  #attribute(name: string, type: keyof typeof attributeTypes): AttributeProto | undefined {
    const found = this.node.attribute.find((attribute) => attribute.name === name);
    if (found === undefined || found.type === attributeTypes[type]) return found;
    return this.fail(`the attribute ${name} as ${type} (${attributeTypes[type]})`, `type ${found.type}`);
  }

  has(name: string): boolean {
    return this.node.attribute.some((attribute) => attribute.name === name);
  }

  int(name: string, absent: number): number {
    return this.#attribute(name, 'int')?.i ?? absent;
  }

  ints(name: string): readonly number[] | undefined {
    return this.#attribute(name, 'ints')?.ints;
  }

  float(name: string, absent: number): number {
    return this.#attribute(name, 'float')?.f ?? absent;
  }

  floats(name: string): readonly number[] {
    return this.#attribute(name, 'floats')?.floats ?? [];
  }

  string(name: string, absent: string): string {
    const found = this.#attribute(name, 'string');
    return found === undefined ? absent : textOf(found.s);
  }

  strings(name: string): readonly string[] | undefined {
    return this.#attribute(name, 'strings')?.strings.map((bytes) => textOf(bytes));
  }

  tensor(name: string): Tensor | undefined {
    const found = this.#attribute(name, 'tensor');
    if (found === undefined) return undefined;
    if (found.t === undefined) return this.fail(`a tensor in the attribute ${name}`, 'none');
    return readTensor(found.t, `${this.#where}, ${name}`);
  }
}

/** What an operator computes, as far as it can be told: a value for each of its outputs. */
export interface Rule {
  readonly attributes: readonly string[];
  run(operation: Operation): readonly Value[];
}

/** A value that is a sequence with other axes. */
export const withAxes = (sequence: Sequence, axes: readonly Axis[]): Sequence => ({ ...sequence, axes });
