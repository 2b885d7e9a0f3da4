// A Keras file of any kind: what it says of the model, and its weights.
import { textClass } from '../../base/engine.ts';
import { BpttError } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import { otherFormat } from '../../formats/other-format.ts';
import { Hdf5, isHdf5 } from './hdf5.ts';
import { isZip, unzip } from './zip.ts';

export interface KerasFile {
  /** The configuration of the model; undefined in a file of weights. */
  readonly model: unknown;
  /** Of the Keras that wrote the file; '' where it does not say. */
  readonly version: string;
  /** What holds the weights. */
  readonly weights: Hdf5;
}

const CONFIG = 'config.json';
const METADATA = 'metadata.json';
const WEIGHTS = 'model.weights.h5';

/**
 * Reads a `.keras` file, a `.h5` file of a model, or one of weights.
 *
 * @param where What messages call it.
 * @throws BpttError `bad-file` for other files, and for files that are cut off or damaged.
 */
export function readKerasFile(bytes: Uint8Array, where: string): KerasFile {
  const other = otherFormat(bytes, 'zip', 'hdf5');
  if (other !== undefined) throw new BpttError('bad-file', `${where}: expected a .keras archive or HDF5, got ${other}`);
  if (isZip(bytes)) {
    const entries = unzip(bytes, [CONFIG, METADATA, WEIGHTS], where);
    const text = (name: string) => new (textClass('TextDecoder'))().decode(entries.get(name));
    const metadata = parse(text(METADATA), `${where}, ${METADATA}`) as { readonly keras_version?: unknown } | null;
    const model = parse(text(CONFIG), `${where}, ${CONFIG}`);
    const weights = new Hdf5(entries.get(WEIGHTS)!, `${where}, ${WEIGHTS}`);
    return { weights, model, version: String(metadata?.keras_version ?? '') };
  }
  if (!isHdf5(bytes)) {
    const got = bytes.length === 0 ? 'an empty file' : `${bytes.length} bytes that begin as neither does`;
    throw new BpttError('bad-file', `${where}: expected a .keras archive or HDF5, got ${got}`);
  }
  const file = new Hdf5(bytes, where);
  const config = file.text('', 'model_config');
  const version = file.text('', 'keras_version') ?? file.text('model_weights', 'keras_version') ?? '';
  const model = config === undefined ? undefined : parse(config, `${where}, model_config`);
  return { weights: file, model, version };
}

function parse(text: string, where: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new BpttError('bad-file', `${where}: expected JSON, got something else: it is damaged`, { cause });
  }
}
