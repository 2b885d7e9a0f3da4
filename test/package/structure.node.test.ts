// The shape of the sources: rooms and what they may import, no circles, WebAssembly in one place, files of a size that can be read.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Each room of src/ and the rooms that it may import. Only upwards in this table: a row names rooms above it alone. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  base: [],
  formats: ['base'],
  wasm: ['base'],
  tokenizers: ['base'],
  data: ['base'],
  layers: ['base', 'wasm'],
  model: ['base', 'formats', 'wasm', 'data', 'layers'],
  loss: ['base', 'wasm', 'data', 'layers', 'model'],
  metrics: ['base', 'wasm', 'data', 'model', 'loss'],
  own: ['base', 'wasm', 'layers', 'loss'],
  bptt: ['base', 'formats', 'data', 'model', 'loss'],
  training: ['base', 'formats', 'wasm', 'data', 'layers', 'model', 'loss', 'bptt'],
  generation: ['base', 'wasm', 'model', 'loss'],
  series: ['base', 'data', 'model'],
  speech: ['base', 'model', 'loss', 'metrics', 'generation'],
  translation: ['base', 'wasm', 'data', 'tokenizers', 'layers', 'model', 'generation'],
  vision: ['base', 'layers'],
  diagnostics: ['base', 'wasm', 'data', 'layers', 'model', 'loss', 'bptt', 'training'],
  plots: ['base', 'layers', 'model', 'training', 'diagnostics'],
  interchange: ['base', 'formats', 'layers', 'model'],
  vocabulary: ['base', 'tokenizers', 'layers', 'model'],
  worker: ['base', 'formats', 'wasm', 'data', 'layers', 'model', 'loss', 'metrics', 'bptt', 'training'],
  node: ['base', 'formats', 'wasm', 'data', 'tokenizers', 'layers', 'model'],
  sweep: ['base', 'layers', 'model', 'loss', 'training', 'worker'],
  bullmq: ['base', 'training', 'sweep'],
  // The faces: what is public, exported again.
  index: ['base', 'wasm', 'tokenizers', 'data', 'layers', 'model', 'loss', 'bptt', 'training', 'generation'],
  'node face': ['node'],
  workerd: ['wasm', 'index'],
  cli: [
    ...['base', 'formats', 'tokenizers', 'data', 'layers', 'model', 'loss', 'metrics', 'training', 'generation'],
    ...[
      'series',
      'speech',
      'translation',
      'sweep',
      'bullmq',
      'diagnostics',
      'plots',
      'interchange',
      'worker',
      'node',
      'index',
    ],
    'node face',
  ],
};

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((file) => normalize(join('src', file)))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
const source = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
const importsOf = (file: string) =>
  [...source.get(file)!.matchAll(/(?:from |import\()'(\.[^']+\.ts)'/g)].map(([, path]) =>
    normalize(join(dirname(file), path!)),
  );
const roomOf = (file: string) => {
  const [, room = ''] = /^src\/([^/.]+)/.exec(file) ?? [];
  return file === 'src/node.ts' ? 'node face' : room;
};

describe('src', () => {
  it('has every file in a room of the table, or a face', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => rooms[room] === undefined)).toEqual([]);
    expect(files.filter((file) => dirname(file) === 'src')).toEqual(['src/index.ts', 'src/node.ts', 'src/workerd.ts']);
  });

  it('imports only rooms that the table allows', () => {
    const offenders = files.flatMap((file) => {
      const room = roomOf(file);
      return importsOf(file)
        .filter((target) => roomOf(target) !== room && !rooms[room]!.includes(roomOf(target)))
        .map((target) => `${file} -> ${target}`);
    });
    expect(offenders).toEqual([]);
  });

  it('has a table without arrows up, of which none is idle', () => {
    const names = Object.keys(rooms);
    const up = names.flatMap((room, floor) =>
      rooms[room]!.filter((other) => names.indexOf(other) < 0 || names.indexOf(other) >= floor).map(
        (other) => `${room} -> ${other}`,
      ),
    );
    expect(up).toEqual([]);
    const used = new Set(
      files.flatMap((file) => importsOf(file).map((target) => `${roomOf(file)} -> ${roomOf(target)}`)),
    );
    const idle = names
      .flatMap((room) => rooms[room]!.map((other) => `${room} -> ${other}`))
      .filter((arrow) => !used.has(arrow));
    expect(idle).toEqual([]);
  });

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

  it('mentions WebAssembly in wasm/ only', () => {
    const code = (file: string) => source.get(file)!.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|'[^']*'|`[^`]*`/g, '');
    const elsewhere = files.filter((file) => !file.startsWith('src/wasm/') && /\bWebAssembly\b/.test(code(file)));
    expect(elsewhere).toEqual([]);
  });

  it('has no Math function whose bits differ between engines, but where numbers only reach the eye: command line, diagnostics, plots, and the score of translations', () => {
    const inexact =
      /\bMath\.(exp|expm1|log|log1p|log2|log10|pow|sin|cos|tan|tanh|sinh|cosh|asin|acos|atan|atan2|cbrt|hypot|random)\b/;
    const used = files.filter(
      (file) =>
        !/^src\/((cli|diagnostics|plots)\/|translation\/bleu\.ts$)/.test(file) &&
        inexact.test(source.get(file)!.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')),
    );
    expect(used).toEqual([]);
  });

  it('keeps files under 400 lines', () => {
    expect(files.filter((file) => source.get(file)!.split('\n').length > 400)).toEqual([]);
  });
});
