// A sample of the damaged files that `node test/fuzz/run.js` tries, and files that were made to cost much.
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../src/base/decimal.ts';
import { parseJson } from '../../src/base/parse-json.ts';
import { decodeSafetensors } from '../../src/formats/decode-safetensors.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { BpttError, characters } from '../../src/index.ts';
import { importKeras } from '../../src/interchange/keras/index.ts';
import { readCsv } from '../../src/series/index.ts';
import { bytePair } from '../../src/tokenizers/index.ts';
import { allocatedBy } from './allocations.ts';
import { fileOf, read } from './case.ts';
import { formats } from './formats.ts';

const all = await formats();

it.each(Object.entries(all))(
  '%s, damaged: a value or an error of this package, and little memory',
  async (_, format) => {
    for (let seed = 0; seed < 200; seed++) {
      const fault = await read(format, fileOf(format, seed));
      expect(fault?.message, `seed ${seed}`).toBeUndefined();
    }
  },
);

it('counts the largest block that is asked for', async () => {
  expect(await allocatedBy(async () => void new Float64Array(1000))).toBe(8000);
  expect(await allocatedBy(async () => void Float32Array.from({ length: 1000 }))).toBe(4000);
  expect(await allocatedBy(async () => void new WebAssembly.Memory({ initial: 1 }).grow(3))).toBe(196_608);
});

/** The message of the error that reading gives, and the largest block that it asked for. */
async function refusal(run: () => unknown): Promise<{ readonly message: string; readonly largest: number }> {
  let message = '';
  const largest = await allocatedBy(async () => {
    try {
      await run();
    } catch (error) {
      expect(error).toBeInstanceOf(BpttError);
      message = (error as BpttError).message;
    }
  });
  return { message, largest };
}

describe('files that are made to cost much', () => {
  const parts = { 'config.json': new Uint8Array(9), 'metadata.json': new Uint8Array(9) };
  const weights = new Uint8Array(20_000_000);

  it('a .keras archive whose weights grow a thousand times', async () => {
    const archive = zipSync({ ...parts, 'model.weights.h5': weights }, { level: 9 });
    const { message, largest } = await refusal(() => importKeras(archive));
    expect(message).toMatch(/entries of at most 1048576 bytes, got 20000000 of model.weights.h5/);
    expect(largest).toBeLessThan(2 ** 20);
  });

  it('a .keras archive with much beside what is needed: it is not unpacked', async () => {
    const archive = zipSync({ ...parts, 'model.weights.h5': new Uint8Array(9), other: weights }, { level: 9 });
    const { message, largest } = await refusal(() => importKeras(archive));
    expect(message).toMatch(/metadata.json: expected JSON/);
    expect(largest).toBeLessThan(2 ** 20);
  });

  it('a .keras archive whose entries share their bytes', async () => {
    const archive = zipSync(
      { 'config.json': new Uint8Array(1000), 'metadata.json': new Uint8Array(1000) },
      { level: 0 },
    );
    // The second entry of the directory gets the place of the first.
    const view = new DataView(archive.buffer);
    const entries = [...archive.keys()].filter((at) => at + 4 < archive.length && view.getUint32(at) === 0x504b0102);
    view.setUint32(entries[1]! + 42, view.getUint32(entries[0]! + 42, true), true);
    const { message } = await refusal(() => importKeras(archive));
    expect(message).toMatch(/entries that do not overlap, got config.json and metadata.json/);
  });

  it('a tokenizer.json with an id of a hundred million, and one with parts without end', async () => {
    const tokenizer = (id: number, normalizer: unknown = null) =>
      ({ model: { type: 'BPE', vocab: { a: 0, b: id }, merges: [], unk_token: 'a' }, normalizer }) as never;
    expect((await refusal(() => bytePair(tokenizer(1e8)))).message).toMatch(/ids from 0 to 1, got 100000000 for "b"/);
    const endless = { type: 'Sequence', normalizers: [] as unknown[] };
    endless.normalizers.push(endless, endless);
    expect((await refusal(() => bytePair(tokenizer(1, endless)))).message).toMatch(/parts of at most 20 levels/);
  });

  it('a hundred thousand digits that are no number', () => {
    // With a pattern that can match digits in two ways this takes minutes: the square of its length.
    expect(parseDecimal(`${'9'.repeat(1_000_000)}x`)).toBeUndefined();
    expect(parseDecimal(`1.${'0'.repeat(1_000_000)}e`)).toBeUndefined();
    expect(['1', '1.', '1.5', '.5', '-1e3', '.', '1.5.', 'e3', ''].map(parseDecimal)).toEqual([
      ...[1, 1, 1.5, 0.5, -1000],
      ...[undefined, undefined, undefined, undefined],
    ]);
  });

  it('JSON of many levels', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}"[[\\"["${']'.repeat(levels)}`;
    expect(() => parseJson(nested(100))).not.toThrow();
    expect(() => parseJson(nested(101))).toThrow(/at most 100 levels/);
    expect(() => parseJson(nested(1_000_000))).toThrow(SyntaxError);
  });

  it('a header with a text of twenty million characters, and keys that come twice behind it', () => {
    const file = encodeSafetensors([], { text: `"\\${'x'.repeat(20_000_000)}` });
    expect(decodeSafetensors(file, 'file').metadata.text).toHaveLength(20_000_002);
    const json = `{"__metadata__":{"a":"\\\\\\"}","b" :"", "a": ""}}`;
    const header = new Uint8Array([json.length, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(json)]);
    expect(() => decodeSafetensors(header, 'file')).toThrow(/"a" twice/);
  });

  it('a CSV of fifty thousand columns, and a text of one character a million times', () => {
    const names = Array.from({ length: 50_000 }, (_, i) => `c${i}`).join();
    expect(Object.keys(readCsv(`${names}\n${names.replaceAll('c', '')}\n`).columns)).toHaveLength(50_000);
    expect(characters('a'.repeat(1_000_000)).size).toBe(1);
  });
});
