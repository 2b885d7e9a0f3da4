// Byte-pair tokens by a tokenizer.json, the format of the tokenizers library of Hugging Face, which does the work.
import { Tokenizer as Library } from '@huggingface/tokenizers';
import { checkObject, checkString, checkTokens, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { parseJson } from '../base/parse-json.ts';
import { type BytePairDescription, checkWellFormed, type Tokenizer } from './tokenizer.ts';

/**
 * A byte-pair tokenizer (Sennrich, Haddow and Birch 2016) from a tokenizer.json: that of a published model, or one that the
 * `tokenizers` library for Python has learned from a text and saved.
 *
 * The tokens are those of that library without `add_special_tokens`: nothing is put before or after a text. Byte-level
 * tokenizers and those with byte fallback have the same tokens in Python; the pre-tokenizer `Whitespace` takes other letters
 * than a to z for words of their own here. `decode` keeps all tokens, special ones too, and cleans nothing up. Whether a text
 * comes back without loss is up to the tokenizer: a byte-level one without a normalizer gives back every text; of tokens that
 * are not UTF-8 together, U+FFFD stands for each wrong part.
 *
 * @param tokenizer The content of the file, as text or as `JSON.parse` gave it.
 * @throws BpttError for a file that is not a byte-pair tokenizer, one whose tokens are not 0 .. size - 1, one with parts that
 * the library does not have, and one that would drop characters: it must have all 256 bytes, or a token for what is unknown.
 *
 * @example
 * const vocabulary = bytePair(await readFile('tokenizer.json', 'utf8'));
 * const model = await createModel([tokens(vocabulary.size), lstm({ units: 256 }), dense({ units: vocabulary.size })]);
 */
export function bytePair(tokenizer: string | Readonly<Record<string, unknown>>): BytePair {
  if (typeof tokenizer !== 'string') return new BytePair(tokenizer);
  try {
    return new BytePair(parseJson(tokenizer));
  } catch (cause) {
    if (cause instanceof BpttError) throw cause;
    throw new BpttError('bad-file', `${WHERE}: expected the JSON of a tokenizer.json, got ${show(tokenizer)}`, {
      cause,
    });
  }
}

const WHERE = 'bytePair(tokenizer)';

/**
 * Made by `bytePair`.
 *
 * @example
 * const pieces = learnBytePairs('the whale, the sea, the whale', { size: 260 });
 * console.log(pieces.size, pieces.decode(pieces.encode('the whale'))); // any text comes back
 */
export class BytePair implements Tokenizer {
  /** @internal The bundle renames classes. */
  static readonly name: string = 'BytePair';

  /** How many tokens there are. */
  readonly size: number;
  readonly #library: Library;
  readonly #description: BytePairDescription;

  /** @internal */
  constructor(tokenizer: unknown) {
    const file = checkObject(WHERE, tokenizer);
    const model = checkObject(`${WHERE}.model`, file.model);
    const bad = (expected: string, got: string, cause?: unknown) =>
      new BpttError('bad-file', `${WHERE}: expected ${expected}, got ${got}`, cause === undefined ? {} : { cause });
    if (model.type !== 'BPE') throw bad('a model of type "BPE"', show(model.type));
    for (const part of [file.normalizer, file.pre_tokenizer, file.post_processor, file.decoder]) {
      if (isTooDeep(part)) throw bad(`parts of at most ${DEEPEST} levels`, 'more');
    }
    checkIds(model.vocab, file.added_tokens, bad);
    try {
      this.#library = new Library(file, {});
    } catch (cause) {
      throw bad('a tokenizer.json whose parts are known', (cause as Error).message, cause);
    }
    const vocabulary = this.#library.get_vocab();
    this.size = vocabulary.size;
    for (let token = 0; token < this.size; token++) {
      if (this.#library.id_to_token(token) !== undefined) continue;
      throw bad(`tokens from 0 to ${this.size - 1}`, `none for ${token}`);
    }
    const has = (symbol: string) => vocabulary.has(symbol);
    const unknown = typeof model.unk_token === 'string' && has(model.unk_token);
    const fallback = model.byte_fallback === true && byteFallbacks().every(has);
    const byteLevel = [file.pre_tokenizer, file.normalizer].some(isByteLevel) && byteLetters().every(has);
    if (!unknown && !fallback && !byteLevel) {
      throw bad('all 256 bytes or a token for what is unknown, so that no character is dropped', 'neither');
    }
    this.#description = { kind: 'byte-pair', tokenizer: file };
  }

  /**
   * The tokens of a text.
   *
   * @throws BpttError for half a surrogate pair.
   */
  encode(text: string): Int32Array<ArrayBuffer> {
    const whole = checkWellFormed('encode(text)', checkString('encode(text)', text));
    return Int32Array.from(this.#library.encode(whole, { add_special_tokens: false }).ids);
  }

  /**
   * The text of some tokens.
   *
   * @throws BpttError `token-out-of-range` for anything but integers from 0 to size - 1.
   */
  decode(tokens: Int32Array | readonly number[]): string {
    const checked = Array.from(checkTokens('decode(tokens)', tokens, this.size));
    if (checked.length === 0) return '';
    return this.#library.decode(checked, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
  }

  /** Plain data from which `tokenizerFromJSON` makes the same tokenizer. */
  toJSON(): BytePairDescription {
    return this.#description;
  }

  /** A tokenizer from what `toJSON` gave. */
  static fromJSON(value: unknown): BytePair {
    const { kind, tokenizer } = checkObject('BytePair.fromJSON', value);
    if (kind === 'byte-pair') return new BytePair(tokenizer);
    throw new BpttError('invalid-argument', `BytePair.fromJSON: expected kind "byte-pair", got ${show(kind)}`);
  }
}

/** Parts within parts of a tokenizer. */
const DEEPEST = 20;

/** Whether a part has more levels than that, such as one that stands inside of itself. */
function isTooDeep(part: unknown, level = 0): boolean {
  if (typeof part !== 'object' || part === null) return false;
  return level > DEEPEST || Object.values(part).some((inner) => isTooDeep(inner, level + 1));
}

/** The library makes a list as long as the largest id: ids must be those of as many tokens as there are. */
function checkIds(vocab: unknown, added: unknown, bad: (expected: string, got: string) => BpttError): void {
  const own = Object.entries(checkObject(`${WHERE}.model.vocab`, vocab));
  const others = Array.isArray(added) ? added.map((token) => [token?.content, token?.id] as const) : [];
  const ids = [...own, ...others];
  for (const [symbol, id] of ids) {
    if (Number.isInteger(id) && (id as number) >= 0 && (id as number) < ids.length) continue;
    throw bad(`ids from 0 to ${ids.length - 1}`, `${show(id)} for ${show(symbol)}`);
  }
}

/** Whether a part of a tokenizer, or one of the parts that it is a sequence of, takes text as bytes. */
function isByteLevel(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false;
  const { type, pretokenizers = [], normalizers = [] } = part as Readonly<Record<string, unknown>>;
  return type === 'ByteLevel' || [pretokenizers, normalizers].flat().some(isByteLevel);
}

/** The names of the bytes where a tokenizer falls back on them. */
function byteFallbacks(): readonly string[] {
  return Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
}

/** The letters that byte-level tokenizers write bytes with (GPT-2): printable ones as they are, the others from U+0100 on. */
export function byteLetters(): readonly string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCodePoint(printable ? byte : next++);
  });
}
