// Files of torch.save: the tensors that PyTorch put in come out, and nothing of what Python would run is run.
import fc from 'fast-check';
import { unzlibSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/formats/decode-safetensors.ts';
import { BpttError, createModel, dense, features, gru, type Model } from '../../src/index.ts';
import { loadStateDict, saveStateDict } from '../../src/interchange/pytorch/index.ts';
import { readTorchFile } from '../../src/interchange/pytorch/torch-file.ts';
import fixture from '../truth/fixtures/torch-files.json' with { type: 'json' };

type Name = keyof typeof fixture.files;
const fileOf = (name: Name) =>
  unzlibSync(Uint8Array.from(atob(fixture.files[name]), (character) => character.charCodeAt(0)));
const create = () => createModel([features(3), gru({ units: 4 }), dense({ units: 2 })], { dtype: 'f64' });

/** What a model has in PyTorch's names, to compare with what PyTorch had. */
function expectState(model: Model, factor = 1, tolerance = 1e-7): void {
  const saved = decodeSafetensors(saveStateDict(model, { modules: ['rnn', 'out'] }));
  for (const [name, { shape, data }] of Object.entries(fixture.tensors)) {
    if (name.includes('bias') && name.includes('rnn')) continue;
    const own = saved.tensors.find((tensor) => tensor.name === name)!;
    expect(own.shape).toEqual(shape);
    for (const [i, value] of data.entries()) {
      expect(Math.abs(own.data[i]! - factor * value), `${name}[${i}]`).toBeLessThanOrEqual(tolerance);
    }
  }
}

const refusal = async (bytes: Uint8Array, key?: string) => {
  const model = await create();
  const before = model.parameters();
  try {
    loadStateDict(model, bytes, key === undefined ? {} : { key });
  } catch (error) {
    expect(error).toBeInstanceOf(BpttError);
    expect(model.parameters()).toEqual(before);
    return (error as BpttError).message;
  }
  throw new Error('it was taken');
};

describe('files of torch.save', () => {
  it.each<Name>(['state dict', 'protocol 4', 'checkpoint', 'columns side by side', 'parameters'])(
    'are read: %s',
    async (name) => {
      const model = await create();
      loadStateDict(model, fileOf(name));
      expectState(model);
    },
  );

  it('are read in half precision', async () => {
    const model = await create();
    loadStateDict(model, fileOf('halves'));
    expectState(model, 1, 5e-4);
  });

  it('with several dictionaries of tensors give that which is named', async () => {
    const model = await create();
    loadStateDict(model, fileOf('two state dicts'), { key: 'average' });
    expectState(model, 0.5);
    expect(await refusal(fileOf('two state dicts'))).toBe(
      'state dict: expected one dictionary of tensors, got model, average: say which with the option key',
    );
    expect(await refusal(fileOf('two state dicts'), 'ema')).toBe(
      'loadStateDict.key: expected a dictionary of state dict, got "ema"; those with tensors are model, average',
    );
  });

  it('give counts as integers', () => {
    const steps = readTorchFile(fileOf('a count beside them'), 'file').find(({ name }) => name === 'steps')!;
    expect(steps).toEqual({ name: 'steps', shape: [], data: Int32Array.of(7) });
  });

  it('with batch normalisation are refused by its name', async () => {
    expect(await refusal(fileOf('batch normalisation'))).toBe(
      'state dict: expected modules that the model has as layers, got norm, a batch normalisation (norm.running_mean)',
    );
  });

  it('with more than tensors and plain data are refused, and nothing is run', async () => {
    expect(await refusal(fileOf('whole module'))).toMatch(
      /^state dict, .*data\.pkl, byte \d+: expected tensors and plain data alone, got __main__\.Net, which is not run$/,
    );
    expect(await refusal(fileOf('command'))).toMatch(/got posix\.system, which is not run$/);
  });

  it('of PyTorch before 1.6 are refused with what to do', async () => {
    expect(await refusal(fileOf('before 1.6'))).toContain(
      'a file of torch.save before PyTorch 1.6: load it there and save it again',
    );
  });

  it('that are other archives are refused', async () => {
    expect(await refusal(zipSync({ 'a.txt': new Uint8Array(1) }))).toBe(
      'state dict: expected an archive of torch.save, with data.pkl, got another',
    );
  });

  it('that are damaged are refused, wherever the damage is', async () => {
    const bytes = fileOf('checkpoint');
    const model = await create();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = bytes.slice();
        damaged[at]! ^= change;
        try {
          loadStateDict(model, damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(BpttError);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
