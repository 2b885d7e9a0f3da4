// @ts-check
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const inputs = [
  'asconfig.json',
  'package.json',
  'package-lock.json',
  'scripts/abi.js',
  'scripts/build.js',
  'scripts/licences.js',
  'scripts/tiles.js',
  'tsconfig.json',
];

/** Whether the build is missing or older than anything that it is made from. */
export function isStale() {
  const index = join(root, 'build/index.js');
  if (!existsSync(index)) return true;
  const built = statSync(index).mtimeMs;
  const sources = ['assembly', 'src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, String(name))),
  );
  return [...inputs, ...sources].some((path) => statSync(join(root, path)).mtimeMs > built);
}
