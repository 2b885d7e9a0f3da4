// Python's pickle format, as far as files of tensors need it. It runs nothing: of callables there are only those that the caller names,
// and any opcode beside those below is an error. https://docs.python.org/3/library/pickletools.html lists the opcodes.
import { BpttError } from '../../base/errors.ts';

/** What a pickle may call, by module and name: `collections OrderedDict`. */
export type Callables = ReadonlyMap<string, (args: readonly unknown[]) => unknown>;

/** A class or function that a pickle names. */
class Global {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

export interface PickleOptions {
  readonly callables: Callables;
  /** Names that stand for themselves, such as types of storages. */
  readonly names: ReadonlySet<string>;
  /** What a persistent id stands for. */
  persistent(id: unknown): unknown;
}

/** The value of a pickle: dictionaries are Maps, tuples and lists arrays, names that stand for themselves strings. */
export function readPickle(bytes: Uint8Array, where: string, options: PickleOptions): unknown {
  return new Machine(bytes, where, options).run();
}

const MARK = Symbol('mark');
const decoder = new TextDecoder('utf-8', { fatal: true });

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #where: string;
  readonly #options: PickleOptions;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  #at = 0;

  constructor(bytes: Uint8Array, where: string, options: PickleOptions) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#where = where;
    this.#options = options;
  }

  run(): unknown {
    for (;;) {
      const start = this.#at;
      const opcode = this.#byte();
      // STOP
      if (opcode === 0x2e) return this.#pop();
      const step = this.#opcodes[String.fromCharCode(opcode)];
      if (step === undefined) throw this.#bad('an opcode of tensors and plain data', hex(opcode), start);
      step();
    }
  }

  /** An error at a byte. */
  #bad(expected: string, got: string, at = this.#at): BpttError {
    return new BpttError('bad-file', `${this.#where}, byte ${at}: expected ${expected}, got ${got}`);
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) throw this.#bad(`${count} more bytes`, 'the end: the file is cut off');
    this.#at += count;
    return at;
  }

  #byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  #text(length: number): string {
    const at = this.#take(length);
    try {
      return decoder.decode(this.#bytes.subarray(at, at + length));
    } catch {
      throw this.#bad('text in UTF-8', 'other bytes', at);
    }
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.#bad('the end of a line', 'none');
    const line = this.#text(end - this.#at);
    this.#at++;
    return line;
  }

  #pop(): unknown {
    if (this.#stack.length === 0) throw this.#bad('a value on the stack', 'none');
    const value = this.#stack.pop();
    if (value === MARK) throw this.#bad('a value on the stack', 'a mark');
    return value;
  }

  /** All values after the last mark. */
  #marked(): unknown[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw this.#bad('a mark on the stack', 'none');
    const values = this.#stack.splice(mark + 1);
    this.#stack.pop();
    return values;
  }

  #several(count: number): unknown[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #push(value: unknown): void {
    this.#stack.push(value);
  }

  #top<T>(Kind: new (...args: never[]) => T, name: string): T {
    const top = this.#stack.at(-1);
    if (top instanceof Kind) return top;
    throw this.#bad(`a ${name} on the stack`, 'something else');
  }

  #remember(index: number): void {
    if (this.#stack.length === 0) throw this.#bad('a value on the stack', 'none');
    this.#memo.set(index, this.#stack.at(-1));
  }

  #recall(index: number): void {
    if (!this.#memo.has(index)) throw this.#bad(`a value that was remembered as ${index}`, 'none');
    this.#push(this.#memo.get(index));
  }

  #put(pairs: readonly unknown[]): void {
    const map = this.#top(Map, 'dictionary');
    if (pairs.length % 2 !== 0) throw this.#bad('a value for each key', 'a key alone');
    for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
  }

  #global(module: unknown, member: unknown): void {
    const name = `${module} ${member}`;
    const { callables, names } = this.#options;
    if (names.has(name)) this.#push(name);
    else if (callables.has(name)) this.#push(new Global(name));
    else throw this.#bad('tensors and plain data alone', `${name.replace(' ', '.')}, which is not run`);
  }

  #reduce(): void {
    const args = this.#pop();
    const callable = this.#pop();
    if (!(callable instanceof Global) || !Array.isArray(args)) throw this.#bad('a call', 'something else');
    try {
      this.#push(this.#options.callables.get(callable.name)!(args));
    } catch (cause) {
      if (cause instanceof BpttError) throw cause;
      throw this.#bad(`arguments of ${callable.name.replace(' ', '.')}`, String(cause));
    }
  }

  /** A little-endian integer of two's complement. */
  #integer(length: number): number {
    if (length > 8) throw this.#bad('an integer of at most 8 bytes', `${length}`);
    const at = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[at + i]!);
    return Number(BigInt.asIntN(8 * length, value));
  }

  /** What each opcode does, by its character. */
  readonly #opcodes: Readonly<Record<string, () => void>> = {
    '\x80': () => {
      const protocol = this.#byte();
      if (protocol < 2 || protocol > 5) throw this.#bad('protocol 2 to 5', `${protocol}`);
    },
    // FRAME: a length that says nothing new
    '\x95': () => {
      this.#take(8);
    },
    '(': () => {
      this.#push(MARK);
    },
    N: () => {
      this.#push(undefined);
    },
    '\x88': () => {
      this.#push(true);
    },
    '\x89': () => {
      this.#push(false);
    },
    // BININT, BININT1, BININT2, LONG1
    J: () => {
      this.#push(this.#view.getInt32(this.#take(4), true));
    },
    K: () => {
      this.#push(this.#byte());
    },
    M: () => {
      this.#push(this.#view.getUint16(this.#take(2), true));
    },
    '\x8a': () => {
      this.#push(this.#integer(this.#byte()));
    },
    // BINFLOAT
    G: () => {
      this.#push(this.#view.getFloat64(this.#take(8), false));
    },
    // SHORT_BINUNICODE, BINUNICODE
    '\x8c': () => {
      this.#push(this.#text(this.#byte()));
    },
    X: () => {
      this.#push(this.#text(this.#view.getUint32(this.#take(4), true)));
    },
    // EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE
    '}': () => {
      this.#push(new Map());
    },
    ']': () => {
      this.#push([]);
    },
    ')': () => {
      this.#push([]);
    },
    // TUPLE, TUPLE1 to TUPLE3
    t: () => {
      this.#push(this.#marked());
    },
    '\x85': () => {
      this.#push(this.#several(1));
    },
    '\x86': () => {
      this.#push(this.#several(2));
    },
    '\x87': () => {
      this.#push(this.#several(3));
    },
    // APPEND, APPENDS, SETITEM, SETITEMS
    a: () => {
      const value = this.#pop();
      this.#top(Array, 'list').push(value);
    },
    e: () => {
      const values = this.#marked();
      const list = this.#top(Array, 'list');
      for (const value of values) list.push(value);
    },
    s: () => {
      const pair = this.#several(2);
      this.#put(pair);
    },
    u: () => {
      const pairs = this.#marked();
      this.#put(pairs);
    },
    // BINPUT, LONG_BINPUT, MEMOIZE; BINGET, LONG_BINGET
    q: () => {
      this.#remember(this.#byte());
    },
    r: () => {
      this.#remember(this.#view.getUint32(this.#take(4), true));
    },
    '\x94': () => {
      this.#remember(this.#memo.size);
    },
    h: () => {
      this.#recall(this.#byte());
    },
    j: () => {
      this.#recall(this.#view.getUint32(this.#take(4), true));
    },
    // GLOBAL, STACK_GLOBAL, REDUCE
    c: () => {
      const module = this.#line();
      this.#global(module, this.#line());
    },
    '\x93': () => {
      const [module, member] = this.#several(2);
      this.#global(module, member);
    },
    R: () => {
      this.#reduce();
    },
    // BUILD: attributes of an object, such as the _metadata of a state dict; they hold no tensors
    b: () => {
      this.#pop();
      this.#top(Map, 'dictionary');
    },
    // BINPERSID
    Q: () => {
      this.#push(this.#options.persistent(this.#pop()));
    },
  };
}

const hex = (opcode: number) => `0x${opcode.toString(16).padStart(2, '0')}`;
