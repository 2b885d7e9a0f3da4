// Records: what a writer collects, a reader gives back, and what is missing or of another kind is named.
import { describe, expect, test } from 'vitest';
import { BpttError } from '../../src/base/errors.ts';
import { StateWriter } from '../../src/formats/record.ts';
import type { TensorData } from '../../src/formats/safetensors.ts';
import { StateReader } from '../../src/formats/state-reader.ts';

const readerOf = ({ values, tensors }: StateWriter) =>
  new StateReader(values, new Map(tensors.map((tensor) => [tensor.name, tensor])), 'file');

const record = () => {
  const out = new StateWriter();
  out.value('steps', 7);
  const inner = out.part('optimizer').part('slots');
  inner.value('rate', 0.1);
  inner.value('names', ['a', null]);
  inner.tensor('m', new Float32Array([1, 2]));
  inner.tensor('v', new Float64Array([1, 2, 3, 4]), [2, 2]);
  return out;
};

describe('StateWriter', () => {
  test('puts the names of parts before names, with dots, in one record', () => {
    const { values, tensors } = record();
    expect(values).toEqual({ steps: 7, 'optimizer.slots.rate': 0.1, 'optimizer.slots.names': ['a', null] });
    expect(tensors).toEqual([
      { name: 'optimizer.slots.m', shape: [2], data: new Float32Array([1, 2]) },
      { name: 'optimizer.slots.v', shape: [2, 2], data: new Float64Array([1, 2, 3, 4]) },
    ]);
  });
});

describe('StateReader', () => {
  test('gives back values and tensors by the same parts', () => {
    const reader = readerOf(record());
    expect([reader.value('steps'), reader.number('steps'), reader.count('steps')]).toEqual([7, 7, 7]);
    const slots = reader.part('optimizer').part('slots');
    expect(slots.value('names')).toEqual(['a', null]);
    expect(slots.number('rate')).toBe(0.1);
    const v = new Float64Array(4);
    slots.tensor('v', v);
    expect(v).toEqual(new Float64Array([1, 2, 3, 4]));
  });

  test('knows what is there, whatever objects inherit', () => {
    const slots = readerOf(record()).part('optimizer').part('slots');
    expect([slots.has('rate'), slots.has('steps')]).toEqual([true, false]);
    expect(readerOf(record()).has('toString')).toBe(false);
  });

  test('copies all of a part and nothing else', () => {
    const out = new StateWriter('again.');
    readerOf(record()).part('optimizer').part('slots').copyTo(out);
    expect(out.values).toEqual({ 'again.rate': 0.1, 'again.names': ['a', null] });
    expect(out.tensors).toEqual([
      { name: 'again.m', shape: [2], data: new Float32Array([1, 2]) },
      { name: 'again.v', shape: [2, 2], data: new Float64Array([1, 2, 3, 4]) },
    ]);
    // A name that only ends like the part, or holds it further on, is another's.
    const other = new StateWriter();
    other.value('my.part.x', 1);
    other.value('part.x', 2);
    other.part('my').part('part').tensor('x', new Float32Array(1));
    const copied = new StateWriter();
    readerOf(other).part('part').copyTo(copied);
    expect([copied.values, copied.tensors]).toEqual([{ x: 2 }, []]);
  });

  test.each([0, 1, 2 ** 53 - 1])('takes %d as a count', (value) => {
    expect(new StateReader({ value }, new Map(), 'file').count('value')).toBe(value);
  });

  test.each([-1.5, 1e300, 0])('takes %d as a number', (value) => {
    expect(new StateReader({ value }, new Map(), 'file').number('value')).toBe(value);
  });

  test.each<[unknown, 'number' | 'count', string]>([
    ['7', 'number', 'a number, got "7"'],
    [null, 'number', 'a number, got null'],
    [Number.NaN, 'number', 'a number, got NaN'],
    [Infinity, 'number', 'a number, got Infinity'],
    [-1, 'count', 'a whole number, at least 0, got -1'],
    [0.5, 'count', 'a whole number, at least 0, got 0.5'],
    [2 ** 53, 'count', 'a whole number, at least 0, got 9007199254740992'],
  ])('refuses %j as a %s', (value, kind, message) => {
    const reader = new StateReader({ 'part.x': value }, new Map(), 'file').part('part');
    expect(() => reader[kind]('x')).toThrow(new BpttError('bad-file', `file, part.x: expected ${message}`));
  });

  test('names what is missing', () => {
    const reader = readerOf(record()).part('optimizer');
    expect(() => reader.value('rate')).toThrow('file, optimizer.rate: expected a value, got none');
    expect(() => reader.tensor('m', new Float32Array(2))).toThrow(
      'file, optimizer.m: expected 2 numbers of Float32, got none',
    );
  });

  test.each<[TensorData, string]>([
    [new Float32Array(3), 'expected 3 numbers of Float32, got 2 numbers of Float32'],
    [new Float64Array(2), 'expected 2 numbers of Float64, got 2 numbers of Float32'],
    [new Int32Array(2), 'expected 2 numbers of Int32, got 2 numbers of Float32'],
  ])('refuses a tensor for %o', (like, message) => {
    const reader = readerOf(record()).part('optimizer').part('slots');
    expect(() => reader.tensor('m', like)).toThrow(`file, optimizer.slots.m: ${message}`);
    expect(like.every((number) => number === 0)).toBe(true);
  });

  test.each([
    [[Number.NaN, 1], 'm[0]: expected a finite number, got NaN'],
    [[1, -Infinity], 'm[1]: expected a finite number, got -Infinity'],
  ])('refuses a tensor of %j', (numbers, message) => {
    const out = new StateWriter();
    out.tensor('m', new Float32Array(numbers));
    expect(() => readerOf(out).tensor('m', new Float32Array(2))).toThrow(`file, ${message}`);
  });

  test('throws errors of a bad file', () => {
    expect(readerOf(record()).part('a').error('b', 'x', 'y')).toMatchObject({
      code: 'bad-file',
      message: 'file, a.b: expected x, got y',
    });
  });
});
