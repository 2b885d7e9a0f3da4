// Vectors of words that others have learned, in the embedding of a model.
import { checkString, readable } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, list, type Options, oneOf, optional, string } from '../base/fields.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import type { Parameter } from '../model/parameters.ts';
import { ByteReader, type ByteSource } from './byte-reader.ts';
import { VectorFile } from './read-vectors.ts';

const fields = {
  /** Default: word2vec where the first line has two whole numbers, and then binary where bytes follow that are no text; else `glove`. */
  format: optional(oneOf('glove', 'word2vec', 'word2vec-binary')),
  /** The table of an embedding, such as `words.weight`. Default: the only one. */
  parameter: optional(string),
};

/** What `words` and `characters` give has them. */
const symbolsOf = list(string, 'symbols, as words and characters have');

/** How the file of vectors is written, and which table they are for. */
export interface LoadVectorsOptions extends Options<typeof fields> {}

/** What `loadVectors` resolves to: which symbols have a vector now, and which have none. */
export interface LoadedVectors {
  /** How many symbols have a vector now. */
  readonly found: number;
  /** Those that the file does not have; their rows are as before. */
  readonly missing: readonly string[];
}

/**
 * Sets the rows of an embedding to the vectors of a file, word by word: GloVe (Pennington, Socher and Manning 2014) as text, word2vec (Mikolov
 * et al. 2013) as text or binary. A word must be spelled as in the vocabulary; of one that comes twice the first counts. To keep the vectors as
 * they are while the rest learns, freeze the table: `groups: [{ match: 'embedding.weight', frozen: true }]`.
 *
 * @param vocabulary What says which symbol each row is of, such as that of `words`.
 * @param source The bytes of the file, or parts of them: `createReadStream(path)` of a file that is larger than memory.
 * @param where What error messages call the file.
 * @throws BpttError for a model without such a table, vectors of another size, and `bad-file`, with the line or the byte, for anything else than
 * such a file. Nothing is set then.
 *
 * @example
 * const vocabulary = words(text, { lowercase: true, size: 20_000, unknown: '<unk>' });
 * const model = await createModel([tokens(vocabulary.size), embedding({ units: 100 }), lstm({ units: 64 }), last(), dense({ units: 2 })]);
 * const { missing } = await loadVectors(model, vocabulary, await readFile('glove.6B.100d.txt')); // or createReadStream of a large one
 */
export async function loadVectors(
  model: Model,
  vocabulary: { readonly symbols: readonly string[] },
  source: ByteSource,
  options: LoadVectorsOptions = {},
  where = 'word vectors',
): Promise<LoadedVectors> {
  checkModel('loadVectors', model);
  const { format, parameter } = checkFields('loadVectors', options, fields);
  checkString('loadVectors(where)', where);
  const place = 'loadVectors(vocabulary)';
  const symbols = symbolsOf.check(
    `${place}.symbols`,
    readable(place, () => Object(vocabulary).symbols),
  );
  const table = tableOf(model, parameter, symbols.length);
  const [, E] = table.shape as [number, number];
  const tokens = new Map(symbols.map((symbol, token) => [symbol, token]));
  const left = new Set<string>(symbols);
  for await (const { word, vector } of new VectorFile(new ByteReader('loadVectors(source)', source), where).words(
    E,
    format,
  )) {
    if (!left.delete(word)) continue;
    table.data.set(vector(), tokens.get(word)! * E);
  }
  model.setParameter(table.name, table.data);
  return { found: symbols.length - left.size, missing: [...left] };
}

/** The table of an embedding that has a row for each symbol. */
function tableOf(model: Model, name: string | undefined, rows: number): Parameter {
  const tables = model.network.layout.entries.filter(({ spec }) => spec.role === 'table').map(({ spec }) => spec.name);
  const found = name === undefined && tables.length === 1 ? tables[0] : name;
  if (found === undefined || !tables.includes(found)) {
    throw new BpttError(
      'invalid-argument',
      `loadVectors.parameter: expected the table of an embedding (${tables.join(', ') || 'the model has none'}), got ${found ?? 'none'}`,
    );
  }
  const table = model.parameters().find((parameter) => parameter.name === found)!;
  if (table.shape[0] === rows) return table;
  throw new BpttError(
    'invalid-shape',
    `loadVectors(vocabulary): expected ${table.shape[0]} symbols, one for each row of ${found}, got ${rows}`,
  );
}
