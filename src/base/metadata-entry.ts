// What a model file keeps as JSON in an entry of its metadata.
import { checkObject, show } from './check.ts';
import { BpttError } from './errors.ts';
import { parseJson } from './parse-json.ts';

/**
 * What `read` makes of the JSON in an entry; its errors are those of the entry.
 *
 * @param where What errors call the metadata that was given.
 * @param of What such a model does: "hears".
 * @throws BpttError `bad-file` when there is no such entry, or it is damaged.
 */
export function readEntry<T>(
  where: string,
  metadata: unknown,
  { name, of }: { readonly name: string; readonly of: string },
  read: (value: unknown) => T,
): T {
  const given = checkObject(where, metadata);
  const text = given[name];
  if (typeof text !== 'string') {
    const got = Object.keys(given).map(show).join(', ') || 'none';
    throw new BpttError('bad-file', `metadata: expected the entry "${name}" of a model that ${of}, got ${got}`);
  }
  try {
    return read(parseJson(text));
  } catch (cause) {
    const message = cause instanceof BpttError ? cause.message : 'expected JSON, got something else';
    throw new BpttError('bad-file', `metadata entry "${name}": ${message}`, { cause });
  }
}
