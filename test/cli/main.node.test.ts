// The command line's help and version.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root, run } from '../support/cli-program.ts';

describe('help', () => {
  test('is printed for the program and each command', async () => {
    for (const args of [['--help'], ['train', '--help'], ['sample', '--help'], ['bench', '--help']]) {
      const { code, stdout, stderr } = await run(...args);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('Usage: bptt');
    }
  });

  test('of train is grouped, and has an example', async () => {
    const { stdout } = await run('train', '--help');
    const headings = ['Network:', 'Reading the text:', 'Learning:', 'Running:', 'Files:', 'Progress:', 'Examples:'];
    expect(stdout.split('\n').filter((line) => headings.includes(line))).toEqual(headings);
    expect(stdout.indexOf('--cell <name>')).toBeLessThan(stdout.indexOf('Reading the text:'));
    expect(stdout).toContain('$ bptt train my-text.txt ');
  });

  test('has the version of the package', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect((await run('--version')).stdout).toBe(`${version}\n`);
  });
});
