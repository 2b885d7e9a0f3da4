// A model that the command line trained, for its other commands.
import { beforeAll, expect } from 'vitest';
import { at, run, small } from './cli-program.ts';

export const model = () => at('made.safetensors');

beforeAll(async () => {
  const args = [
    'train',
    at('verse.txt'),
    ...small,
    '--cell',
    'lstm',
    '--steps',
    '30',
    '--schedule',
    'cosine',
    '--warmup',
    '5',
  ];
  expect((await run(...args, '--out', model())).code).toBe(0);
});
