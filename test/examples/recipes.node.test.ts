// The recipes run as they stand, and show what they are for.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PATIENCE } from '../support/patience.ts';

function run(name: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`examples/recipes/${name}`], {
    encoding: 'utf8',
    timeout: PATIENCE,
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

const numbers = (text: string) => Array.from(text.matchAll(/: (\d+\.\d+)/g), ([, number]) => Number(number));

const recipes: Readonly<Record<string, (said: string) => void>> = {
  'spam.js': (said) => {
    expect(Number(/messages: ([\d.]+)/.exec(said)![1])).toBeGreaterThan(0.9);
    expect(said).toMatch(/^spam: claim .*\nno spam: the meeting/m);
  },
  'tagging.js': (said) => {
    expect(Number(/words: ([\d.]+)/.exec(said)![1])).toBeGreaterThan(0.9);
    expect(said).toContain('whale/object is/other what/other the/other sailor/actor');
  },
  'anomalies.js': (said) => {
    expect(said).toMatch(/stuck: .* an anomaly\nspiked: .* an anomaly\nusual: .* as always/);
  },
  'streaming.js': (said) => expect(said).toContain('the same bits'),
  'fine-tuning.js': (said) => {
    const [before, head, all] = numbers(said);
    expect(head).toBeLessThan(before!);
    expect(all).toBeLessThan(head!);
  },
  'covariates.js': (said) => {
    for (const name of ['ice', 'tea']) {
      const [, model, last] = new RegExp(`${name}, .*: ([\\d.]+); last value ([\\d.]+)`).exec(said)!;
      expect(Number(model)).toBeLessThan(Number(last));
    }
    expect(said).toMatch(/^date,ice,tea\n2025-02-24,/m);
  },
};

describe('recipes', () => {
  it.each(Object.entries(recipes))('%s', (name, check) => check(run(name)));

  it('are all here', () => {
    expect(readdirSync('examples/recipes').sort()).toEqual(Object.keys(recipes).sort());
  });
});
