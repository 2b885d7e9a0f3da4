// `bptt train` as a user meets it, and `bptt sample` of what it wrote.
import { readFile, stat } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { at, type Event, events, run, small, verse } from '../../support/cli-program.ts';

describe('train and sample', () => {
  const model = () => at('verse.safetensors');
  let seen: readonly Event[];

  beforeAll(async () => {
    const flags = [
      '--hidden',
      '32',
      '--batch',
      '4',
      '--k1',
      '10',
      '--length',
      '50',
      '--temperature',
      '0',
      '--learning-rate',
      '0.01',
      ...['--cell', 'elman', '--embedding', '0', '--dropout', '0', '--recurrent-dropout', '0', '--average', '0'],
      ...['--schedule', 'linear'],
    ];
    seen = events(await run('train', at('verse.txt'), ...flags, '--steps', '400', '--out', model(), '--json'));
  });

  test('every event is one line of JSON, in order', () => {
    expect(seen[0]).toMatchObject({
      type: 'start',
      characters: 1680,
      vocabulary: 16,
      trainingCharacters: 1512,
      steps: 400,
    });
    expect(seen.slice(-2).map(({ type }) => type)).toEqual(['saved', 'end']);
    const of = (type: string) => seen.filter((event) => event.type === type);
    expect(of('step').map(({ step }) => step)).toEqual(Array.from({ length: 50 }, (_, i) => 8 * (i + 1)));
    expect(of('validation').map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => 20 * (i + 1)));
    expect(of('sample').map(({ step }) => step)).toEqual([80, 160, 240, 320, 400]);
    for (const { loss, bitsPerCharacter } of [...of('step'), ...of('validation')]) {
      expect((bitsPerCharacter as number) * Math.LN2).toBeCloseTo(loss as number, 12);
    }
  });

  test('the text is learned by heart, and the last sample shows it', () => {
    const { validationLoss } = seen.at(-1)!;
    expect(validationLoss).toBeLessThan(0.1); // uniform over 16 characters is 2.77
    const { text } = seen.findLast(({ type }) => type === 'sample')!;
    expect(text).toBe([...verse].slice(0, 51).join(''));
  });

  test('sample goes on from the prompt, as long as it should, character by character', async () => {
    const { code, stdout, stderr } = await run(
      'sample',
      model(),
      '--prompt',
      'The whale, ',
      '--temperature',
      '0',
      '--length',
      '60',
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`${[...verse].slice(0, 71).join('')}\n`);
  });

  test('sample is the same for the same seed and another for another', async () => {
    const sample = async (...flags: readonly string[]) =>
      (await run('sample', model(), '--temperature', '3', '--length', '100', ...flags)).stdout;
    const first = await sample();
    expect([...first]).toHaveLength(101);
    expect(await sample('--seed', '0')).toBe(first);
    expect(await sample('--seed', '1')).not.toBe(first);
  });

  test('sample --json is one event', async () => {
    const seen = events(
      await run('sample', model(), '--json', '--length', '7', '--temperature', '0', '--prompt', 'The '),
    );
    expect(seen).toEqual([{ type: 'sample', prompt: 'The ', text: 'whale, ', temperature: 0, seed: 0 }]);
  });

  test('the same flags give the same file, to the byte', async () => {
    const files = await Promise.all(
      ['a', 'b'].map(async (name) => {
        events(await run('train', at('verse.txt'), ...small, '--steps', '20', '--json', '--out', at(name)));
        return readFile(at(name));
      }),
    );
    expect(files[0]!.equals(files[1]!)).toBe(true);
  });

  test.concurrent.each([
    [
      '--cell lstm --layers 2 --residual --dropout 0.2 --peepholes --forget-bias 2 --zoneout 0.1 --gate-activation hard-sigmoid',
      [
        { kind: 'lstm', peepholes: true, forgetBias: 2, zoneout: { hidden: 0.1, cell: 0.1 } },
        { kind: 'dropout', rate: 0.2 },
        { kind: 'residual', layer: { kind: 'lstm', gateActivation: 'hard-sigmoid' } },
        { kind: 'dropout', rate: 0.2 },
      ],
    ],
    [
      '--cell gru --gru-reset before --layer-norm --recurrent-dropout 0.1 --weight-dropout 0.1 --activation softsign',
      [
        {
          kind: 'gru',
          reset: 'before',
          layerNorm: true,
          recurrentDropout: 0.1,
          weightDropout: 0.1,
          activation: 'softsign',
        },
      ],
    ],
    [
      '--layers 2 --dropout 0.2 --activation-regularization 2 --temporal-regularization 1 --vanishing-regularization 0.5',
      [
        { kind: 'elman', vanishingRegularization: 0.5 },
        { kind: 'dropout' },
        { kind: 'elman', vanishingRegularization: 0.5 },
        { kind: 'activityRegularization', activation: 0, temporal: 1 },
        { kind: 'dropout' },
        { kind: 'activityRegularization', activation: 2, temporal: 0 },
      ],
    ],
    [
      '--cell lstm --initializer pytorch --chrono 30 --dropout 0.2 --variational-dropout',
      [
        {
          kind: 'lstm',
          forgetBias: 0,
          inputInitializer: { kind: 'pytorch' },
          recurrentInitializer: { kind: 'pytorch' },
          biasInitializer: { kind: 'chrono', maximum: 30 },
        },
        { kind: 'dropout', rate: 0.2, variational: true },
        { kind: 'dense', weightInitializer: { kind: 'pytorch' } },
      ],
    ],
    [
      '--activation relu --initializer irnn',
      [
        {
          kind: 'elman',
          inputInitializer: { kind: 'normal', deviation: 0.001 },
          recurrentInitializer: { kind: 'identity', scale: 1 },
          biasInitializer: { kind: 'zeros' },
        },
      ],
    ],
  ])('%s', async (flags, layers) => {
    const out = at(`${flags.replaceAll(/\W+/g, '-')}.safetensors`);
    const seen = events(
      await run('train', at('verse.txt'), ...small, '--steps', '5', ...flags.split(' '), '--json', '--out', out),
    );
    expect(seen.at(-1)).toMatchObject({ type: 'end', step: 5 });
    const bytes = await readFile(out);
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
    const description = JSON.parse(header.__metadata__['bptt.model']);
    expect(description.slice(1)).toMatchObject(
      layers.at(-1)!.kind === 'dense' ? layers : [...layers, { kind: 'dense' }],
    );
    expect((await run('sample', out, '--length', '5', '--prompt', 'The')).code).toBe(0);
  });

  test('every other hyperparameter is taken', async () => {
    const flags =
      '--activation relu --layers 2 --embedding 5 --k2 15 --optimizer adamw --weight-decay 0.1 --final-learning-rate 0.001 --l1 1e-6 --l2 1e-6 --clip 0 --epochs 1 --seed 7 --dtype f64 --validate-every 0 --sample-every 0 --log-every 20';
    const out = at('all.safetensors');
    const seen = events(await run('train', at('verse.txt'), ...small, ...flags.split(' '), '--out', out, '--json'));
    const types = seen.map(({ type }) => type).filter((type) => type !== 'checkpoint');
    expect(types).toEqual(['start', 'step', 'validation', 'sample', 'saved', 'end']);
    expect(seen[0]!.steps).toBe(38); // 378 steps of 4 rows, 10 at a time
    const bytes = await readFile(out);
    const header = bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString();
    const { __metadata__: metadata, ...parameters } = JSON.parse(header);
    expect(JSON.parse(metadata['bptt.model']).map(({ kind }: { kind: string }) => kind)).toEqual([
      'tokens',
      'embedding',
      'elman',
      'elman',
      'dense',
    ]);
    expect(parameters['rnn.weight_hh_l1']).toMatchObject({ dtype: 'F64', shape: [8, 8] });
    expect((await run('sample', out)).code).toBe(0);
  });

  test('with no file it trains on the embedded text', async () => {
    const flags = ['--hidden', '8', '--steps', '2', '--json', '--out', at('moby.safetensors')];
    const seen = events(await run('train', ...flags));
    expect(seen[0]).toMatchObject({ text: 'Moby-Dick, chapters 1 to 28', characters: 255117, vocabulary: 78 });
  });

  test('away from a terminal the output is plain lines without control codes', async () => {
    const { code, stdout, stderr } = await run(
      'train',
      at('verse.txt'),
      ...small,
      '--steps',
      '50',
      '--out',
      at('plain'),
    );
    expect([code, stderr]).toEqual([0, '']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
    expect(stdout).toMatch(
      /^step 10\/50: loss \d\.\d{3} nats, \d\.\d{3} bits per character, [\d.]+[kM]? characters\/s$/m,
    );
    expect(stdout).toMatch(/^step 50\/50: validation \d\.\d{3} nats, \d\.\d{3} bits per character$/m);
    expect(stdout).toMatch(/\ndone after 50 steps in .* s; validation .* per character\n$/);
  });
});

test('the models have the permissions that the umask gives', async () => {
  await run('train', at('verse.txt'), ...small, '--steps', '1', '--out', at('permissions'));
  expect((await stat(at('permissions'))).mode & 0o777).toBe(0o666 & ~process.umask());
});
