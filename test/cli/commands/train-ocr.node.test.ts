// `bptt train --task ocr` and `bptt read`, on bars that stand for letters.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, it } from 'vitest';
import { at, type Event, events, expectFailure, finish, run, start } from '../../support/cli-program.ts';
import { numbers } from '../../support/models.ts';

/** Which rows of 8 are dark, of a letter. */
const rows = { a: [0, 1, 2], b: [3, 4], c: [5, 6, 7] } as const;

/** Letters of 6 dark columns with 6 light ones between, as a PGM of 16 rows. */
function written(text: string, seed: number): Uint8Array {
  const next = numbers(seed);
  const width = 6 + 12 * text.length;
  const pixels = Uint8Array.from({ length: 16 * width }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const letter = x % 12 >= 6 ? text[Math.floor(x / 12)] : undefined;
    const dark = letter !== undefined && (rows[letter as 'a'] as readonly number[]).includes(y >> 1);
    return (dark ? 40 : 220) + 20 * next();
  });
  return Buffer.concat([Buffer.from(`P5 ${width} 16 255\n`), pixels]);
}

const texts = Array.from({ length: 24 }, (_, seed) => {
  const next = numbers(seed);
  return Array.from({ length: 2 + (seed % 3) }, () => 'abc'[Math.floor(3 * next())]).join('');
});
const network = ['--height', '16', '--hidden', '12', '--layers', '1', '--dropout', '0'];
const quick = ['--plain', '--batch', '4', '--steps', '4', '--overwrite'];
const ocr = (...args: readonly string[]) => run('train', '--task', 'ocr', ...args);
const ofType = (all: readonly Event[], wanted: string) => all.filter(({ type }) => type === wanted);

beforeAll(async () => {
  await mkdir(at('lines/more'), { recursive: true });
  for (const [i, text] of texts.entries()) {
    // As kraken and tesstrain have them, and with a plain .txt.
    const stem = at(`lines/${i % 5 === 0 ? 'more/' : ''}${i}`);
    await writeFile(`${stem}${i % 3 === 0 ? '.nrm' : ''}.png`, written(text, i));
    await writeFile(`${stem}${i % 2 === 0 || i % 3 === 0 ? '.gt' : ''}.txt`, `${text}\n`);
  }
});

describe('train --task ocr', () => {
  it('learns what is written in images, and read says it with its places', async () => {
    const learning = ['--plain', '--batch', '4', '--epochs', '30', '--learning-rate', '0.02', '--seed', '1'];
    const files = ['--out', 'lines.safetensors', '--report', 'lines.html'];
    const all = events(await ocr('lines', ...network, ...learning, ...files, '--json'));
    expect(all[0]).toMatchObject({ type: 'start', images: 24, training: 22, validation: 2, labels: ['a', 'b', 'c'] });
    expect(ofType(all, 'validation').at(-1)).toMatchObject({ ler: 0 });
    expect(all.at(-1)).toMatchObject({ type: 'end', reason: 'steps', step: 180 });

    await writeFile(at('new.ppm'), written('bacca', 99));
    const [line] = events(await run('read', 'lines.safetensors', 'new.ppm', '--json', '--beams', '4'));
    expect(line).toMatchObject({ type: 'line', file: 'new.ppm', text: 'bacca' });
    for (const [place, { from, to }] of (line!.labels as { from: number; to: number }[]).entries()) {
      expect(Math.abs((from + to) / 2 - (9 + 12 * place))).toBeLessThan(9);
    }
    const { stdout } = await run('read', 'lines.safetensors', 'new.ppm', 'lines/1.png');
    expect(stdout).toBe(`new.ppm: bacca\nlines/1.png: ${texts[1]}\n`);

    const report = await readFile(at('lines.html'), 'utf8');
    expect(report).toMatch(/Of \d labels in 2 images that it has not learned from, 0\.0 % were wrong/);
    expect(report.match(/src="data:image\/bmp;base64,/g)?.length).toBe(2);
  });

  it('goes on after a kill, and ends with the bits of a training that never stopped', async () => {
    const learning = ['--batch', '4', '--steps', '24', '--checkpoint-every', '4', '--json'];
    const whole = [...network, ...learning, '--out', 'whole-lines.safetensors'];
    events(await ocr('lines', ...whole));
    const cut = [...network, ...learning, '--out', 'cut-lines.safetensors'];
    const child = start(['train', '--task', 'ocr', 'lines', ...cut]);
    const outcome = finish(child);
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.includes('"step","step":14,')) child.kill('SIGKILL');
    }
    expect((await outcome).code).toBe(null);
    const going = ['--resume', '--out', 'cut-lines.safetensors'];
    expect(expectFailure(await ocr(...going, '--height', '20'))).toMatch(/^--height: expected 16, as in the training/);
    const [began, ...rest] = events(await ocr(...going, '--json'));
    expect(began!.resumed).toBeGreaterThanOrEqual(8);
    expect(rest.at(-1)).toMatchObject({ type: 'end', reason: 'steps', step: 24 });
    expect(await readFile(at('cut-lines.safetensors'))).toEqual(await readFile(at('whole-lines.safetensors')));
  });

  it('gives the same bits again with varied images and any threads, and other ones by another seed', async () => {
    const bytes = [];
    for (const [seed, threads] of [
      ['1', '1'],
      ['1', '2'],
      ['2', '1'],
    ] as const) {
      const flags = ['--batch', '4', '--steps', '3', '--overwrite', '--out', 'again.safetensors'];
      expect((await ocr('lines', ...network, ...flags, '--seed', seed, '--threads', threads)).code).toBe(0);
      bytes.push(await readFile(at('again.safetensors')));
    }
    expect(bytes[1]).toEqual(bytes[0]);
    expect(bytes[2]).not.toEqual(bytes[0]);
  });

  it('takes a network in VGSL, and says what in it is wrong', async () => {
    const spec = '[1,12,0,1 Cr3,3,4 Mp2,2 Lbx8]';
    const flags = [...quick, '--out', 'vgsl.safetensors', '--json'];
    expect((await ocr('lines', '--vgsl', spec, ...flags)).code).toBe(0);
    const [line] = events(await run('read', 'vgsl.safetensors', 'lines/1.png', '--json'));
    expect(line).toMatchObject({ type: 'line' });
    const failure = async (...args: readonly string[]) => expectFailure(await ocr('lines', ...quick, ...args));
    expect(await failure('--vgsl', '[1,12,0,1 X3]')).toMatch(/^--vgsl, word 2: expected C, Mp/);
    expect(await failure('--vgsl', '[1,0,0,1 Lbx8]')).toMatch(/^--vgsl, height: expected an integer >= 1/);
    expect(await failure('--vgsl', '[1,12,0,1 Lbxs8]')).toMatch(/^--vgsl: expected an output at each column/);
    expect(await failure('--vgsl', spec, '--hidden', '4')).toBe(
      '--hidden: expected no --vgsl beside it, which says that already',
    );
  });
});

describe('train --task ocr with files that are bad', () => {
  beforeAll(async () => {
    await mkdir(at('bad'), { recursive: true });
    for (const i of [1, 2, 3, 4, 5, 6]) {
      await writeFile(at(`bad/${i}.png`), written('abc', i));
      await writeFile(at(`bad/${i}.txt`), 'abc');
    }
    await writeFile(at('bad/2.png'), written('abc', 2).subarray(0, 300));
    await writeFile(at('bad/3.gt.txt'), 'abcabcabcabc'); // before 3.txt
    await writeFile(at('bad/4.txt'), ' \n');
    await writeFile(at('bad/5.jpg'), 'GIF89a');
    await writeFile(at('bad/5.txt'), 'abc');
    await writeFile(at('bad/7.png'), written('abc', 7));
  });
  const out = ['--out', 'bad.safetensors'];

  it('ends at the first, and says how to leave it out', async () => {
    expect(expectFailure(await ocr('bad', ...network, ...quick, ...out))).toBe(
      'bad/7.png: expected its transcript in bad/7.gt.txt or bad/7.txt, got none; --skip-bad leaves it out',
    );
  });

  it('leaves them out where that is asked for, each by its name', async () => {
    const flags = [...network, ...quick, ...out, '--skip-bad', '--validation', '0'];
    const { code, stderr, stdout } = await ocr('bad', ...flags);
    expect(code).toBe(0);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'left out: bad/7.png: expected its transcript in bad/7.gt.txt or bad/7.txt, got none',
      'left out: bad/2.png, byte 300: expected 672 samples from byte 13 on, got the end: the file is cut off',
      'left out: bad/3.png: expected room for its 12 labels, 12 steps of the network, got 10 in 42 pixels of width',
      'left out: bad/4.png: expected a transcript with something in it, got none',
      'left out: bad/5.jpg, byte 0: expected a PNG, JPEG, PGM or PPM image, got a GIF; programs that show it can save it as PNG',
    ]);
    expect(stdout).toContain('bad: 3 images to learn from');
  });

  it('refuses folders without images or texts, files that are there, flags of other tasks, and models that do not read', async () => {
    await mkdir(at('silent'), { recursive: true });
    expect(expectFailure(await ocr('silent', ...quick))).toBe('silent: expected images in it, got 0 others');
    await writeFile(at('silent/1.png'), written('abc', 1));
    expect(expectFailure(await ocr('silent', ...quick))).toContain('silent: expected transcripts: a .txt beside each');
    await writeFile(at('there.safetensors'), 'mine');
    expect(expectFailure(await ocr('lines', '--steps', '1', '--out', 'there.safetensors'))).toContain(
      'there.safetensors',
    );
    expect(expectFailure(await ocr('lines', '--mels', '5'))).toBe('--mels: expected --task speech with it, got ocr');
    expect(expectFailure(await ocr())).toBe('--task ocr: expected one FOLDER of images, got none');
    await run('train', 'verse.txt', '--hidden', '4', '--steps', '1', '--out', 'text.safetensors');
    expect(expectFailure(await run('read', 'text.safetensors', 'lines/1.png'))).toBe(
      'text.safetensors, metadata: expected the entry "lines" of a model that reads lines, got "vocabulary"',
    );
  });
});
