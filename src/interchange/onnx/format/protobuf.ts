// Messages to bytes and back, by the tables of schema.ts. Varints, lengths and tags are the protobuf library's.
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { BpttError } from '../../../base/errors.ts';
import type { Field, Fields, FieldType } from './schema.ts';

/** Graphs within graphs: more levels than this are nobody's. */
const DEEPEST = 32;

type Plain = Readonly<Record<string, unknown>>;

/** A message of which fields may be left out. */
export type Draft<T> = T extends Uint8Array | string | number | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Draft<Item>[]
    : { readonly [Name in keyof T]?: Draft<T[Name]> | undefined };

const entriesOf = (fields: Fields) => Object.entries(fields) as [string, Field][];

const wireTypes = {
  int: WireType.Varint,
  float: WireType.Bit32,
  double: WireType.Bit64,
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
} as const;

const wireTypeOf = (type: FieldType) => (typeof type === 'function' ? WireType.LengthDelimited : wireTypes[type]);

/** The bytes of a message: fields in the order of the table, none that is absent, zero or empty unless it is optional or repeated. */
export function encodeMessage<T extends object>(fields: Fields<T>, message: Draft<T>): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writeMessage(writer, fields as Fields, message as Plain);
  return writer.finish();
}

function writeMessage(writer: BinaryWriter, fields: Fields, message: Plain): void {
  for (const [name, [number, type, occurs]] of entriesOf(fields)) {
    const value = message[name];
    if (value === undefined) continue;
    const empty = value === 0 || value === '' || (value instanceof Uint8Array && value.length === 0);
    if (occurs === undefined && empty) continue;
    for (const one of occurs === 'many' ? (value as readonly unknown[]) : [value]) {
      writer.tag(number, wireTypeOf(type));
      if (typeof type === 'function') {
        writer.fork();
        writeMessage(writer, type(), one as Plain);
        writer.join();
      } else if (type === 'int') writer.int64(one as number);
      else if (type === 'float') writer.float(one as number);
      else if (type === 'double') writer.double(one as number);
      else if (type === 'string') writer.string(one as string);
      else writer.bytes(one as Uint8Array);
    }
  }
}

/**
 * The message that bytes hold. Fields that the table does not have are passed over, as protobuf wants it.
 *
 * @param where What error messages call the bytes.
 * @throws BpttError `bad-file` that names the field and its first byte, for bytes that are cut off or not such a message.
 */
export function decodeMessage<T extends object>(fields: Fields<T>, bytes: Uint8Array, where: string): T {
  return new Decoder(bytes, where).message(fields as Fields, '', bytes.length) as T;
}

class Decoder {
  readonly #reader: BinaryReader;
  readonly #bytes: Uint8Array;
  readonly #where: string;
  #depth = 0;

  constructor(bytes: Uint8Array, where: string) {
    this.#reader = new BinaryReader(bytes);
    this.#bytes = bytes;
    this.#where = where;
  }

  /** The message from here to `end`; `path` says which it is. */
  message(fields: Fields, path: string, end: number): Plain {
    const reader = this.#reader;
    if (++this.#depth > DEEPEST) this.#fail(path, reader.pos, `at most ${DEEPEST} messages within each other`, 'more');
    const byNumber = new Map(entriesOf(fields).map(([name, field]) => [field[0], { name, field }]));
    const message: Record<string, unknown> = {};
    for (const [name, [, type, occurs]] of entriesOf(fields)) message[name] = absent(type, occurs);
    while (reader.pos < end) {
      const start = reader.pos;
      const [number, wireType] = this.#attempt(path, start, () => reader.tag());
      const found = byNumber.get(number);
      if (found === undefined) {
        this.#attempt(`${path}field ${number}`, start, () => reader.skip(wireType, number));
      } else {
        const { name, field } = found;
        const at = `${path}${name}`;
        const [, type, occurs] = field;
        if (occurs !== 'many') {
          if (wireType !== wireTypeOf(type)) this.#fail(at, start, wireName(wireTypeOf(type)), wireName(wireType));
          message[name] = this.#value(type, at, start);
        } else {
          const list = message[name] as unknown[];
          if (wireType === wireTypeOf(type)) list.push(this.#value(type, `${at}[${list.length}]`, start));
          else if (wireType === WireType.LengthDelimited) this.#packed(list, type, at, start);
          else this.#fail(at, start, wireName(wireTypeOf(type)), wireName(wireType));
        }
      }
      if (reader.pos > end) {
        this.#fail(path, start, `a field that ends by byte ${end}`, `one that goes on to byte ${reader.pos}`);
      }
    }
    this.#depth--;
    return message;
  }

  #value(type: FieldType, at: string, start: number): unknown {
    const reader = this.#reader;
    if (typeof type === 'function') {
      const end = this.#length(at, start);
      return this.message(type(), `${at}.`, end);
    }
    return this.#attempt(at, start, () => {
      switch (type) {
        case 'int':
          return Number(reader.int64());
        case 'float':
          return reader.float();
        case 'double':
          return reader.double();
        case 'string':
          return reader.string(true);
        case 'bytes':
          return reader.bytes();
      }
    });
  }

  /** Numbers side by side under one tag. */
  #packed(list: unknown[], type: FieldType, at: string, start: number): void {
    const end = this.#length(at, start);
    while (this.#reader.pos < end) list.push(this.#value(type, `${at}[${list.length}]`, start));
    if (this.#reader.pos > end) this.#fail(at, start, `numbers that end by byte ${end}`, 'one that goes on');
  }

  /** Where what comes next ends. */
  #length(at: string, start: number): number {
    const length = this.#attempt(at, start, () => this.#reader.uint32());
    const end = this.#reader.pos + length;
    if (end > this.#bytes.length) {
      this.#fail(at, start, `${length} bytes`, `${this.#bytes.length - this.#reader.pos}: the file is cut off`);
    }
    return end;
  }

  #attempt<T>(at: string, start: number, read: () => T): T {
    try {
      return read();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return this.#fail(at, start, 'a field that is whole', reason, cause);
    }
  }

  #fail(at: string, start: number, expected: string, got: string, cause?: unknown): never {
    const name = at.replace(/\.$/, '');
    const place = `${this.#where}${name === '' ? '' : `, ${name}`} at byte ${start}`;
    throw new BpttError('bad-file', `${place}: expected ${expected}, got ${got}`, { cause });
  }
}

function absent(type: FieldType, occurs: Field[2]): unknown {
  if (occurs === 'many') return [];
  if (occurs === 'optional') return undefined;
  if (type === 'string') return '';
  return type === 'bytes' ? new Uint8Array() : 0;
}

const wireName = (type: WireType) => `wire type ${type}`;
