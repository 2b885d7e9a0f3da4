// The safetensors format: known bytes, round trips, and every kind of damage with its own message.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BpttError } from '../../src/base/errors.ts';
import { decodeSafetensors } from '../../src/formats/decode-safetensors.ts';
import { encodeSafetensors, type Tensor } from '../../src/formats/safetensors.ts';

/** A file by hand: header text, header length (by default the text's), data. */
function file(header: string, data: readonly number[] = [], length?: number | bigint): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function sameBytes(a: Tensor['data'], b: Tensor['data']): boolean {
  const [x, y] = [a, b].map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  return x!.length === y!.length && x!.every((byte, i) => byte === y![i]);
}

function damage(bytes: Uint8Array): string {
  try {
    decodeSafetensors(bytes, 'model');
  } catch (error) {
    expect(error).toBeInstanceOf(BpttError);
    expect((error as BpttError).code).toBe('bad-file');
    expect((error as BpttError).message).not.toContain('\n');
    return (error as BpttError).message;
  }
  return 'accepted';
}

const twoFloats = [0, 0, 128, 63, 0, 0, 0, 192]; // 1 and -2 in F32, little-endian

describe('encodeSafetensors', () => {
  test('writes the bytes that the format prescribes', () => {
    // What the reference implementation's serialize gives for the same tensors: compact JSON, metadata first, the widest
    // dtype first and then by name, padded with spaces to a multiple of 8.
    const header =
      '{"__metadata__":{"format":"pt"},"z":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"b":{"dtype":"F32","shape":[],"data_offsets":[16,20]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    expect(padded.length).toBeGreaterThan(header.length);
    const expected = file(padded, [0, 0, 0, 0, 0, 0, 240, 63, ...twoFloats, 0, 0, 0, 63]);
    const bytes = encodeSafetensors(
      [
        { name: 'b', shape: [], data: new Float32Array([0.5]) },
        { name: 'a', shape: [2], data: new Float32Array([1, -2]) },
        { name: 'z', shape: [1], data: new Float64Array([1]) },
      ],
      { format: 'pt' },
    );
    expect(bytes).toEqual(expected);
  });

  test('writes a file without tensors', () => {
    expect(encodeSafetensors([])).toEqual(file('{}      '));
  });

  test('keeps the order of names that look like integers', () => {
    const tensors = ['10', '9'].map((name) => ({ name, shape: [1], data: new Uint8Array([Number(name)]) }));
    expect(new TextDecoder().decode(encodeSafetensors(tensors, { 2: 'b', 1: 'a' }).subarray(8))).toContain(
      '{"__metadata__":{"1":"a","2":"b"},"10":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"9":',
    );
  });

  test('reads only the part of a buffer that a view shows', () => {
    const all = new Float32Array([9, 1, -2, 9]);
    const bytes = encodeSafetensors([{ name: 'a', shape: [2], data: all.subarray(1, 3) }]);
    expect([...bytes.subarray(-8)]).toEqual(twoFloats);
  });

  test.each([
    [[{ name: '__metadata__', shape: [1], data: new Uint8Array(1) }], {}, 'reserved'],
    [[1, 2].map(() => ({ name: 'a', shape: [1], data: new Uint8Array(1) })), {}, '"a" twice'],
    [[{ name: 'a', shape: [2, 3], data: new Uint8Array(5) }], {}, 'a: expected 6 elements for shape [2,3], got 5'],
    [[{ name: 'a', shape: [1], data: [1] }], {}, 'a: expected a Float64Array, Float32Array, Int32Array or Uint8Array'],
    [[], { a: 1 }, 'metadata.a: expected a string, got 1'],
  ])('refuses %j with metadata %j', (tensors, metadata, message) => {
    expect(() => encodeSafetensors(tensors as never, metadata as never)).toThrow(BpttError);
    expect(() => encodeSafetensors(tensors as never, metadata as never)).toThrow(message);
  });
});

describe('decodeSafetensors', () => {
  test('reads any order of entries, other spacing, and data that is not aligned', () => {
    const header =
      '{ "b": {"shape": [2], "data_offsets": [1, 9], "dtype": "F32"},\n "a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]} }';
    const bytes = new Uint8Array([255, 255, 255, ...file(header, [7, ...twoFloats])]).subarray(3);
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect(tensors).toEqual([
      { name: 'b', shape: [2], data: new Float32Array([1, -2]) },
      { name: 'a', shape: [1], data: new Uint8Array([7]) },
    ]);
    expect({ ...metadata }).toEqual({});
  });

  test('gives back what encodeSafetensors got, to the bit', () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(-0, NaN, Infinity, 5e-324));
    const data = fc.oneof(
      fc.array(number).map((values) => new Float64Array(values)),
      fc.array(number).map((values) => new Float32Array(values)),
      fc.array(fc.integer()).map((values) => new Int32Array(values)),
      fc.uint8Array().map((values) => new Uint8Array(values)),
    );
    const name = fc.oneof(
      fc.string({ unit: 'binary' }).filter((text) => text !== '__metadata__'),
      fc.constantFrom('__proto__', 'constructor', 'toString', '7', '"\\', 'a":{'),
    );
    const tensor = fc.tuple(name, data, fc.boolean()).map(([name, values, flat]): Tensor => {
      return { name, shape: flat ? [values.length] : [1, values.length, 1], data: values };
    });
    const strings = fc.dictionary(name, fc.string({ unit: 'binary' }), { noNullPrototype: true });
    fc.assert(
      fc.property(fc.uniqueArray(tensor, { selector: ({ name }) => name }), strings, (tensors, metadata) => {
        const bytes = encodeSafetensors(tensors, metadata);
        expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
        const decoded = decodeSafetensors(bytes);
        expect(new Map(Object.entries(decoded.metadata))).toEqual(new Map(Object.entries(metadata)));
        expect(decoded.tensors.length).toBe(tensors.length);
        const byName = new Map(decoded.tensors.map((one) => [one.name, one]));
        for (const { name, shape, data } of tensors) {
          const again = byName.get(name)!;
          expect(again.shape).toEqual(shape);
          expect(again.data.constructor).toBe(data.constructor);
          expect(sameBytes(again.data, data)).toBe(true);
        }
        // The same tensors in another order give the same bytes.
        expect(sameBytes(encodeSafetensors([...tensors].reverse(), metadata), bytes)).toBe(true);
      }),
    );
  });

  test('reads every f16 and bf16 as the f32 that it is', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const read = (dtype: string) => {
      const header = `{"h":{"dtype":"${dtype}","shape":[256,256],"data_offsets":[0,131072]}}`;
      const [tensor] = decodeSafetensors(file(header, [...new Uint8Array(all.buffer)])).tensors;
      expect(tensor!.data).toBeInstanceOf(Float32Array);
      return tensor!.data;
    };
    // IEEE 754: (-1)^s 2^(e-15) 1.f, and 2^-14 0.f for e = 0; bf16 is the upper half of an f32.
    const f16 = (bits: number) => {
      const [sign, e, f] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
      if (e === 31) return f === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
      return e === 0 ? sign * f * 2 ** -24 : sign * (1024 + f) * 2 ** (e - 25);
    };
    const view = new DataView(new ArrayBuffer(4));
    const bf16 = (bits: number) => {
      view.setUint16(0, bits);
      return view.getFloat32(0);
    };
    const [half, brain] = [read('F16'), read('BF16')];
    const wrong = (data: Tensor['data'], right: (bits: number) => number) =>
      [...all].filter((bits) => !Object.is(data[bits], right(bits)));
    expect(wrong(half, f16)).toEqual([]);
    expect(wrong(brain, bf16)).toEqual([]);
    expect([half[0x3c00], half[0x0001], half[0x03ff], half[0xfbff]]).toEqual([1, 2 ** -24, 1023 * 2 ** -24, -65504]);
    expect([brain[0x3f80], brain[0xc049]]).toEqual([1, -3.140625]);
  });

  test('takes the length of halves as strictly as any other', () => {
    const odd = '{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,3]}}';
    expect(damage(file(odd, [0, 0, 0]))).toContain('expected 4 bytes for "h" of dtype F16 and shape [2], got 3');
  });

  test('reads integers of other sizes in 32 bits, and truth values as bytes', () => {
    const read = (dtype: string, bytes: number[]) => {
      const entry = `{"a":{"dtype":"${dtype}","shape":[2],"data_offsets":[0,${bytes.length}]}}`;
      return decodeSafetensors(file(entry, bytes)).tensors[0]!.data;
    };
    expect(read('I64', [7, 0, 0, 0, 0, 0, 0, 0, ...new Array<number>(8).fill(255)])).toEqual(Int32Array.of(7, -1));
    expect(read('I16', [7, 1, 255, 255])).toEqual(Int32Array.of(263, -1));
    expect(read('I8', [7, 255])).toEqual(Int32Array.of(7, -1));
    expect(read('BOOL', [1, 0])).toEqual(Uint8Array.of(1, 0));
    const wide = '{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}';
    expect(damage(file(wide, [0, 0, 0, 128, 0, 0, 0, 0]))).toContain(
      'integers of at most 32 bits in "a", got 2147483648',
    );
  });

  test('never touches a prototype', () => {
    const bytes = file(
      '{"__metadata__":{"__proto__":"p","toString":"t"},"__proto__":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
    );
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect(Object.keys(metadata)).toEqual(['__proto__', 'toString']);
    expect(tensors.map(({ name }) => name)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).dtype).toBeUndefined();
    expect(decodeSafetensors(file('{}')).metadata.toString).toBeUndefined();
  });

  test('gives copies', () => {
    const bytes = encodeSafetensors([{ name: 'a', shape: [2], data: new Float32Array([1, -2]) }]);
    const [tensor] = decodeSafetensors(bytes).tensors;
    bytes.fill(0);
    expect(tensor!.data).toEqual(new Float32Array([1, -2]));
  });
});

describe('damage', () => {
  const small = encodeSafetensors(
    [
      { name: 'w', shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) },
      { name: 'b', shape: [1], data: new Float64Array([5]) },
    ],
    { description: '[]' },
  );

  test('a file cut off at any byte is a bad file', () => {
    expect(damage(small)).toBe('accepted');
    for (let length = 0; length < small.length; length++) {
      expect(damage(small.subarray(0, length)), `cut off at ${length}`).toMatch(/^model: expected /);
    }
  });

  test('any one byte of the header changed gives the package’s error or a file of the same sizes', () => {
    const headerEnd = small.length - 24;
    for (let at = 0; at < headerEnd; at++) {
      for (const flip of [0x01, 0x20, 0x80, 0xff]) {
        const changed = small.slice();
        changed[at]! ^= flip;
        if (damage(changed) !== 'accepted') continue;
        const sizes = decodeSafetensors(changed).tensors.map(({ data }) => data.byteLength);
        expect(sizes).toEqual([8, 16]);
      }
    }
  });

  const tensor = (fields: string) => `{"a":{${fields}}}`;
  const good = '"dtype":"U8","shape":[2],"data_offsets":[0,2]';
  test.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(0), 'expected a safetensors file, got an empty one'],
    ['7 bytes', new Uint8Array(7), 'expected at least 8 bytes, got 7'],
    ['a length beyond the file', file('{}', [], 3), 'expected a header of 3 bytes, got 2: the file is cut off'],
    [
      'an absurd length',
      file('{}', [], 2n ** 63n),
      'expected a header of at most 100000000 bytes, got a length of 9223372036854776000',
    ],
    ['a header of no bytes', file('', [], 0), 'expected a header that begins with {'],
    ['text', new TextEncoder().encode('Call me Ishmael.'), 'expected a header of at most 100000000 bytes'],
    ['an array as header', file('[]'), 'expected a header that begins with {'],
    ['white space first', file(' {}'), 'expected a header that begins with {'],
    ['no JSON', file('{"a":\n'), 'expected a header in JSON'],
    ['more than one value', file('{}{}'), 'expected a header in JSON'],
    ['NUL padding', file('{}\0'), 'expected a header in JSON'],
    ['invalid UTF-8', file('{"a?":1}').map((byte) => (byte === 0x3f ? 0xff : byte)), 'expected a header in JSON'],
    [
      'a name twice',
      file(
        '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      'expected names that differ in the header, got "a" twice',
    ],
    ['a field twice', file(tensor(`${good},"dtype":"U8"`), [1, 2]), 'got "dtype" twice'],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), 'got "__metadata__" twice'],
    [
      'metadata that is a string',
      file('{"__metadata__":"x"}'),
      'expected an object for "__metadata__" in the header, got "x"',
    ],
    ['metadata of numbers', file('{"__metadata__":{"a":1}}'), 'expected a string for metadata "a", got 1'],
    ['a tensor that is null', file('{"a":null}'), 'expected an object for "a" in the header, got null'],
    [
      'a tensor that is an array',
      file('{"a":[]}'),
      'expected an object for "a" in the header, got an array of length 0',
    ],
    ['a field that does not exist', file(tensor(`${good},"strides":[1]`), [1, 2]), 'got "strides"'],
    [
      'no dtype',
      file(tensor('"shape":[2],"data_offsets":[0,2]'), [1, 2]),
      'expected dtype F64, F32, I32, U8, I64, I16, I8, BOOL, F16, BF16 of "a", got undefined',
    ],
    [
      'a dtype that is not read',
      file(tensor('"dtype":"U16","shape":[1],"data_offsets":[0,2]'), [1, 2]),
      'of "a", got "U16"',
    ],
    [
      'no shape',
      file(tensor('"dtype":"U8","data_offsets":[0,2]'), [1, 2]),
      'expected a shape of integers >= 0 of "a", got undefined',
    ],
    ['a negative size', file(tensor('"dtype":"U8","shape":[-1,-2],"data_offsets":[0,2]'), [1, 2]), 'got [-1,-2]'],
    [
      'a size that is no integer',
      file(tensor('"dtype":"U8","shape":[0.5,4],"data_offsets":[0,2]'), [1, 2]),
      'got [0.5,4]',
    ],
    [
      'no offsets',
      file(tensor('"dtype":"U8","shape":[2]'), [1, 2]),
      'expected data_offsets [begin, end] of "a", got undefined',
    ],
    ['one offset', file(tensor('"dtype":"U8","shape":[2],"data_offsets":[2]'), [1, 2]), 'got [2]'],
    ['offsets backwards', file(tensor('"dtype":"U8","shape":[2],"data_offsets":[2,0]'), [1, 2]), 'got [2,0]'],
    ['a negative offset', file(tensor('"dtype":"U8","shape":[2],"data_offsets":[-2,0]'), [1, 2]), 'got [-2,0]'],
    [
      'an offset that is no integer',
      file(tensor('"dtype":"U8","shape":[2],"data_offsets":[0.5,2.5]'), [1, 2]),
      'got [0.5,2.5]',
    ],
    [
      'a shape that does not fit',
      file(tensor('"dtype":"F32","shape":[2],"data_offsets":[0,2]'), [1, 2]),
      'expected 8 bytes for "a" of dtype F32 and shape [2], got 2',
    ],
    [
      'a shape that overflows',
      file(tensor('"dtype":"U8","shape":[4294967296,4294967296,2],"data_offsets":[0,2]'), [1, 2]),
      'got 2',
    ],
    [
      'a tensor beyond the file',
      file(tensor('"dtype":"U8","shape":[3],"data_offsets":[0,3]'), [1, 2]),
      'expected "a" to end within the data, got byte 3 of 2: the file is cut off',
    ],
    [
      'a gap at the start',
      file(tensor('"dtype":"U8","shape":[1],"data_offsets":[1,2]'), [1, 2]),
      'expected "a" to begin at byte 0 of the data, got 1: it leaves a gap before it',
    ],
    [
      'an overlap',
      file(`{"a":{${good}},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, [1, 2, 3]),
      'expected "b" to begin at byte 2 of the data, got 1: it overlaps the tensor before it',
    ],
    ['the same bytes twice', file(`{"a":{${good}},"b":{${good}}}`, [1, 2]), 'it overlaps'],
    [
      'trailing bytes',
      file(tensor(good), [1, 2, 3]),
      'expected 2 bytes of data, got 3: bytes that belong to no tensor follow',
    ],
    ['data without tensors', file('{}', [1]), 'expected 0 bytes of data, got 1'],
  ])('%s', (_, bytes, message) => {
    expect(damage(bytes)).toContain(message);
  });

  test('what is not bytes is a wrong argument', () => {
    expect(() => decodeSafetensors('{}' as never)).toThrow('safetensors (bytes): expected a Uint8Array, got "{}"');
  });
});
