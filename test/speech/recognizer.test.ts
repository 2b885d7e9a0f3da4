import { describe, expect, it } from 'vitest';
import { bidirectional, createModel, dense, deserialize, features, gru, serialize, tokens } from '../../src/index.ts';
import { decode, readSpeechMetadata, recognizer, speechMetadata } from '../../src/speech/index.ts';
import { noise } from '../support/sound.ts';

const front = { convention: 'kaldi', sampleRate: 2000, mels: 6, lowFrequency: 0, stack: 2 } as const;
const letters = recognizer({ front, labels: [...'abc '] });
const words = recognizer({ front, labels: ['one', 'two'], between: ' ' });

const modelOf = (units: number) =>
  createModel([features(12), bidirectional(gru({ units: 5 })), dense({ units })], { seed: 2 });

describe('recognizer', () => {
  it('knows the classes of texts, and the texts of classes', () => {
    expect(letters.encode('ab ca')).toEqual(Int32Array.of(1, 2, 4, 3, 1));
    expect(letters.decode([1, 0, 2, 4, 3, 0])).toBe('ab c');
    expect(words.encode(' two  one\n')).toEqual(Int32Array.of(2, 1));
    expect(words.decode([2, 1])).toBe('two one');
    expect(() => letters.encode('abxc')).toThrow('encode(text), label 3: expected one of the 4 labels, got "x"');
    expect(() => letters.decode([1, 5])).toThrow('decode(labels)[1]: expected a token from 0 to 4, got 5');
    expect(() => letters.decode('ab' as never)).toThrow('decode(labels): expected an Int32Array or array of tokens');
    expect(() => words.encode('one six')).toThrow('encode(text), label 2: expected one of the 2 labels, got "six"');
  });

  it('says what decode says of what the model makes of the features, with the seconds of each label', async () => {
    const model = await modelOf(5);
    const { data } = model.parameters().find(({ name }) => name === 'dense.weight')!;
    model.setParameter(
      'dense.weight',
      data.map((value) => 20 * value),
    );
    const samples = noise(3, 2000);
    const inputs = letters.front.extract(samples);
    const steps = inputs.length / 12;
    for (const options of [{}, { beams: 4 }]) {
      const { outputs } = model.forward({ steps, rows: 1, inputs });
      const best = decode({ steps, rows: 1, logits: outputs }, options)[0]![0]!;
      const heard = letters.transcribe(model, samples, options);
      const { labels, spans, logProbability } = best;
      expect(labels.length).toBeGreaterThan(0);
      expect(heard.labels[0]!.to).toBeGreaterThan(heard.labels[0]!.from);
      expect(heard.text).toBe(letters.decode(labels));
      expect(heard.logProbability).toBe(logProbability);
      expect(heard.labels.map(({ label }) => label).join('')).toBe(heard.text);
      expect(heard.labels.map(({ from, to }) => [from, to])).toEqual(
        spans.map(([start, end]) => [start * 0.02, end * 0.02]),
      );
    }
  });

  it('takes what decode takes, but for the blank and the number of results', async () => {
    const [model, samples] = [await modelOf(5), noise(3, 900)];
    for (const [options, message] of [
      [{ blank: 1 }, 'transcribe: expected only beams, tokenMin, pruneBelow, score, got "blank"'],
      [{ results: 2 }, 'got "results"'],
      [{ beams: 0 }, 'transcribe.beams: expected an integer >= 1, got 0'],
    ] as const) {
      expect(() => letters.transcribe(model, samples, options as object)).toThrow(message);
    }
  });

  it('goes into a model file and comes out of it', async () => {
    const bytes = serialize(await modelOf(5), { metadata: speechMetadata(letters) });
    const { model, metadata } = await deserialize(bytes);
    const again = readSpeechMetadata(metadata);
    expect(again.options).toEqual(letters.options);
    expect(again.transcribe(model, noise(3, 900))).toEqual(letters.transcribe(model, noise(3, 900)));
  });

  it('refuses models that hear or say something else, and metadata of other models', async () => {
    const text = await createModel([tokens(3), gru({ units: 2 }), dense({ units: 5 })]);
    expect(() => letters.transcribe(text, noise(1, 900))).toThrow(
      'transcribe(model): expected a model from features(12) to 5 classes a step, got one from tokens(3) to 5',
    );
    const more = await modelOf(6);
    expect(() => letters.transcribe(more, noise(1, 900))).toThrow(
      'to 5 classes a step, got one from features(12) to 6',
    );
    expect(() => readSpeechMetadata({ vocabulary: '[]' })).toThrow(
      'metadata: expected the entry "speech" of a model that hears, got "vocabulary"',
    );
    expect(() => readSpeechMetadata({ speech: '{"labels":["a"]}' })).toThrow(
      'metadata entry "speech": recognizer.front: expected an object',
    );
    expect(() => readSpeechMetadata({ speech: '{' })).toThrow('metadata entry "speech": ');
    expect(() => recognizer({ front, labels: ['a', 'a'] })).toThrow('recognizer.labels[1]: expected each name once');
    expect(() => recognizer({ front: { ...front, mels: 0 }, labels: ['a'] })).toThrow('recognizer.front.mels: ');
    expect(() => recognizer({ front, labels: [] })).toThrow('expected at least one label, none of them empty');
  });
});
