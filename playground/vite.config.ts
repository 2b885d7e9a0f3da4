// Builds the page into dist/: files that any server can give out. The page imports `bptt` as any other page would, from this
// package's own build.
import { defineConfig, type Plugin } from 'vite';
import { lessonFolders, pagesOf, readExperiments } from './lessons/experiments.ts';
import { languages } from './settings/config.ts';
import { EXCERPT } from './tasks/excerpt.ts';

/** What the page may do: nothing comes from elsewhere, and nothing goes there. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; worker-src 'self'; base-uri 'none'; form-action 'none'";

/** Of Moby-Dick only what the page learns from. */
const excerpt = (): Plugin => ({
  name: 'excerpt',
  transform(code, id) {
    if (!id.endsWith('moby-dick.txt?raw')) return undefined;
    const text: string = JSON.parse(code.slice(code.indexOf('"'), code.lastIndexOf('"') + 1));
    return { code: `export default ${JSON.stringify(text.slice(0, EXCERPT))}`, map: null };
  },
});

/** What the lessons say of their links: the module `virtual:experiments`. */
const experiments: Plugin = {
  name: 'experiments',
  resolveId: (id) => (id === 'virtual:experiments' ? `\0${id}` : undefined),
  load(id) {
    if (id !== '\0virtual:experiments') return undefined;
    const all = Object.fromEntries(languages.map((language) => [language, readExperiments(language)]));
    return `export const experiments = ${JSON.stringify(all)};`;
  },
};

/** The playground, the unrolled network, and the lessons that link to them. */
const pages = [
  'index.html',
  'unrolled.html',
  ...languages.flatMap((language) => pagesOf(language).map((name) => `${lessonFolders[language]}/${name}`)),
].map((name) => `${import.meta.dirname}/${name}`);

/** In the built page only: the development server reloads by means that the policy forbids. */
const policy: Plugin = {
  name: 'policy',
  apply: 'build',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY }, injectTo: 'head-prepend' },
  ],
};

export default defineConfig({
  // Anywhere, not only at the root of a server.
  base: './',
  plugins: [excerpt(), experiments, policy],
  // The worker imports its kernels when it needs them, so it cannot be one file.
  worker: { format: 'es', plugins: () => [excerpt()] },
  build: { target: 'es2022', modulePreload: { polyfill: false }, rolldownOptions: { input: pages } },
});
