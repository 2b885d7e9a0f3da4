// The licences that are published: of every package that stands inside the bundles, with its text.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundledPackages, licences } from '../../scripts/licences.js';

const file = (path: string, bytesInOutput = 1) => ({ [path]: { bytesInOutput } });
const bundle = (inputs: Record<string, { bytesInOutput: number }>) => ({
  inputs: {},
  outputs: { 'build/index.js': { bytes: 1, imports: [], exports: [], inputs } },
});

describe('bundledPackages', () => {
  it('gives what has code in an output, and no package of which nothing is left', () => {
    const inputs = { ...file('src/index.ts'), ...file('node_modules/uplot/dist/uPlot.esm.js') };
    expect(bundledPackages([bundle(inputs), bundle(file('node_modules/fflate/esm/browser.js', 0))])).toEqual([
      'node_modules/uplot',
    ]);
  });

  it('gives dependencies too: jsfive holds pako, echarts has a tslib of its own where npm put it there', () => {
    expect(bundledPackages([bundle(file('node_modules/jsfive/dist/esm/index.mjs'))])).toEqual([
      'node_modules/jsfive',
      'node_modules/pako',
    ]);
    const folders = bundledPackages([bundle(file('node_modules/cli-progress/cli-progress.js'))]);
    expect(folders).toEqual(expect.arrayContaining(['node_modules/string-width', 'node_modules/ansi-regex']));
  });
});

describe('licences', () => {
  it.each(['@assemblyscript/loader', '@bufbuild/protobuf', 'csv-parse', 'emoji-regex'])(
    'has the text of %s',
    (name) => {
      expect(licences([`node_modules/${name}`]).length).toBeGreaterThan(1000);
    },
  );

  it('has both texts of pako, also that of the zlib in it', () => {
    const text = licences(['node_modules/pako']);
    expect(text).toContain('The MIT License');
    expect(text).toContain('Jean-loup Gailly and Mark Adler');
    expect(text).toContain('This notice may not be removed or altered from any source distribution.');
  });

  it('takes two parts of one package once', () => {
    expect(licences(['node_modules/pako', 'node_modules/pako'])).toBe(licences(['node_modules/pako']));
  });

  it('fails for a package without a text', () => {
    expect(() => licences(['node_modules/guid-typescript'])).toThrow(
      'guid-typescript: expected a file with its licence',
    );
  });
});

describe('the published file', () => {
  const text = readFileSync(join(import.meta.dirname, '../../build/third-party-licences.txt'), 'utf8');
  const entries = text.split(`\n\n${'-'.repeat(80)}\n\n`);

  it.each(entries.map((entry) => [entry.split(' ')[0], entry] as const))('has a text for %s', (_, entry) => {
    const [header, ...body] = entry.split('\n\n');
    expect(header).toMatch(/^\S+ \d+\.\d+\.\d+ \(.+\)$/);
    expect(body.join('\n\n').trim().length).toBeGreaterThan(100);
  });

  it('names what the library, the command line, the report page and the worker are made of', () => {
    const names = entries.map((entry) => entry.split(' ')[0]);
    expect(names).toEqual(
      expect.arrayContaining(['@assemblyscript/loader', 'assemblyscript', 'commander', 'echarts', 'pako', 'uplot']),
    );
    expect(new Set(names).size).toBe(names.length);
  });
});
