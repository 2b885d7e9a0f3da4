// What makes texts of pictures of lines, with a model.
import { describe, expect, it } from 'vitest';
import { conv2d, createModel, dense, deserialize, gru, image, maxPool, serialize, tokens } from '../../src/index.ts';
import { decode } from '../../src/speech/index.ts';
import { images, lineMetadata, lineReader, readLineMetadata } from '../../src/vision/index.ts';
import { numbers } from '../support/models.ts';

const reader = lineReader({ height: 8, labels: [...'abc '] });

/** Something in a picture of 60x16 pixels. */
const picture = () => {
  const next = numbers(5);
  return { width: 60, height: 16, data: Uint8Array.from({ length: 960 }, () => 255 * next()) };
};

/** Two columns of the image a step, and outputs that are far apart. */
async function modelOf(units: number) {
  const model = await createModel(
    [
      image({ height: 8 }),
      conv2d({ filters: 3, kernel: 3, padding: 'same' }),
      maxPool({ kernel: 2 }),
      gru({ units: 6 }),
      dense({ units }),
    ],
    { seed: 4 },
  );
  const { data } = model.parameters().find(({ name }) => name === 'dense.weight')!;
  model.setParameter(
    'dense.weight',
    data.map((value) => 30 * value),
  );
  return model;
}

describe('lineReader', () => {
  it('knows the classes of texts, and the texts of classes', () => {
    expect(reader.encode('ab ca')).toEqual(Int32Array.of(1, 2, 4, 3, 1));
    expect(reader.decode([1, 0, 2, 4, 3, 0])).toBe('ab c');
    expect(() => reader.decode([5])).toThrow('decode(labels)[0]: expected a token from 0 to 4, got 5');
    expect(() => reader.decode(undefined as never)).toThrow(/^decode\(labels\): expected/);
    expect(() => reader.encode('abxc')).toThrow('encode(text), label 3: expected one of the 4 labels, got "x"');
  });

  it('prepares pictures alike, whatever their size, colour and contrast', () => {
    const { width, height, data } = picture();
    const seen = reader.prepare(picture());
    expect([seen.width, seen.height]).toEqual([30, 8]);
    const colours = Float32Array.from({ length: 4 * data.length }, (_, i) =>
      i % 4 === 3 ? 1 : 0.3 + data[i >> 2]! / 1000,
    );
    const pale = reader.prepare({ width, height, data: colours });
    expect(Math.max(...pale.data.map((value, i) => Math.abs(value - seen.data[i]!)))).toBeLessThan(1e-4);
    expect(reader.prepare(seen).data[7]).toBeCloseTo(seen.data[7]!, 5);
  });

  it('says what decode says of what the model makes of it, with places in pixels of the picture', async () => {
    const model = await modelOf(5);
    for (const options of [{}, { beams: 4 }]) {
      const { outputs } = model.forward(images([reader.prepare(picture())]));
      const best = decode({ steps: 15, rows: 1, logits: outputs }, options)[0]![0]!;
      const line = reader.read(model, picture(), options);
      expect(best.labels.length).toBeGreaterThan(0);
      expect(line.text).toBe(reader.decode(best.labels));
      expect(line.logProbability).toBe(best.logProbability);
      expect(line.labels.map(({ label }) => label).join('')).toBe(line.text);
      expect(line.labels.map(({ from, to }) => [from, to])).toEqual(best.spans.map(([from, to]) => [4 * from, 4 * to]));
    }
  });

  it('goes into a model file and comes out of it', async () => {
    const bytes = serialize(await modelOf(5), { metadata: lineMetadata(reader) });
    const { model, metadata } = await deserialize(bytes);
    const again = readLineMetadata(metadata);
    expect(again.options).toEqual(reader.options);
    expect(again.read(model, picture())).toEqual(reader.read(model, picture()));
  });

  it('refuses models that read or say something else, and metadata of other models', async () => {
    const text = await createModel([tokens(3), gru({ units: 2 }), dense({ units: 5 })]);
    const message = 'read(model): expected a model from features(8) to 5 classes a step, got one from';
    expect(() => reader.read(text, picture())).toThrow(`${message} tokens(3) to 5`);
    expect(() => lineReader({ height: 8, labels: ['a'] }).read(text, picture())).toThrow('to 2 classes a step');
    const other = await modelOf(4);
    expect(() => reader.read(other, picture())).toThrow(`${message} features(8) to 4`);
    expect(() => readLineMetadata({ speech: '{}' })).toThrow(
      'metadata: expected the entry "lines" of a model that reads lines, got "speech"',
    );
    expect(() => readLineMetadata({ lines: '{"height":8}' })).toThrow(
      /^metadata entry "lines": lineReader\.labels: expected/,
    );
    expect(() => lineMetadata({ ...reader })).toThrow(/^lineMetadata\(reader\): expected what lineReader gives/);
    expect(() => lineReader({ height: 0, labels: ['a'] })).toThrow(/^lineReader\.height: expected an integer >= 1/);
    expect(() => lineReader({ height: 8, labels: ['a', 'a'] })).toThrow(
      /^lineReader\.labels\[1\]: expected each name once/,
    );
  });
});
