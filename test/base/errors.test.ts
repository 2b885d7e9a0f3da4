// The error classes.
import { describe, expect, test } from 'vitest';
import { BpttError, NonFiniteError } from '../../src/base/errors.ts';

describe('errors', () => {
  test('a BpttError is an Error with a code, a name and a cause', () => {
    const cause = new Error('below');
    const error = new BpttError('bad-file', 'above', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error.cause).toBe(cause);
    expect(String(error)).toBe('BpttError: above');
  });

  test('a NonFiniteError carries what a program needs to go on', () => {
    const error = new NonFiniteError({ quantity: 'gradient', where: 'rnn.weight_hh_l0', step: 7, norm: Infinity });
    expect(error).toBeInstanceOf(BpttError);
    expect(error).toMatchObject({ code: 'non-finite', quantity: 'gradient', step: 7, norm: Infinity });
    expect(error.message).toBe(
      'training step 7, rnn.weight_hh_l0: expected a finite gradient norm, got Infinity; the parameters are as before this step',
    );
  });
});
