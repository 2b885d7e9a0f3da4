// Whether what should be a model is one.
import { readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import type { Model } from './model.ts';

/** @throws BpttError for what is no model; mostly it is what `createModel` gives before it is awaited. */
export function checkModel(where: string, value: Model): void {
  readable(`${where}(model)`, () => {
    if (value?.network?.graph !== undefined) return;
    const got = value instanceof Promise ? 'a promise: await it' : show(value);
    throw new BpttError('invalid-argument', `${where}(model): expected a model, got ${got}`);
  });
}
