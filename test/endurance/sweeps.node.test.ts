// A few of the ends that `node test/endurance/sweeps.js` makes by the hundred.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { PATIENCE } from '../support/patience.ts';

it('a sweep of two processes that are killed ends with the same winner and the same bytes', {
  timeout: PATIENCE,
}, async () => {
  const ends = ['--kills', '2', '--processes', '2'];
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'sweeps.js'), ...ends]);
  expect(stdout).toMatch(/^\d+ SIGKILLs, 0 zombies, \d+ sweeps of 2 processes: 0 faults\n$/);
  expect(Number.parseInt(stdout, 10)).toBeGreaterThanOrEqual(2);
});
