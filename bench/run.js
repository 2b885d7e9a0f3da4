// @ts-check
// npm run bench: bundles bench/index.ts, with what it takes from src/ and test/truth/reference/, and runs it. Needs `npm run build`.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
if (!existsSync(`${root}build/kernels/f32.js`)) {
  console.error('build/kernels/f32.js is not there; build first: npm run build');
  process.exit(1);
}
const outfile = `${root}build/bench.js`;
await build({
  entryPoints: [`${root}bench/index.ts`],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
await import(outfile);
