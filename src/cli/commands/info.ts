// `bptt info`: what is in a model file.

import { decodeSafetensors } from '../../formats/decode-safetensors.ts';
import { kindsOf } from '../../layers/describe.ts';
import { moreKinds } from '../../layers/kinds.ts';
import { createGraph } from '../../model/create-graph.ts';
import { decodeModelFile } from '../../model/decode-model-file.ts';
import { summaryOf } from '../../model/summary.ts';
import { readBytes } from '../../node/atomic-file.ts';
import { toggle, type Values } from '../flags/flags.ts';
import type { Output } from '../io/output.ts';
import { printable } from '../report/printable.ts';

export const infoFlags = { json: toggle('print one JSON event') };

/** Prints the summary, parameters and metadata of a model file or checkpoint; the tensors of any other safetensors file. */
export async function infoCommand(path: string, { json }: Values<typeof infoFlags>, output: Output): Promise<void> {
  const bytes = await readBytes(path);
  const file = decodeSafetensors(bytes, path);
  const ours = file.metadata['bptt.format'] !== undefined;
  const content = ours ? await decodeModelFile(bytes, path, kindsOf(moreKinds)) : undefined;
  const tensors = (content?.parameters ?? file.tensors).map(({ name, shape, data }) => ({
    name,
    shape,
    dtype: data.constructor.name.replace('Array', '').toLowerCase(),
  }));
  const numbers = tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const metadata = content?.metadata ?? file.metadata;
  const training = content?.training;
  const report = {
    kind: training !== undefined ? 'checkpoint' : ours ? 'model' : 'safetensors',
    bytes: bytes.length,
    layers: content?.description ?? [],
    numbers,
    tensors,
    metadata: Object.keys(metadata),
    ...(training !== undefined && {
      step: training.count('step'),
      epoch: training.count('epoch'),
      optimizer: training.value('update.optimizer.kind'),
      settings: training.value('settings'),
    }),
  };
  if (json) {
    output.json({ type: 'info', ...report });
    return;
  }
  const count = (value: number) => value.toLocaleString('en-US');
  output.line(`${path}: ${report.kind}, ${count(bytes.length)} bytes, ${count(numbers)} numbers`);
  if (training !== undefined)
    output.line(`after ${count(report.step!)} updates, in epoch ${report.epoch}, ${report.optimizer}`);
  if (content !== undefined) output.line(`\n${summaryOf(createGraph(content.description, kindsOf(moreKinds)))}\n`);
  const names = tensors.map(({ name }) => printable(name));
  const width = Math.max(...names.map(({ length }) => length));
  for (const [index, { shape, dtype }] of tensors.entries()) {
    output.line(`  ${names[index]!.padEnd(width)}  ${dtype} [${shape.join(', ')}]`);
  }
  if (report.metadata.length > 0) output.line(`metadata: ${report.metadata.map(printable).join(', ')}`);
}
