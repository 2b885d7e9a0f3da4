// How much a page loads to train: the entry point, the chunk that it imports, and the f32 kernels.
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const build = join(import.meta.dirname, '../../build');
const LIMIT = 60_000; // bytes

/** The files that are loaded with `entry` at once: static imports, and theirs. */
function loadedWith(entry: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(entry)) return found;
  found.add(entry);
  const code = readFileSync(join(build, entry), 'utf8');
  for (const [, path] of code.matchAll(/\b(?:import|from)\s*"(\.[^"]+)"/g)) {
    loadedWith(normalize(join(dirname(entry), path!)), found);
  }
  return found;
}

const gzipped = (path: string) => gzipSync(readFileSync(join(build, path))).length;
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

const modules = [...loadedWith('index.js')];
const sizes = { modules: sum(modules.map(gzipped)), kernels: gzipped('kernels/f32.js') };
const total = sizes.modules + sizes.kernels;

describe(`the import that a page needs to train: ${(total / 1000).toFixed(1)} KB gzipped (limit ${LIMIT / 1000})`, () => {
  it(`is ${sizes.modules} bytes of modules without any kernels, and ${sizes.kernels} bytes of one kernel variant`, () => {
    expect(modules).toEqual(['index.js', expect.stringMatching(/^chunk-[A-Z0-9]{8}\.js$/)]);
    // Diagnostics and plots cost nothing until they are imported.
    for (const path of modules) {
      expect(readFileSync(join(build, path), 'utf8')).not.toMatch(/echarts|EigenvalueDecomposition|lyapunov/i);
    }
    expect(total).toBeLessThanOrEqual(LIMIT);
  });
});
