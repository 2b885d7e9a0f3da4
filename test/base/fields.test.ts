// Tables of fields: what they take, refuse and fill in.
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  boolean,
  type Checked,
  checkFields,
  checkKind,
  integer,
  number,
  type Options,
  object,
  oneOf,
  optional,
  string,
  withDefault,
} from '../../src/base/fields.ts';

const table = {
  /** Needed. */
  units: integer({ min: 1 }),
  rate: withDefault(number({ min: 0, exclusiveMax: 1 }), 0.5),
  half: withDefault(number(), ({ rate }: { readonly rate: number }) => rate / 2),
  seed: optional(integer({ min: 0 })),
  mode: withDefault(oneOf('fast', 'slow'), 'fast'),
  inner: withDefault(object({ on: withDefault(boolean, true), name: optional(string) }), () => ({ on: false })),
};

const check = (value: unknown) => checkFields('f', value, table);

test('fills in defaults in the order of the table, and leaves out what has none', () => {
  const checked = check({ units: 3, rate: undefined });
  expect(Object.entries(checked)).toEqual([
    ['units', 3],
    ['rate', 0.5],
    ['half', 0.25],
    ['mode', 'fast'],
    ['inner', { on: false }],
  ]);
  expect(check({ units: 1, rate: 0.25, inner: {} })).toMatchObject({ half: 0.125, inner: { on: true } });
});

test('makes a default that is an object anew each time', () => {
  expect(check({ units: 1 }).inner).not.toBe(check({ units: 1 }).inner);
});

test('what it gives it takes, and gives again', () => {
  const options = fc.record(
    {
      units: fc.integer({ min: 1 }),
      rate: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      seed: fc.nat(),
      mode: fc.constantFrom('fast', 'slow'),
      inner: fc.record({ on: fc.boolean(), name: fc.string() }, { requiredKeys: [] }),
    },
    { requiredKeys: ['units'] },
  );
  fc.assert(
    fc.property(options, (given) => {
      const checked = check(given);
      expect(checked).toMatchObject(given);
      expect(check(checked)).toEqual(checked);
    }),
  );
});

test.each([
  [{ units: 0 }, 'f.units: expected an integer >= 1, got 0'],
  [{}, 'f.units: expected an integer >= 1, got undefined'],
  [{ units: 1, rate: null }, 'f.rate: expected a finite number >= 0 and < 1, got null'],
  [{ units: 1, inner: { on: 1 } }, 'f.inner.on: expected true or false, got 1'],
  [{ units: 1, inner: { off: 1 } }, 'f.inner: expected only on, name, got "off"'],
  [{ unit: 1 }, 'f: expected only units, rate, half, seed, mode, inner, got "unit"; did you mean "units"?'],
  [{ units: 1, toString: 1 }, 'f: expected only units, rate, half, seed, mode, inner, got "toString"'],
])('refuses %o', (value, message) => {
  expect(() => check(value)).toThrow(message);
});

describe('anything but a plain object', () => {
  test.each([
    [3, 'f: expected an object of options such as { units: 3 }, got 3'],
    [0.25, 'f: expected an object of options such as { rate: 0.25 }, got 0.25'],
    ['slow', 'f: expected an object of options such as { mode: "slow" }, got "slow"'],
    [-1, 'f: expected an object of options such as { half: -1 }, got -1'],
    [true, 'f: expected an object of options, got true'],
    [null, 'f: expected an object of options, got null'],
    [undefined, 'f: expected an object of options, got undefined'],
    [[], 'f: expected an object of options, got an array of length 0'],
    [new Float32Array(2), 'f: expected an object of options, got Float32Array of length 2'],
    [new Map([['units', 3]]), 'f: expected an object of options, got Map'],
    [
      new (class {
        units = 3;
      })(),
      'f: expected an object of options, got an object of a class',
    ],
    [() => 3, 'f: expected an object of options, got a function'],
  ])('%o is refused', (value, message) => {
    expect(() => check(value)).toThrow(new RegExp(`^${message.replaceAll(/[{}[\]]/g, '\\$&')}$`));
  });

  test('never throws anything but its own error', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          check(value);
        } catch (error) {
          expect((error as Error).name).toBe('BpttError');
        }
      }),
    );
  });

  test('but of any realm', () => {
    // Plain objects of a frame or of a test runner: their prototype is another object that is the last of its chain.
    expect(check(Object.assign(Object.create(Object.create(null)), { units: 3 })).units).toBe(3);
    expect(check(Object.assign(Object.create(null), { units: 3 })).units).toBe(3);
  });
});

test('reads each option once', () => {
  let read = 0;
  check({
    get units() {
      read++;
      return 1;
    },
  });
  expect(read).toBe(1);
});

test('one of several kinds has the fields of its own', () => {
  const kinds = { circle: { radius: withDefault(number(), 1) }, square: { side: number() } };
  const shape = (value: unknown) => checkKind('shape', value, kinds);
  expect(shape({ kind: 'circle' })).toEqual({ kind: 'circle', radius: 1 });
  expect(() => shape({ kind: 'square', radius: 1 })).toThrow('shape: expected only side, got "radius"');
  expect(() => shape({ kind: 'line' })).toThrow('shape.kind: expected one of "circle", "square", got "line"');
  expect(() => shape('circle')).toThrow('shape: expected an object, got "circle"');
});

test('the types follow from the table', () => {
  expectTypeOf<Options<typeof table>>().toEqualTypeOf<
    { readonly units: number } & {
      readonly rate?: number;
      readonly half?: number;
      readonly seed?: number;
      readonly mode?: 'fast' | 'slow';
      readonly inner?: Options<(typeof table)['inner']['fields']>;
    }
  >();
  expectTypeOf<Checked<typeof table>['rate']>().toEqualTypeOf<number>();
  expectTypeOf<Checked<typeof table>['seed']>().toEqualTypeOf<number | undefined>();
  expectTypeOf<Checked<typeof table>['inner']['on']>().toEqualTypeOf<boolean>();
});
