// `bptt bench`.
import { describe, expect, test } from 'vitest';
import { events, run } from '../../support/cli-program.ts';

describe('bench', () => {
  test('prints a table', async () => {
    const { code, stdout, stderr } = await run('bench', '--seconds', '0.01');
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[2]!.trim().split(/\s+/)).toEqual(['H', 'T', 'B', 'ms/step', 'chars/s', 'GFLOP/s']);
    expect(lines.slice(3).map((line) => line.split(/\s+/)[0])).toEqual(
      'train train generate train train generate'.split(' '),
    );
  });

  test('--json prints the machine and one result a line', async () => {
    const [machine, ...results] = events(await run('bench', '--seconds', '0.01', '--json'));
    expect(machine).toMatchObject({ type: 'machine', node: process.version, dtype: 'f32', relaxed: false });
    expect(results).toHaveLength(6);
    for (const { T, B, milliseconds, charactersPerSecond } of results as unknown as Record<string, number>[]) {
      expect(milliseconds).toBeGreaterThan(0);
      expect(charactersPerSecond).toBeCloseTo((1000 * T! * B!) / milliseconds!, 3);
    }
  });
});
