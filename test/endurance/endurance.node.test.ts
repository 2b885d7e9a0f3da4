// A few of the ends that `node test/endurance/run.js` makes by the hundred.
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { PATIENCE } from '../support/patience.ts';

/** Whether a disk of a few bytes can be made, in a name space of its own. */
function hasSmallDisks(): boolean {
  try {
    execFileSync('unshare', ['-rm', 'true'], { stdio: 'ignore' });
    return process.platform === 'linux';
  } catch {
    return false;
  }
}

it('a training that is killed, stopped, or finds no space loses no model and goes on with the same bits', {
  timeout: PATIENCE,
}, async () => {
  const ends = ['--kills', '2', '--signals', '1', '--disks', hasSmallDisks() ? '1' : '0'];
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'run.js'), ...ends]);
  expect(stdout).toMatch(/^2 SIGKILLs: 0 faults\n1 signals: 0 faults\n[01] full disks: 0 faults\n$/);
});
