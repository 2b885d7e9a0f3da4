// `bptt export` and `bptt import`: models to and from the files of other programs.
import { extname } from 'node:path';
import { BpttError } from '../../base/errors.ts';
import { otherFormat } from '../../formats/other-format.ts';
import { importFields } from '../../interchange/keras/import.ts';
import { importKeras } from '../../interchange/keras/index.ts';
import { exportOnnx, importOnnx } from '../../interchange/onnx/index.ts';
import { exportFields } from '../../interchange/onnx/write/export.ts';
import { saveStateDict } from '../../interchange/pytorch/index.ts';
import type { Model } from '../../model/model.ts';
import { serialize } from '../../model/model-file.ts';
import { readBytes, writeFileAtomic } from '../../node/atomic-file.ts';
import { loadModel } from '../../node.ts';
import { flag, overwriteFlag, toggle, type Values } from '../flags/flags.ts';
import type { Output } from '../io/output.ts';
import { checkTarget } from '../io/paths.ts';
import { renamedError } from '../io/renamed-error.ts';

export const exportFlags = {
  output: flag('what an ONNX graph gives', exportFields.output, 'logits'),
  lengths: toggle('an ONNX graph reads the lengths of its rows too', exportFields.lengths),
  states: toggle('an ONNX graph takes initial states and gives final ones', exportFields.states),
  overwrite: overwriteFlag,
};

/** Writes a model as ONNX (.onnx) or as a PyTorch state dict (.safetensors), by the name of the file. */
export async function exportCommand(
  from: string,
  to: string,
  values: Values<typeof exportFlags>,
  output: Output,
): Promise<void> {
  const form = formOf(to, ['.onnx', '.safetensors']);
  await checkTarget({ where: 'FILE', path: to, others: [from], overwrite: values.overwrite });
  const { model } = await loadModel(from);
  const given = values.lengths || values.states || values.output !== 'logits';
  if (form !== '.onnx' && given) {
    throw new BpttError('invalid-argument', `--output, --lengths, --states: expected them with .onnx only, got ${to}`);
  }
  const { overwrite: replace, ...options } = values;
  const bytes = form === '.onnx' ? exportOnnx(model, options) : saveStateDict(model);
  await writeFileAtomic(to, bytes, { replace });
  output.line(`saved ${to} (${bytes.length.toLocaleString('en-US')} bytes)`);
}

export const importFlags = {
  kerasVersion: flag(
    'which Keras wrote a file that does not say so, such as 2.2.4',
    importFields.kerasVersion,
    undefined,
    'version',
  ),
  overwrite: overwriteFlag,
  json: toggle('print one JSON event'),
};

/** Makes a model file of an ONNX graph (.onnx) or of a Keras model (.keras, .h5). */
export async function importCommand(
  from: string,
  to: string,
  { kerasVersion, json, overwrite }: Values<typeof importFlags>,
  output: Output,
): Promise<void> {
  const bytes = await readBytes(from);
  const form = formOf(from, ['.onnx', '.keras', '.h5', '.hdf5'], otherFormat(bytes, 'zip', 'hdf5'));
  await checkTarget({ where: 'MODEL', path: to, others: [from], overwrite });
  if (form === '.onnx' && kerasVersion !== undefined) {
    throw new BpttError('invalid-argument', `--keras-version: expected a file of Keras with it, got ${from}`);
  }
  const { model, output: gives }: { readonly model: Model; readonly output: string } =
    form === '.onnx' ? await importOnnx(bytes, {}, from) : await readKeras(bytes, kerasVersion, from);
  await writeFileAtomic(to, serialize(model), { replace: overwrite });
  const kinds = model.description.map(({ kind }) => kind);
  if (json)
    output.json({
      type: 'import',
      from,
      to,
      layers: model.description,
      parameters: model.parameterCount,
      output: gives,
    });
  else output.line(`saved ${to}: ${kinds.join(', ')}; ${model.parameterCount.toLocaleString('en-US')} parameters`);
}

async function readKeras(bytes: Uint8Array, kerasVersion: string | undefined, from: string) {
  try {
    return await importKeras(bytes, kerasVersion === undefined ? {} : { kerasVersion }, from);
  } catch (cause) {
    throw renamedError(cause, { 'the option kerasVersion does': '--keras-version does' });
  }
}

/** `other`: what else the file is, where that can be seen. */
function formOf(path: string, known: readonly string[], other?: string): string {
  const form = extname(path).toLowerCase();
  if (known.includes(form)) return form;
  const got = other === undefined ? '' : `, got ${other}`;
  throw new BpttError('invalid-argument', `${path}: expected a file name that ends with ${known.join(', ')}${got}`);
}
