// `bptt train --task translate` and `bptt translate`, on words that are to be written backwards.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, it } from 'vitest';
import { at, type Event, events, expectFailure, finish, run, start } from '../../support/cli-program.ts';
import { numbers } from '../../support/models.ts';

const words = Array.from({ length: 300 }, (_, seed) => {
  const next = numbers(seed);
  return Array.from({ length: 2 + (seed % 3) }, () => 'abcd'[Math.floor(4 * next())]).join('');
});
const backwards = (text: string) => [...text].reverse().join('');
const network = ['--hidden', '16', '--embedding', '8', '--dropout', '0', '--batch', '16'];
const translate = (...args: readonly string[]) => run('train', '--task', 'translate', ...args);
const ofType = (all: readonly Event[], wanted: string) => all.filter(({ type }) => type === wanted);

async function lines(text: string, ...args: readonly string[]) {
  const child = start(['translate', 'words.safetensors', ...args], 'pipe', 'pipe');
  child.stdin!.end(text);
  return finish(child);
}

beforeAll(async () => {
  await writeFile(at('words.tsv'), `\uFEFF${words.map((word) => `${word}\t${backwards(word)}`).join('\r\n')}\r\n`);
  const learning = ['--steps', '400', '--learning-rate', '0.02', '--seed', '1'];
  const files = ['--out', 'words.safetensors', '--report', 'words.html'];
  await writeFile(at('said.jsonl'), (await translate('words.tsv', ...network, ...learning, ...files, '--json')).stdout);
});

describe('train --task translate', () => {
  it('learns pairs, measures itself on sources that it has not learned, and shows where it looks', async () => {
    const all = events({ stdout: await readFile(at('said.jsonl'), 'utf8'), stderr: '', code: 0 });
    const [first] = all;
    expect(first).toMatchObject({ type: 'start', data: 'words.tsv', source: 4, target: 4 });
    expect(Number(first!.training) + Number(first!.validation)).toBe(300);
    expect(Number(first!.validation)).toBeGreaterThan(15);
    const last = ofType(all, 'validation').at(-1)!;
    expect(last.exact).toBeGreaterThan(80);
    expect(last.chrf).toBeGreaterThan(80);
    expect(all.at(-1)).toMatchObject({ type: 'end', reason: 'steps', step: 400 });
    const report = await readFile(at('words.html'), 'utf8');
    expect(report).toContain('Of pairs that it has not learned from, ');
    expect(report.match(/aria-label="Where it looks: [abcd]+"/g)).toHaveLength(8);
    expect(report).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
  });

  it('gives the same bits again, and other ones by another seed', async () => {
    const bytes = [];
    for (const seed of ['1', '1', '2']) {
      await translate(
        'words.tsv',
        ...network,
        '--steps',
        '3',
        '--overwrite',
        '--out',
        'again.safetensors',
        '--seed',
        seed,
      );
      bytes.push(await readFile(at('again.safetensors')));
    }
    expect(bytes[1]).toEqual(bytes[0]);
    expect(bytes[2]).not.toEqual(bytes[0]);
  });

  it('goes on where it was killed, to the bits of one that was not, and its report shows all of it', async () => {
    const learning = [...network.with(5, '0.2'), '--log-every', '1', '--json'];
    const until = ['--steps', '24', '--checkpoint-every', '3'];
    const whole = ['--out', 'whole.safetensors', '--report', 'whole.html'];
    expect((await translate('words.tsv', ...learning, ...until, ...whole)).code).toBe(0);

    const out = ['--out', 'cut.safetensors'];
    const child = start(['train', '--task', 'translate', 'words.tsv', ...learning, ...until, ...out]);
    const outcome = finish(child);
    for await (const line of createInterface({ input: child.stdout! })) {
      if (line.includes('"step","step":14,')) child.kill('SIGKILL');
    }
    expect((await outcome).code).toBe(null);
    expect(expectFailure(await translate('words.tsv', ...learning, ...out))).toMatch(
      /^cut\.safetensors: expected no unfinished training of it.*--resume/,
    );
    const going = ['--resume', ...out];
    expect(expectFailure(await translate(...going, '--attention', 'dot'))).toMatch(
      /^--attention: expected general, as in the training/,
    );
    await writeFile(at('others.tsv'), 'abc\tcab\n');
    expect(expectFailure(await translate('others.tsv', ...going))).toMatch(
      /^others\.tsv: expected the pairs that the training of cut\.checkpoint-\d+\.safetensors began with, got others/,
    );
    expect(expectFailure(await run('train', ...going))).toMatch(
      /^cut\.checkpoint-\d+\.safetensors: expected a checkpoint of --task text, got one of --task translate/,
    );
    const [began, ...rest] = events(await translate(...going, '--report', 'cut.html', '--json'));
    expect(began!.resumed).toBeGreaterThanOrEqual(12);
    expect(rest.at(-1)).toMatchObject({ type: 'end', reason: 'steps', step: 24 });
    expect(await readFile(at('cut.safetensors'))).toEqual(await readFile(at('whole.safetensors')));
    expect((await readdir(at('.'))).filter((name) => name.includes('checkpoint'))).toEqual([]);
    const curves = async (name: string) =>
      (await readFile(at(name), 'utf8')).match(/<figure.*?aria-label="Score by update".*?<\/figure>/s)?.[0];
    expect(await curves('cut.html')).toBeDefined();
    expect(await curves('cut.html')).toBe(await curves('whole.html'));
  });

  it('takes words, other attention or none, two layers and smoothed labels', async () => {
    await writeFile(at('phrases.tsv'), 'one two\tdeux un\ntwo one\tun deux\none one\tun un\n');
    const flags = ['--tokenizer', 'words', '--validation', '0', '--steps', '2', '--overwrite', '--json'];
    const out = ['--out', 'phrases.safetensors'];
    for (const more of [
      ['--attention', 'none', '--layers', '2'],
      ['--attention', 'additive', '--label-smoothing', '0.1'],
    ]) {
      const all = events(await translate('phrases.tsv', ...network, ...flags, ...out, ...more));
      expect(all[0]).toMatchObject({ training: 3, validation: 0 });
    }
  });

  it.each([
    ['a line without a tab', 'a\tb\nc\n', [], 'bad.tsv, line 2: expected a source, a tab and a target, got "c"'],
    [
      'an empty side',
      'a\t\n',
      [],
      /^bad\.tsv, line 1: expected something on both sides of the tab, but the target is empty/,
    ],
    ['an empty file', '', [], /^bad\.tsv: expected at least one line with a source, a tab and a target, got none/],
    [
      'too few to hold some back',
      'a\tb\n',
      [],
      /^bad\.tsv: expected enough sources that --validation 0\.1 holds one back/,
    ],
    ['an odd width, before anything is read', 'bad', ['--hidden', '7'], /^--hidden: expected an even number/],
    [
      'an end by validations that are not made',
      'bad',
      ['--early-stopping', '3', '--validation', '0'],
      /^--early-stopping: expected --validation above 0 with it, got 0/,
    ],
    ['a flag of texts', 'a\tb\n', ['--k1', '5'], '--k1: expected --task text with it, got translate'],
    ['a flag of speech', 'a\tb\n', ['--mels', '5'], '--mels: expected --task speech with it, got translate'],
  ])('refuses %s', async (_, text, flags, message) => {
    await writeFile(at('bad.tsv'), text);
    expect(expectFailure(await translate('bad.tsv', '--out', 'never.safetensors', ...flags))).toMatch(message);
  });

  it('keeps a model that is there', async () => {
    expect(expectFailure(await translate('words.tsv', '--out', 'words.safetensors'))).toMatch(
      /--overwrite replaces it/,
    );
  });
});

describe('translate', () => {
  it('writes what it makes of texts, the likeliest first', async () => {
    const { stdout, code } = await run('translate', 'words.safetensors', 'abcd', 'dab');
    expect([stdout, code]).toEqual(['dcba\nbad\n', 0]);
    const best = (await run('translate', 'words.safetensors', 'abcd', '--best', '3')).stdout.trimEnd().split('\n');
    expect(best).toHaveLength(3);
    expect(best[0]).toMatch(/^-\d\.\d{3}\tdcba$/);
    const found = events(await run('translate', 'words.safetensors', 'abcd', 'da', '--json')) as unknown as {
      translations: { text: string; attention: number[][] }[];
    }[];
    expect(found[1]!.translations[0]!.text).toBe('ad');
    // A row for each letter and the end, a column for each letter of its own source.
    expect(found[1]!.translations[0]!.attention.map((row) => row.length)).toEqual([2, 2, 2]);
  });

  it('writes at least --minimum tokens', async () => {
    const [found] = events(
      await run('translate', 'words.safetensors', 'ab', '--minimum', '4', '--json'),
    ) as unknown as {
      translations: { text: string }[];
    }[];
    expect(found!.translations[0]!.text).toMatch(/^ba[abcd]{2}/);
  });

  it('goes through lines in their order; those that it cannot read are named, and the others still translated', async () => {
    expect(await lines('abcd\nda\n')).toEqual({ stdout: 'dcba\nad\n', stderr: '', code: 0 });
    const { stdout, stderr, code } = await lines('ab\nxy\n\ndab\n');
    expect(stdout).toBe('ba\n\n\nbad\n');
    expect(stderr).toBe(
      'line 2: expected one of the 4 characters of the vocabulary, got "x" (U+0078) at position 0\n' +
        'line 3: expected at least one character, got an empty text\n' +
        'bptt: standard input: 2 of 4 lines could not be translated\n',
    );
    expect(code).toBe(1);
    expect((await lines('axb\n', '--unknown', 'skip')).stdout).toBe('ba\n');
  });

  it('says what is wrong', async () => {
    const wrong = async (...args: readonly string[]) => expectFailure(await run('translate', ...args));
    expect(await wrong('words.safetensors', 'abx')).toMatch(/^TEXT 1: expected one of the 4 characters/);
    expect(await wrong('words.safetensors', 'ab', '--best', '5')).toBe(
      '--best: expected at most the 4 of --beams, got 5',
    );
    expect(await wrong('words.safetensors', 'ab', '--length', '3', '--minimum', '4')).toBe(
      '--minimum: expected at most the length, 3, got 4',
    );
    expect(await wrong('words.safetensors', 'ab', '--beams', '0')).toMatch(/^--beams: expected/);
    await run('train', 'verse.txt', '--steps', '1', '--hidden', '4', '--out', 'text.safetensors');
    expect(await wrong('text.safetensors', 'ab')).toMatch(
      /^text\.safetensors, metadata: expected the entry "translation"/,
    );
  });
});
