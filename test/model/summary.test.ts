// What a model says of itself: nodes, clocks, shapes, parameters, sources.
import { describe, expect, it } from 'vitest';
import { createModel, dense, embedding, features, gru, lstm, type ModelDescription, tokens } from '../../src/index.ts';

const summaryOf = async (description: ModelDescription) => (await createModel(description)).summary().split('\n');

describe('summary', () => {
  it('has a row for each node, and one for the last state of a layer that returns no more', async () => {
    const stack = [
      tokens(65),
      embedding({ units: 32 }),
      gru({ units: 64, returns: 'last', name: 'reader' }),
      dense({ units: 5 }),
    ];
    expect(await summaryOf(stack as never)).toEqual([
      'name         kind       clock   shape     parameters  reads',
      '[0]          tokens     tokens  [T,B]                 65 tokens',
      '[1]          embedding  tokens  [T,B,32]  2080        [0]',
      'reader       gru        tokens  [T,B,64]  18688       [1]',
      'reader.last  last       row     [B,64]    0           reader',
      '[3]          dense      row     [B,5]     325         reader.last',
      '21093 parameters; outputs: [3]',
    ]);
  });

  it('says what starts from what, the outputs, and what makes the sequences whole', async () => {
    expect(
      await summaryOf([
        tokens(65, { name: 'source' }),
        lstm({ units: 8, name: 'encoder' }),
        tokens(40, { name: 'target' }),
        lstm({ units: 8, name: 'decoder', start: 'encoder' }),
        dense({ units: 40, name: 'next' }),
        dense({ units: 1, name: 'end', from: 'decoder' }),
        features(2, { name: 'more', clock: 'row' }),
        dense({ units: 3, name: 'other' }),
      ]),
    ).toEqual([
      'name     kind      clock   shape     parameters  reads',
      'source   tokens    source  [T,B]                 65 tokens',
      'encoder  lstm      source  [T,B,8]   2368        source',
      'target   tokens    target  [T,B]                 40 tokens',
      'decoder  lstm      target  [T,B,8]   1568        target; starts from encoder',
      'next     dense     target  [T,B,40]  360         decoder',
      'end      dense     target  [T,B,1]   9           decoder',
      'more     features  row     [B,2]                 2 features',
      'other    dense     row     [B,3]     9           more',
      '4314 parameters; outputs: next, end, other',
      "reads whole sequences: model[3] 'decoder' (lstm) starts from model[1] 'encoder'",
    ]);
  });

  it('counts what parameterCount counts', async () => {
    const model = await createModel([features(3), lstm({ units: 5, peepholes: true }), dense({ units: 2 })]);
    expect(model.summary()).toContain(`\n${model.parameterCount} parameters`);
  });
});
