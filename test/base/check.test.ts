// The checks before every public entry: what passes, and what the messages say.
import { describe, expect, test } from 'vitest';
import {
  checkArray,
  checkBoolean,
  checkFlags,
  checkInteger,
  checkLegible,
  checkNumber,
  checkObject,
  checkOneOf,
  checkOptions,
  checkTokens,
  isCallable,
  nearest,
  readable,
  show,
} from '../../src/base/check.ts';
import { BpttError, type BpttErrorCode } from '../../src/base/errors.ts';

/** The error that `run` throws, which has to be the package's own. */
function thrown(run: () => unknown): BpttError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(BpttError);
    return error as BpttError;
  }
  throw new Error('nothing was thrown');
}

function expectError(run: () => unknown, code: BpttErrorCode, message: string): void {
  const error = thrown(run);
  expect(error.message).toBe(message);
  expect(error.code).toBe(code);
}

describe('checkInteger', () => {
  test('returns integers within the limits, the limits included', () => {
    expect(checkInteger('x', 1, 1, 3)).toBe(1);
    expect(checkInteger('x', 3, 1, 3)).toBe(3);
    expect(checkInteger('x', -5)).toBe(-5);
  });

  test.each([
    [2.5, 'elman.units: expected an integer >= 1, got 2.5'],
    [0, 'elman.units: expected an integer >= 1, got 0'],
    [-1, 'elman.units: expected an integer >= 1, got -1'],
    [NaN, 'elman.units: expected an integer >= 1, got NaN'],
    [Infinity, 'elman.units: expected an integer >= 1, got Infinity'],
    [2 ** 53, 'elman.units: expected an integer >= 1, got 9007199254740992'],
    ['8', 'elman.units: expected an integer >= 1, got "8"'],
    [8n, 'elman.units: expected an integer >= 1, got 8n'],
    [null, 'elman.units: expected an integer >= 1, got null'],
    [undefined, 'elman.units: expected an integer >= 1, got undefined'],
    [[8], 'elman.units: expected an integer >= 1, got an array of length 1'],
  ])('refuses %s', (value, message) => {
    expectError(() => checkInteger('elman.units', value, 1), 'invalid-argument', message);
  });

  test('names both limits', () => {
    expectError(() => checkInteger('x', 4, 1, 3), 'invalid-argument', 'x: expected an integer >= 1 and <= 3, got 4');
  });
});

describe('checkNumber', () => {
  test('returns numbers within the limits', () => {
    expect(checkNumber('x', 0, { min: 0 })).toBe(0);
    expect(checkNumber('x', 0.5, { exclusiveMin: 0, exclusiveMax: 1 })).toBe(0.5);
    expect(checkNumber('x', 1, { max: 1 })).toBe(1);
  });

  test.each([
    [0, { exclusiveMin: 0, exclusiveMax: 1 }, 'x: expected a finite number > 0 and < 1, got 0'],
    [1, { exclusiveMin: 0, exclusiveMax: 1 }, 'x: expected a finite number > 0 and < 1, got 1'],
    [-0.1, { min: 0, max: 1 }, 'x: expected a finite number >= 0 and <= 1, got -0.1'],
    [1.1, { min: 0, max: 1 }, 'x: expected a finite number >= 0 and <= 1, got 1.1'],
    [NaN, {}, 'x: expected a finite number, got NaN'],
    [-Infinity, {}, 'x: expected a finite number, got -Infinity'],
    ['1', {}, 'x: expected a finite number, got "1"'],
  ])('refuses %s within %o', (value, limits, message) => {
    expectError(() => checkNumber('x', value, limits), 'invalid-argument', message);
  });
});

describe('checks of kinds', () => {
  test('return what is right', () => {
    expect(checkBoolean('x', false)).toBe(false);
    expect(checkOneOf('x', 'tanh', ['tanh', 'relu'])).toBe('tanh');
    const object = { a: 1 };
    expect(checkObject('x', object)).toEqual(object);
  });

  test('refuse what is wrong', () => {
    expectError(() => checkBoolean('x', 0), 'invalid-argument', 'x: expected true or false, got 0');
    expectError(
      () => checkOneOf('elman.activation', 'tan', ['tanh', 'relu']),
      'invalid-argument',
      'elman.activation: expected one of "tanh", "relu", got "tan"',
    );
    for (const value of [null, undefined, 5, 'text', [], new Float32Array(2)]) {
      expectError(() => checkObject('x', value), 'invalid-argument', `x: expected an object, got ${show(value)}`);
    }
  });
});

describe('checkOptions', () => {
  const allowed = ['units', 'activation', 'learningRate'];

  test('allows any of the keys, and none', () => {
    checkOptions('x', {}, allowed);
    checkOptions('x', { units: 1, activation: undefined }, allowed);
  });

  test.each([
    ['unit', 'elman: expected only units, activation, learningRate, got "unit"; did you mean "units"?'],
    [
      'learningrate',
      'elman: expected only units, activation, learningRate, got "learningrate"; did you mean "learningRate"?',
    ],
    ['dropout', 'elman: expected only units, activation, learningRate, got "dropout"'],
    ['__proto__', 'elman: expected only units, activation, learningRate, got "__proto__"'],
  ])('refuses %s', (key, message) => {
    const options = JSON.parse(`{"units": 1, ${JSON.stringify(key)}: 2}`);
    expectError(() => checkOptions('elman', options, allowed), 'unknown-option', message);
  });

  test('says when there are no options at all', () => {
    expectError(() => checkOptions('zeros', { a: 1 }, []), 'unknown-option', 'zeros: expected no options, got "a"');
  });

  test('nearest takes the closest candidate, not the first within reach', () => {
    expect(nearest('steps', ['stop', 'step', 'slots'])).toBe('step');
    expect(nearest('x', ['hidden'])).toBeUndefined();
  });
});

describe('checks of arrays', () => {
  test('accept every kind of array', () => {
    for (const array of [new Float32Array(2), new Float64Array(2), new Int32Array(2), [1, 2]]) {
      expect(checkArray('x', array, 2)).toBe(array);
    }
    expect(checkTokens('x', [0, 4], 5)).toEqual([0, 4]);
    expect(checkFlags('x', new Uint8Array([0, 1]), 2)).toEqual(new Uint8Array([0, 1]));
  });

  test('refuse other kinds', () => {
    const kinds = 'a Float32Array, Float64Array, Int32Array or array of numbers';
    expectError(() => checkArray('x', 'ab', 2), 'invalid-argument', `x: expected ${kinds}, got "ab"`);
    expectError(
      () => checkArray('x', new Uint8Array(2), 2),
      'invalid-argument',
      `x: expected ${kinds}, got Uint8Array of length 2`,
    );
    expectError(
      () => checkTokens('x', new Float32Array(2), 5),
      'invalid-argument',
      'x: expected an Int32Array or array of tokens, got Float32Array of length 2',
    );
    expectError(
      () => checkFlags('x', [0, 1], 2),
      'invalid-argument',
      'x: expected a Uint8Array of 0 and 1, got an array of length 2',
    );
  });

  test('refuse wrong lengths and say the shape', () => {
    expectError(
      () => checkArray('forward.inputs', new Float32Array(5), 6, '[T=2,B=3]'),
      'invalid-shape',
      'forward.inputs: expected 6 elements for [T=2,B=3], got 5; time-major: all rows of a step, then those of the next',
    );
    expectError(() => checkTokens('x', [0], 5, 2), 'invalid-shape', 'x: expected 2 elements, got 1');
    expectError(() => checkFlags('x', new Uint8Array(1), 2), 'invalid-shape', 'x: expected 2 elements, got 1');
  });

  test.each([NaN, Infinity, -Infinity])('refuse %s and say where it is', (value) => {
    const message = `x[2]: expected a finite number, got ${value}`;
    expectError(() => checkArray('x', new Float32Array([1, 2, value]), 3), 'non-finite', message);
    expectError(() => checkArray('x', [1, 2, value], 3), 'non-finite', message);
  });

  test('refuse what is no number in a plain array, holes included', () => {
    expectError(() => checkArray('x', [1, '2'], 2), 'invalid-argument', 'x[1]: expected a finite number, got "2"');
    expectError(
      () => checkArray('x', new Array(1), 1),
      'invalid-argument',
      'x[0]: expected a finite number, got undefined',
    );
  });

  test.each([5, -1, 2.5, NaN])('refuse the token %s of 5', (token) => {
    const message = `x[1]: expected a token from 0 to 4, got ${token}`;
    expectError(() => checkTokens('x', [0, token], 5), 'token-out-of-range', message);
  });

  test('refuse flags other than 0 and 1', () => {
    expectError(() => checkFlags('x', new Uint8Array([1, 2]), 2), 'invalid-argument', 'x[1]: expected 0 or 1, got 2');
  });
});

describe('show', () => {
  test.each([
    ['a\nb', '"a\\nb"'],
    [-0, '-0'],
    [() => 1, 'a function'],
    [{}, 'an object'],
    [new DataView(new ArrayBuffer(3)), 'DataView of length 3'],
    [Symbol('s'), 'Symbol(s)'],
  ])('gives one short line for %s', (value, text) => {
    expect(show(value)).toBe(text);
  });

  test('cuts long strings between characters', () => {
    expect(show('🐋'.repeat(1000))).toBe(`"${'🐋'.repeat(40)}…"`);
  });
});

describe('what throws when it is looked at', () => {
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };
  const thrower = {
    get x() {
      throw new Error('from the getter');
    },
  };
  const sent = new Float32Array(2);
  structuredClone(sent, { transfer: [sent.buffer] });

  test('is shown all the same', () => {
    expect(show(revoked())).toBe('what cannot be read');
    expect(show(new Error('why'))).toBe('an error: why');
    expect(show(class {})).toBe('a class');
  });

  test('is named, with what it threw as the cause', () => {
    const error = thrown(() => checkObject('x', thrower));
    expect(error.message).toBe('x: expected what can be read, got an error: from the getter');
    expect(error.cause).toMatchObject({ message: 'from the getter' });
    for (const check of [() => checkTokens('x', revoked(), 3), () => checkArray('x', sent, 0)]) {
      expect(thrown(check).message).toMatch(/^x: expected what can be read, got an error: Cannot perform/);
    }
    expect(thrown(() => checkLegible('x', { part: { inner: revoked() } })).message).toMatch(
      /^x\.part\.inner: expected/,
    );
    expectError(() => checkLegible('x', 5, 'an object'), 'invalid-argument', 'x: expected an object, got 5');
    expect(readable('x', () => 1)).toBe(1);
  });

  test('a class is nothing to be called', () => {
    expect([() => 1, async () => 1, class {}, {}].map(isCallable)).toEqual([true, true, false, false]);
  });
});
