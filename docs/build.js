// @ts-check
// `npm run site`: documentation, playground and lessons as one folder of static files, build/site, for any server and under any address.
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as buildPage } from 'vite';
import { build } from 'vitepress';
import { writeApi } from './api.js';
import { makeRelative } from './relative.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const site = join(here, '../build/site');

rmSync(site, { recursive: true, force: true });
await writeApi();
await build(here, { outDir: site });
makeRelative(site);
// The guides link to them.
cpSync(join(here, 'deploy'), join(site, 'deploy'), { recursive: true });
const playground = { outDir: join(site, 'playground'), emptyOutDir: true };
await buildPage({ root: join(here, '../playground'), logLevel: 'warn', build: playground });
