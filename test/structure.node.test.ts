// The shape of the sources: imports without circles, WebAssembly in one place, files of a size that can be read.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((file) => normalize(join('src', file)))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
const source = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
const importsOf = (file: string) =>
  [...source.get(file)!.matchAll(/from '(\.[^']+\.ts)'/g)].map(([, path]) => normalize(join(dirname(file), path!)));

describe('src', () => {
  it('has no circles of imports, types included', () => {
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      expect(path, [...path, file].join(' -> ')).not.toContain(file);
      if (done.has(file)) return;
      for (const next of importsOf(file)) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(done.size).toBe(files.length);
  });

  it('imports downwards: wasm/ knows nothing of models, layers nothing of training, the library nothing of the command line', () => {
    const offenders = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => {
          if (!file.startsWith('src/cli/') && target.startsWith('src/cli/')) return true;
          if (file.startsWith('src/layers/'))
            return !/^src\/(layers|wasm)\/|^src\/(check|errors|initializers)\.ts$/.test(target);
          if (file.startsWith('src/wasm/'))
            return !/^src\/wasm\/|^src\/errors\.ts$|^src\/layers\/contract\.ts$/.test(target);
          return false;
        })
        .map((target) => `${file} -> ${target}`),
    );
    expect(offenders).toEqual([]);
  });

  it('mentions WebAssembly in wasm/ only', () => {
    const code = (file: string) => source.get(file)!.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|'[^']*'|`[^`]*`/g, '');
    const elsewhere = files.filter((file) => !file.startsWith('src/wasm/') && /\bWebAssembly\b/.test(code(file)));
    expect(elsewhere).toEqual([]);
  });

  it('has no Math function whose bits differ between engines, but where numbers only reach the eye: command line, diagnostics and plots', () => {
    const wild =
      /\bMath\.(exp|expm1|log|log1p|log2|log10|pow|sin|cos|tan|tanh|sinh|cosh|asin|acos|atan|atan2|cbrt|hypot|random)\b/;
    const used = files.filter(
      (file) =>
        !/^src\/(cli|diagnostics|plots)\//.test(file) &&
        wild.test(source.get(file)!.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')),
    );
    expect(used).toEqual([]);
  });

  it('keeps files under 400 lines', () => {
    expect(files.filter((file) => source.get(file)!.split('\n').length > 400)).toEqual([]);
  });
});
