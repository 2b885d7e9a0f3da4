// Models in files: of all kinds of layers that the package has.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { infoCommand } from '../../src/cli/commands/info.ts';
import type { Output } from '../../src/cli/io/output.ts';
import { add, concat, createModel, dense, features, repeat } from '../../src/index.ts';
import { loadModel, saveModel } from '../../src/node.ts';

const directory = mkdtempSync(join(tmpdir(), 'bptt-model-files-'));
afterAll(() => rmSync(directory, { recursive: true }));

it('reads every kind without being handed it, and so does bptt info', async () => {
  const model = await createModel(
    [
      features(2, { name: 'x' }),
      features(2, { name: 'r', clock: 'row' }),
      repeat({ clock: 'x', name: 'rows' }),
      concat({ from: ['x', 'rows'] }),
      dense({ units: 2, name: 'deep' }),
      add({ from: ['deep', 'x'] }),
      dense({ units: 1, name: 'y' }),
    ],
    { seed: 1 },
  );
  const path = join(directory, 'graph.bptt');
  await saveModel(model, path);
  const { model: again } = await loadModel(path);
  expect(again.description).toEqual(model.description);
  expect(again.parameters()).toEqual(model.parameters());
  const printed: unknown[] = [];
  await infoCommand(
    path,
    { json: true } as never,
    { json: (event: unknown) => printed.push(event) } as unknown as Output,
  );
  expect(printed).toMatchObject([{ kind: 'model', layers: model.description }]);
});
