// What a page says at its end of the model that was trained, and of how.
import packageJson from '../../../package.json' with { type: 'json' };
import type { Model } from '../../index.ts';
import { typed } from '../flags/flags.ts';
import { escaped } from './escaped.ts';
import { table } from './table.ts';

/** The model, and the flags with their values, as parts of a page. */
export function modelSections(model: Model, values: Readonly<Record<string, unknown>>): string[] {
  const settings = Object.entries(values).map(([name, value]) => [
    typed(name),
    value === undefined ? '–' : String(value),
  ]);
  return [
    `<h2>The model</h2><p>${model.parameterCount.toLocaleString('en-US')} parameters</p><pre>${escaped(model.summary())}</pre>`,
    '<h2>Settings</h2>',
    table(['flag', 'value'], settings),
    `<p>bptt ${packageJson.version}</p>`,
  ];
}
