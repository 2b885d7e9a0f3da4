// `bptt train --task speech` and `bptt transcribe`, on tones that stand for letters.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeWav } from '../../../src/speech/index.ts';
import { at, type Event, events, expectFailure, finish, run, start } from '../../support/cli-program.ts';
import { numbers } from '../../support/models.ts';

const RATE = 8000;
const hertz = { a: 400, b: 900, c: 1500 } as const;

/** Letters as tones of 0.15 s with silence between. */
function spoken(text: string, seed: number): Uint8Array {
  const next = numbers(seed);
  const samples = new Float32Array(RATE * (0.1 + 0.25 * text.length)).map(() => (next() - 0.5) / 100);
  for (const [place, letter] of [...text].entries()) {
    const start = RATE * (0.1 + 0.25 * place);
    for (let i = 0; i < 0.15 * RATE; i++) {
      samples[start + i]! += 0.3 * Math.sin((2 * Math.PI * hertz[letter as 'a'] * i) / RATE);
    }
  }
  return writeWav({ sampleRate: RATE, channels: [samples] });
}

const texts = Array.from({ length: 24 }, (_, seed) => {
  const next = numbers(seed);
  return Array.from({ length: 2 + (seed % 3) }, () => 'abc'[Math.floor(3 * next())]).join('');
});
const network = ['--hidden', '12', '--layers', '1', '--dropout', '0', '--sample-rate', '8000', '--mels', '20'];
const quick = [...network, '--plain', '--batch', '4', '--steps', '4', '--overwrite'];
const speech = (...args: readonly string[]) => run('train', '--task', 'speech', ...args);
const ofType = (all: readonly Event[], wanted: string) => all.filter(({ type }) => type === wanted);

beforeAll(async () => {
  await mkdir(at('tones/more'), { recursive: true });
  for (const [i, text] of texts.entries()) {
    const name = at(`tones/${i % 5 === 0 ? 'more/' : ''}${i}`);
    await writeFile(`${name}.wav`, spoken(text, i));
    await writeFile(`${name}.txt`, `${text}\n`);
  }
});

describe('train --task speech', () => {
  it('learns what recordings say, and transcribe says it with its times', async () => {
    const learning = ['--plain', '--batch', '4', '--epochs', '30', '--learning-rate', '0.02', '--seed', '1'];
    const files = ['--out', 'tones.safetensors', '--report', 'tones.html'];
    const all = events(await speech('tones', ...network, ...learning, ...files, '--json'));
    expect(all[0]).toMatchObject({
      type: 'start',
      recordings: 24,
      training: 22,
      validation: 2,
      labels: ['a', 'b', 'c'],
    });
    expect(ofType(all, 'validation').at(-1)).toMatchObject({ ler: 0 });
    expect(all.at(-1)).toMatchObject({ type: 'end', reason: 'steps', step: 180 });

    await writeFile(at('new.wav'), spoken('bacca', 99));
    const [heard] = events(await run('transcribe', 'tones.safetensors', 'new.wav', '--json', '--beams', '4'));
    expect(heard).toMatchObject({ type: 'transcript', file: 'new.wav', text: 'bacca' });
    const labels = heard!.labels as { label: string; from: number; to: number }[];
    for (const [place, { from, to }] of labels.entries()) {
      expect(Math.abs((from + to) / 2 - (0.175 + 0.25 * place))).toBeLessThan(0.15);
    }
    const { stdout } = await run('transcribe', 'tones.safetensors', 'new.wav', 'tones/1.wav', '--times');
    expect(stdout).toMatch(/^new\.wav: bacca\n {2}\d\.\d\d to \d\.\d\d s {2}b\n/);
    expect(stdout).toContain(`tones/1.wav: ${texts[1]}\n`);

    const report = await readFile(at('tones.html'), 'utf8');
    expect(report.slice(0, 3000)).toContain(
      'Of 8 labels in 2 recordings that it has not learned from, 0.0 % were wrong',
    );
    expect(report.match(/src="data:image\/bmp;base64,/g)?.length).toBe(2);
  });

  it('gives the same bits again, and other ones by another seed', async () => {
    const bytes = [];
    for (const seed of ['1', '1', '2']) {
      const flags = [...network, '--batch', '4', '--steps', '4', '--overwrite', '--out', 'again.safetensors'];
      await speech('tones', ...flags, '--seed', seed);
      bytes.push(await readFile(at('again.safetensors')));
    }
    expect(bytes[1]).toEqual(bytes[0]);
    expect(bytes[2]).not.toEqual(bytes[0]);
  });

  it('goes on where it was killed, to the bits of one that was not', async () => {
    const learning = [...network, '--batch', '4', '--validation', '0.1', '--log-every', '1', '--json'];
    const until = ['--steps', '24', '--checkpoint-every', '3'];
    expect((await speech('tones', ...learning, ...until, '--out', 'whole.safetensors')).code).toBe(0);

    const child = start(['train', '--task', 'speech', 'tones', ...learning, ...until, '--out', 'cut.safetensors']);
    const outcome = finish(child);
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.includes('"step","step":14,')) child.kill('SIGKILL');
    }
    expect((await outcome).code).toBe(null);
    expect(expectFailure(await speech('tones', ...learning, '--out', 'cut.safetensors'))).toMatch(
      /^cut\.safetensors: expected no unfinished training of it.*--resume/,
    );
    const going = ['--resume', '--out', 'cut.safetensors'];
    expect(expectFailure(await speech(...going, '--hidden', '13'))).toMatch(
      /^--hidden: expected 12, as in the training/,
    );
    expect(expectFailure(await speech('tones/more', ...going))).toMatch(
      /^tones\/more: expected the audio files that the training of cut\.checkpoint-\d+\.safetensors began with, got others/,
    );
    expect(expectFailure(await run('train', ...going))).toMatch(
      /^cut\.checkpoint-\d+\.safetensors: expected a checkpoint of --task text, got one of --task speech/,
    );
    const [began, ...rest] = events(await speech(...going, '--json'));
    expect(began!.resumed).toBeGreaterThanOrEqual(12);
    expect(rest.at(-1)).toMatchObject({ type: 'end', reason: 'steps', step: 24 });
    expect(await readFile(at('cut.safetensors'))).toEqual(await readFile(at('whole.safetensors')));
    expect((await readdir(at('.'))).filter((name) => name.includes('checkpoint'))).toEqual([]);
  });

  it('reads tables of transcripts, in words and small letters', async () => {
    await mkdir(at('table'), { recursive: true });
    for (const i of [0, 1, 2]) await writeFile(at(`table/${i}.wav`), spoken(texts[i]!, i));
    await writeFile(
      at('table/list.tsv'),
      'client\tpath\tsentence\nx\t0.wav\tOne "TWO\nx\t1.wav\tthree\nx\t2.wav\tone\n',
    );
    const flags = [
      ...quick,
      '--labels',
      'words',
      '--lowercase',
      '--validation',
      '0',
      '--out',
      'words.safetensors',
      '--json',
    ];
    expect(events(await speech('table', ...flags))[0]).toMatchObject({ training: 3, labels: ['"two', 'one', 'three'] });
    await writeFile(at('elsewhere.csv'), 'file,text\ntable/0.wav,"a, b"\ntable/1.wav,a\ntable/2.wav,b\n');
    const csv = [
      ...quick,
      '--transcripts',
      'elsewhere.csv',
      '--validation',
      '0',
      '--out',
      'words.safetensors',
      '--json',
    ];
    expect(events(await speech('table', ...csv))[0]).toMatchObject({ labels: [' ', ',', 'a', 'b'] });
  });
});

describe('train --task speech with files that are bad', () => {
  beforeAll(async () => {
    await mkdir(at('bad'), { recursive: true });
    for (const i of [1, 2, 3, 4, 5, 6]) {
      await writeFile(at(`bad/${i}.wav`), spoken('abc', i));
      await writeFile(at(`bad/${i}.txt`), 'abc');
    }
    await writeFile(at('bad/2.wav'), spoken('abc', 2).subarray(0, 900));
    await writeFile(at('bad/3.txt'), 'abcabcabcabcabcabcabcabcabcabcabcabc'.repeat(3));
    await writeFile(at('bad/4.txt'), ' \n');
    await writeFile(at('bad/5.mp3'), 'ID3');
    await writeFile(at('bad/7.wav'), spoken('abc', 7));
  });
  const out = ['--out', 'bad.safetensors'];

  it('ends at the first, and says how to leave it out', async () => {
    const message = expectFailure(await speech('bad', ...quick, ...out));
    expect(message).toBe('bad/7.wav: expected its transcript in bad/7.txt, got none; --skip-bad leaves it out');
  });

  it('leaves them out where that is asked for, each by its name', async () => {
    const { code, stderr, stdout } = await speech('bad', ...quick, ...out, '--skip-bad', '--validation', '0');
    expect(code).toBe(0);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'left out: bad/7.wav: expected its transcript in bad/7.txt, got none',
      expect.stringMatching(
        /^left out: bad\/2\.wav, byte 44: expected \d+ bytes of "data", got 856: the file is cut off$/,
      ),
      expect.stringMatching(/^left out: bad\/3\.wav: expected at least \d\.\d\d s for its 108 labels, got 0\.85 s$/),
      'left out: bad/4.wav: expected a transcript with something in it, got none',
      expect.stringMatching(/^left out: bad\/5\.mp3: expected a WAV file, got another; npm install audio-decode/),
    ]);
    expect(stdout).toContain('bad: 3 recordings to learn from');
    const few = await speech('bad', ...quick, ...out, '--skip-bad');
    expect(few.code).toBe(1);
    expect(few.stderr).toContain(
      'bad: expected enough audio files that --validation 0.1 holds one back, got 3; --validation 0 learns all',
    );
  });

  it('refuses folders that are none, or have no recordings or no transcripts', async () => {
    expect(expectFailure(await speech('nowhere', ...quick))).toBe(
      'nowhere: expected a folder of audio files, got nothing of that name',
    );
    expect(expectFailure(await speech('verse.txt', ...quick))).toBe(
      'verse.txt: expected a folder of audio files, got a file',
    );
    await mkdir(at('empty'), { recursive: true });
    expect(expectFailure(await speech('empty', ...quick))).toBe('empty: expected audio files in it, got 0 others');
    await mkdir(at('silent'), { recursive: true });
    await writeFile(at('silent/1.wav'), spoken('abc', 1));
    expect(expectFailure(await speech('silent', ...quick))).toContain(
      'silent: expected transcripts: a .txt beside each file, or a CSV or TSV',
    );
    await writeFile(at('silent/list.csv'), 'name,words\n1.wav,abc\n');
    expect(expectFailure(await speech('silent', ...quick))).toContain(
      'silent/list.csv, line 1: expected a column called file, path, file_name, filename, audio, wav, got "name", "words"',
    );
    await writeFile(at('silent/list.csv'), 'file,text\n1.wav,abc\n2.wav,abc\n');
    expect(expectFailure(await speech('silent', ...quick))).toContain(
      'silent/list.csv, row 3: expected an audio file of the folder, got "2.wav"',
    );
  });

  it('refuses flags of the other task, models that do not hear, and no folder', async () => {
    expect(expectFailure(await speech('tones', '--k1', '5'))).toBe('--k1: expected --task text with it, got speech');
    expect(expectFailure(await run('train', 'verse.txt', '--skip-bad'))).toBe(
      '--skip-bad: expected --task speech or ocr with it, got text',
    );
    expect(expectFailure(await speech())).toBe('--task speech: expected one FOLDER of recordings, got none');
    expect(expectFailure(await speech('tones', ...quick, '--mels', '100'))).toMatch(
      /^--mels: expected filters that each hold/,
    );
    await run('train', 'verse.txt', '--hidden', '4', '--steps', '1', '--out', 'text.safetensors');
    expect(expectFailure(await run('transcribe', 'text.safetensors', 'new.wav'))).toBe(
      'text.safetensors, metadata: expected the entry "speech" of a model that hears, got "vocabulary"',
    );
  });
});
