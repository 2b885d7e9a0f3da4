// The playground's settings in its link: there and back, and what is wrong is told and never fatal.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { strings, translator } from '../../playground/app/strings.ts';
import {
  type Config,
  defaultConfig,
  formatConfig,
  LONGEST_DATA,
  languages,
  parseConfig,
} from '../../playground/settings/config.ts';
import { defaultsOf } from '../../playground/settings/defaults.ts';
import { type Field, readField, runFields, taskFields } from '../../playground/settings/fields.ts';
import { presetLink, presets } from '../../playground/settings/presets.ts';

const anyOf = (field: Field): fc.Arbitrary<string | number> => {
  if ('values' in field) return fc.constantFrom(...field.values);
  const {
    whole,
    limits: { min = 0, max = 0 },
  } = field;
  if (whole) return fc.integer({ min, max });
  return fc.double({ min, max, noNaN: true }).map((value) => value + 0);
};
const settingsOf = <Fields extends Readonly<Record<string, Field>>>(fields: Fields) =>
  fc.record(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, anyOf(field)])));

const run = settingsOf(runFields);
const configs = fc.record({
  language: fc.constantFrom(...languages),
  task: settingsOf(taskFields),
  data: fc.string({ unit: 'grapheme', maxLength: LONGEST_DATA / 20 }),
  a: run,
  b: fc.option(run, { nil: undefined }),
}) as unknown as fc.Arbitrary<Config>;

describe('the link of the playground', () => {
  it('gives the same configuration back, without a problem', () => {
    fc.assert(
      fc.property(configs, (config) => {
        expect(parseConfig(`#${formatConfig(config)}`)).toEqual({ config, problems: [] });
      }),
    );
  });

  it('is short where everything is as the task begins', () => {
    expect(formatConfig(defaultConfig('adding', 'ru'))).toBe('lang=ru&task=adding');
    expect(parseConfig('').config).toEqual(defaultConfig('text', 'en'));
    expect(parseConfig('#', 'ru').config.language).toBe('ru');
  });

  it('says of the second network what is other than in the first', () => {
    const { config } = parseConfig('task=adding&cell=gru&hidden=7&compare=on&b.cell=elman');
    expect(config.b).toEqual({ ...config.a, cell: 'elman' });
    expect(config.a).toMatchObject({ cell: 'gru', hidden: 7 });
    expect(formatConfig(config)).toBe('lang=en&task=adding&cell=gru&hidden=7&compare=on&b.cell=elman');
  });

  it('is never fatal, whatever it says, and what it gives can be written again', () => {
    const keys = fc.constantFrom(
      'task',
      'lang',
      'seed',
      'k1',
      'b.k2',
      'compare',
      'rate',
      'data',
      'toString',
      '__proto__',
    );
    const pairs = fc.array(fc.tuple(fc.oneof(keys, fc.string()), fc.string()));
    const texts = fc.oneof(
      fc.string(),
      pairs.map((entries) => new URLSearchParams(entries).toString()),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const { config } = parseConfig(text);
        if (config.data.length <= LONGEST_DATA) expect(parseConfig(formatConfig(config)).config).toEqual(config);
      }),
    );
  });

  it.each([
    ['task=chess', 'task', 'chess', 'text'],
    ['hidden=0', 'hidden', '0', defaultsOf('text').run.hidden],
    ['hidden=2.5', 'hidden', '2.5', defaultsOf('text').run.hidden],
    ['hidden=', 'hidden', '', defaultsOf('text').run.hidden],
    ['rate=-1', 'rate', '-1', defaultsOf('text').run.rate],
    ['rate=0x1', 'rate', '0x1', defaultsOf('text').run.rate],
    ['rate=Infinity', 'rate', 'Infinity', defaultsOf('text').run.rate],
    ['seed=9007199254740992', 'seed', '9007199254740992', 1],
    ['lang=fr', 'lang', 'fr', 'en'],
    ['compare=maybe', 'compare', 'maybe', 'off'],
  ])('takes the default for %s and tells it', (hash, key, value, taken) => {
    const { problems } = parseConfig(hash);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ key, value, taken });
    expect(problems[0]!.field).toBeDefined();
  });

  it.each([
    ['colour=red', 'colour'],
    ['b.cell=gru', 'b.cell'], // without compare=on there is no second network
  ])('tells the key of %s that it does not know', (hash, key) => {
    const { config, problems } = parseConfig(hash);
    expect(problems).toEqual([expect.objectContaining({ key, field: undefined })]);
    expect(config).toEqual(defaultConfig('text', 'en'));
  });

  it('leaves out data that are too long for it', () => {
    const config = { ...defaultConfig('text', 'en'), data: 'x'.repeat(LONGEST_DATA + 1) };
    expect(parseConfig(formatConfig(config)).config.data).toBe('');
  });

  it('has presets without a problem, each in its own language', () => {
    for (const preset of presets) {
      const link = presetLink(preset, 'ru');
      const { config, problems } = parseConfig(link);
      expect(problems, preset).toEqual([]);
      expect(config.language).toBe('ru');
      expect(formatConfig(config)).toBe(link);
    }
    expect(new Set(presets.map((preset) => presetLink(preset, 'en'))).size).toBe(presets.length);
  });
});

describe('the defaults of the playground', () => {
  it.each(taskFields.task.values)('of %s are within the limits of their fields', (task) => {
    const defaults = defaultsOf(task);
    for (const [fields, values] of [
      [taskFields, defaults.task],
      [runFields, defaults.run],
    ] as const) {
      for (const [name, field] of Object.entries(fields)) {
        const value = (values as Readonly<Record<string, string | number>>)[name]!;
        expect(readField(field, String(value)), name).toBe(value);
      }
    }
  });
});

describe('the texts of the playground', () => {
  it('have the same places to fill in both languages', () => {
    const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
    for (const [key, { en, ru }] of Object.entries(strings)) expect(places(ru), key).toEqual(places(en));
  });

  it('name every choice of every field', () => {
    const choices = Object.entries({ ...taskFields, ...runFields }).flatMap(([name, field]) =>
      'values' in field ? field.values.map((value) => `${name}.${value}`) : [],
    );
    expect(choices.length).toBeGreaterThan(20);
    expect(choices.filter((key) => !(key in strings))).toEqual([]);
  });

  it('are filled in', () => {
    const t = translator('en');
    expect(t('expected.whole', { min: 1, max: 256 })).toBe('a whole number from 1 to 256');
  });
});
