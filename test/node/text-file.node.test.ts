// Text files as datasets.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adam, type Batch, BpttError, characters, createModel, dense, elman, tokens, train } from '../../src/index.ts';
import { fileCharacters, type TextFileOptions, textFile } from '../../src/node.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bptt-text-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function file(content: string | Uint8Array): Promise<string> {
  const path = join(directory, 'text.txt');
  await writeFile(path, content);
  return path;
}

async function batches(path: string, options: TextFileOptions, skip = 0): Promise<readonly Batch[]> {
  const all: Batch[] = [];
  for await (const batch of (await textFile(path, options)).batches(0, skip)) all.push(batch);
  return all;
}

/** The pairs that count in each row, in order. */
function pairs(all: readonly Batch[], rows: number): readonly (readonly (readonly [number, number])[])[] {
  return Array.from({ length: rows }, (_, row) =>
    all.flatMap(({ steps, inputs, targets, mask }) =>
      Array.from({ length: steps }, (__, t) => t * rows + row)
        .filter((at) => mask === undefined || mask[at] === 1)
        .map((at) => [inputs[at]!, targets[at]!] as const),
    ),
  );
}

const letters = fc.constantFrom('a', 'b', 'é', '…', '🐋', '\n');

describe('textFile', () => {
  it('has every pair of a character and the next once, in rows that follow each other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(letters, { minLength: 12, maxLength: 80 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (list, batch, steps, mark) => {
          const text = list.join('');
          const path = await file(`${mark ? '\uFEFF' : ''}${text}`);
          const vocabulary = await fileCharacters(path);
          expect(vocabulary.toJSON()).toEqual(characters(text).toJSON());
          const all = await batches(path, { vocabulary, batch, steps });
          const ids = [...vocabulary.encode(text)];
          expect(pairs(all, batch).flat()).toEqual(ids.slice(1).map((id, index) => [ids[index], id]));
          expect(all.map(({ carry }) => carry)).toEqual(all.map((_, index) => index > 0));
          expect(all.slice(0, -1).every((one) => one.steps === steps)).toBe(true);
          expect(await batches(path, { vocabulary, batch, steps }, 2)).toEqual(all.slice(2));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes a byte order mark for what it is at the start only: elsewhere it is a character', async () => {
    const mark = '\uFEFF';
    // Each of the rows begins with one, and so is one the last target of the row before.
    const text = `abc${mark}`.repeat(4);
    for (const [content, expected] of [
      [`${mark}${text}`, text],
      [`${mark}${mark}${text}`, `${mark}${text}`],
      [`${text}`, text],
      [`a${mark}${text}${mark}`, `a${mark}${text}${mark}`],
    ] as const) {
      const path = await file(content);
      const vocabulary = await fileCharacters(path);
      expect(vocabulary.toJSON()).toEqual(characters(text).toJSON());
      const ids = [...vocabulary.encode(expected)];
      for (const batch of [1, 2, 3, 4, 5]) {
        const all = await batches(path, { vocabulary, batch, steps: 3 });
        expect(pairs(all, batch).flat()).toEqual(ids.slice(1).map((id, index) => [ids[index], id]));
      }
    }
    const path = await file(`abc${mark}`.repeat(2));
    const vocabulary = await fileCharacters(path);
    expect([...(await batches(path, { vocabulary, batch: 1, from: 0.5 }))[0]!.inputs]).toEqual([0, 1, 2]);
    expect([
      ...(await batches(await file(`abc${mark}${mark}bc`), { vocabulary, batch: 1, from: 0.5 }))[0]!.inputs,
    ]).toEqual([3, 1]);
  });

  it('reads pieces that characters do not end with, and parts of a file', async () => {
    const text = '…🐋é'.repeat(50_000);
    const path = await file(text);
    const vocabulary = characters(text);
    const ids = [...vocabulary.encode(text)];
    const read = async (from: number, to: number) =>
      pairs(await batches(path, { vocabulary, batch: 2, from, to }), 2).flat();
    const whole = await read(0, 1);
    expect(whole.length).toBe(ids.length - 1);
    expect(whole.every(([id, next], index) => id === ids[index] && next === ids[index + 1])).toBe(true);
    const [first, second] = [await read(0, 0.7), await read(0.7, 1)];
    // The pair across the border belongs to neither.
    expect(first.length + second.length).toBe(ids.length - 2);
    expect([...first, [ids[first.length]!, second[0]![0]], ...second]).toEqual(whole);
  });

  it('trains to the same bits as the same batches in memory', async () => {
    const text = 'the sea, the whale and the sea again; '.repeat(40);
    const path = await file(text);
    const vocabulary = characters(text);
    const options = { vocabulary, batch: 3, steps: 50 };
    const run = async (data: Awaited<ReturnType<typeof textFile>> | readonly Batch[]) => {
      const size = vocabulary.size;
      const model = await createModel([tokens(size), elman({ units: 5 }), dense({ units: size })]);
      for await (const event of train(model, {
        data,
        loss: 'cross-entropy',
        truncation: { k1: 20, k2: 30 },
        optimizer: adam(),
        epochs: 2,
      })) {
        if (event.type === 'end') expect(event.reason).toBe('epochs');
      }
      return model.parameters();
    };
    expect(await run(await textFile(path, options))).toEqual(await run(await batches(path, options)));
  });

  it('says what is wrong with a file', async () => {
    const vocabulary = characters('ab');
    const refused = async (run: Promise<unknown>, message: string) => {
      await expect(run).rejects.toThrow(BpttError);
      await expect(run).rejects.toThrow(message);
    };
    await refused(
      textFile('/nowhere', { vocabulary, batch: 1 }),
      '/nowhere: cannot read the file: there is no such file',
    );
    await refused(fileCharacters('/nowhere'), '/nowhere: cannot read the file');
    await refused(fileCharacters(await file('')), 'expected a text, got an empty file');
    await refused(fileCharacters(await file(Uint8Array.of(97, 0xff, 97))), 'got byte 0xFF at offset 1, which is none');
    await refused(batches(await file(Uint8Array.of(97, 0xff, 97)), { vocabulary, batch: 1 }), 'expected text in UTF-8');
    await refused(
      textFile(await file('ab'), { vocabulary, batch: 3 }),
      'expected at least a character for each of 3 rows, got 2 bytes',
    );
    await refused(batches(await file('abc'), { vocabulary, batch: 1 }), 'expected one of the 2 characters');
    await refused(textFile(await file('ab'), { vocabulary, batch: 1, form: 0 } as never), 'form');
    await refused(textFile(await file('ab'), { vocabulary, batch: 1, from: 0.5, to: 0.2 }), 'textFile.to: expected');
  });

  it.each([0, 1, 2, 3])(
    'says where in the file it is no text, also %i bytes before a piece that is read',
    async (before) => {
      const text = `${'é'.repeat(2 ** 19)}x`;
      const bytes = new TextEncoder().encode(text + text);
      const place = 2 ** 20 - before;
      bytes.fill(0x61, 2 ** 20 - 8, 2 ** 20 + 8); // whole characters
      bytes[place] = 0xe9;
      const path = await file(bytes);
      const message = `got byte 0xE9 at offset ${place}, which is none: perhaps the file is in Latin-1`;
      await expect(fileCharacters(path)).rejects.toThrow(message);
      const vocabulary = characters('éxa');
      await expect(batches(path, { vocabulary, batch: 1 })).rejects.toThrow(message);
    },
  );

  it('knows a pointer of Git LFS', async () => {
    const path = await file('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n');
    await expect(fileCharacters(path)).rejects.toThrow('got a pointer of Git LFS in place of the file');
  });
});
