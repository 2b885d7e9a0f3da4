// Whether what should be a model is one.
import { fail, readable, show } from '../base/check.ts';
import type { Model } from './model.ts';

/** @throws BpttError for what is no model; mostly it is what `createModel` gives before it is awaited. */
export function checkModel(where: string, value: Model): void {
  readable(`${where}(model)`, () => {
    if (value?.network?.graph !== undefined) return;
    const got = value instanceof Promise ? 'a promise: await it' : show(value);
    fail(`${where}(model)`, 'a model', got);
  });
}
