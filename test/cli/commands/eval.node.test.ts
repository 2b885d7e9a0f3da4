// `bptt eval`: the loss of a text.
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { evaluate, textStream } from '../../../src/index.ts';
import { loadModel } from '../../../src/node.ts';
import { Vocabulary } from '../../../src/tokenizers/characters.ts';
import { at, events, expectFailure, run, verse } from '../../support/cli-program.ts';
import { model } from '../../support/trained-file.ts';

test('eval gives the loss of a text', async () => {
  const [said] = events(await run('eval', model(), at('verse.txt'), '--json'));
  const file = await loadModel(model());
  const ids = Vocabulary.fromJSON(JSON.parse(file.metadata.vocabulary!)).encode(verse);
  const { loss, counted } = evaluate(file.model, textStream(ids, { batch: 1 }), { loss: 'cross-entropy' });
  expect(said).toMatchObject({ type: 'eval', characters: counted });
  expect(said!.loss).toBeCloseTo(loss, 6);
  expect(said!.bitsPerCharacter).toBeCloseTo(loss / Math.LN2, 6);
  expect((await run('eval', model(), at('verse.txt'))).stdout).toContain(`${loss.toFixed(4)} nats`);
});

test('eval names a character that the model does not know', async () => {
  await writeFile(at('strange.txt'), 'The whale: ß');
  expect(expectFailure(await run('eval', model(), at('strange.txt')))).toMatch(/expected one of the 16 characters/);
  expect(expectFailure(await run('eval', at('nothing'), at('verse.txt')))).toMatch(/nothing: cannot read the file/);
});
