// `bptt export` and `bptt import`.
import { readFile, writeFile } from 'node:fs/promises';
import { unzlibSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { createModel, dense, elman, embedding, lstm, tokens } from '../../../src/index.ts';
import { loadStateDict } from '../../../src/interchange/pytorch/index.ts';
import { loadModel, saveModel } from '../../../src/node.ts';
import { at, events, expectFailure, run } from '../../support/cli-program.ts';
import { model } from '../../support/trained-file.ts';
import keras from '../../truth/fixtures/keras.json' with { type: 'json' };

/** A file with hard_sigmoid gates that does not say which Keras wrote it. */
function nameless(): Uint8Array {
  const bytes = unzlibSync(Buffer.from(keras.foreign['hard-sigmoid'], 'base64'));
  const text = Buffer.from(bytes).toString('latin1');
  for (const { index } of text.matchAll(/keras_version/g)) bytes[index] = 'K'.charCodeAt(0);
  return bytes;
}

describe('export and import', () => {
  test('a file of Keras that does not say which wrote it is told by a flag', async () => {
    const net = at('nameless.h5');
    await writeFile(net, nameless());
    const to = at('told.safetensors');
    expect(expectFailure(await run('import', net, to))).toMatch(
      /does not say which Keras wrote it \(--keras-version does\)/,
    );
    expect(expectFailure(await run('import', net, to, '--keras-version', 'three'))).toMatch(
      /--keras-version: expected a version such as "2\.2\.4", got "three"/,
    );
    expect((await run('import', net, to, '--keras-version', '3.5.0')).code).toBe(0);
  });

  test('ONNX there and back gives the same parameters', async () => {
    const graph = at('model.onnx');
    expect((await run('export', model(), graph, '--lengths', '--states', '--output', 'softmax')).code).toBe(0);
    expect((await run('export', model(), graph, '--overwrite')).stdout).toContain('saved');
    const [said] = events(await run('import', graph, at('again.safetensors'), '--json'));
    expect(said).toMatchObject({ type: 'import', output: 'logits' });
    const [first, second] = [await loadModel(model()), await loadModel(at('again.safetensors'))];
    expect(second.model.parameters()).toEqual(first.model.parameters());
  });

  test('a state dict for PyTorch', async () => {
    const path = at('bare.safetensors');
    const make = (seed: number) =>
      createModel([tokens(5), embedding({ units: 3 }), lstm({ units: 4 }), dense({ units: 2 })], { seed });
    const given = await make(1);
    await saveModel(given, at('given.safetensors'));
    expect((await run('export', at('given.safetensors'), path)).code).toBe(0);
    const other = await make(2);
    loadStateDict(other, new Uint8Array(await readFile(path)));
    expect(other.parameters()).toEqual(given.parameters());
    expect(events(await run('info', path, '--json'))[0]).toMatchObject({ kind: 'safetensors' });
  });

  test('what cannot be is refused, and no file is left', async () => {
    expect(expectFailure(await run('export', model(), at('model.pdf')))).toMatch(
      /expected a file name that ends with \.onnx/,
    );
    expect(expectFailure(await run('export', model(), at('x.safetensors'), '--states'))).toMatch(/with \.onnx only/);
    expect(expectFailure(await run('import', model(), at('x.safetensors')))).toMatch(
      /expected a file name that ends with/,
    );
    await writeFile(at('weights.pth'), `PK\x03\x04${'\0'.repeat(26)}archive/data.pkl`, 'latin1');
    expect(expectFailure(await run('import', at('weights.pth'), at('x.safetensors')))).toMatch(
      /got a file of torch\.save .*loadStateDict/,
    );
    await writeFile(at('pointer.safetensors'), 'version https://git-lfs.github.com/spec/v1\n');
    expect(expectFailure(await run('info', at('pointer.safetensors')))).toMatch(
      /got a pointer of Git LFS .*`git lfs pull`/,
    );
    await writeFile(at('bad.onnx'), 'no graph');
    expect(expectFailure(await run('import', at('bad.onnx'), at('x.safetensors')))).toMatch(/bad\.onnx/);
    await saveModel(await createModel([tokens(5), elman({ units: 4 }), dense({ units: 2 })]), at('plain.safetensors'));
    await expect(readFile(at('x.safetensors'))).rejects.toThrow('ENOENT');
  });
});
