// Words as tokens: how a text is cut into words, marks and spaces, and the vocabulary of those that it has.
import { checkBoolean, checkOptions, checkString, checkTokens, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { boolean, checkFields, type Field, integer, type Options, optional, withDefault } from '../base/fields.ts';
import { checkWellFormed, type Tokenizer, type WordsDescription } from './tokenizer.ts';

const unknown: Field<string> = {
  check(where, value) {
    checkUnknown(where, value);
    return value as string;
  },
};

const fields = {
  /** Takes text in lower case, in the vocabulary and in `encode`; what is decoded is then lower case too. Default false. */
  lowercase: withDefault(boolean, false),
  /** How often a piece must occur to have a token of its own. More than 1 needs `unknown`. Default 1. */
  minimum: withDefault(integer({ min: 1 }), 1),
  /** The most tokens, that of `unknown` among them: the rarest pieces have none. Needs `unknown`. Default no limit. */
  size: optional(integer({ min: 2 })),
  /** What stands for every piece that has no token, such as `<unk>`; it becomes token 0. Default none: such a piece is an error. */
  unknown: optional(unknown),
};

/** Which pieces of a text have tokens of their own in `words`, and what stands for the others. */
export interface WordsOptions extends Options<typeof fields> {}

/**
 * The pieces of a text, each of its characters in one of them:
 *
 * - a word: letters, their marks, digits and `_`, also with single `'`, `’` or `-` inside;
 * - one other character, with the space after it when there is one;
 * - one character of white space.
 *
 * Two words are never side by side, so one space between two words needs no token: `decode` puts it back.
 *
 * Which characters are letters is Unicode's `\p{L}`, as the engine's version of Unicode has it.
 */
const PIECE = /[\p{L}\p{M}\p{N}_]+(?:['’-][\p{L}\p{M}\p{N}_]+)*|[^\p{L}\p{M}\p{N}_\s] ?|\s/gu;

const isWord = (piece: string) => /^[\p{L}\p{M}\p{N}_]/u.test(piece);

/** The pieces of a text without the spaces that stand between two words. */
function piecesOf(text: string): readonly string[] {
  const pieces = text.match(PIECE) ?? [];
  return pieces.filter((piece, at) => {
    const [before, after] = [pieces[at - 1], pieces[at + 1]];
    return piece !== ' ' || before === undefined || after === undefined || !isWord(before) || !isWord(after);
  });
}

/**
 * The words, marks and spaces of a text, each a token. A text is cut by one rule for all scripts: a run of letters, marks of
 * letters and digits is a word, also with an apostrophe or hyphen inside; every other character is a piece, together with one
 * space after it. One space between two words is no token, so that a sentence has about as many tokens as words. Scripts that
 * do not part words by spaces have one word a run.
 *
 * Tokens are in the order of how often they occur, the most frequent first, equals in the order of their UTF-16 code units.
 *
 * @param text The text that has all words, at least one piece.
 * @throws BpttError for an empty text, half a surrogate pair, and limits without `unknown`.
 *
 * @example
 * const vocabulary = words('the whale, the sea', { unknown: '<unk>' });
 * vocabulary.symbols; // ['<unk>', 'the', ', ', 'sea', 'whale']
 * vocabulary.decode(vocabulary.encode('the sea, the ship')); // 'the sea, the <unk>'
 */
export function words(text: string, options: WordsOptions = {}): Words {
  const { lowercase, minimum, size, unknown } = checkFields('words', options, fields);
  if (unknown === undefined && (minimum > 1 || size !== undefined)) {
    const limit = size === undefined ? 'minimum' : 'size';
    throw new BpttError('invalid-argument', `words.unknown: expected a symbol for the rest with ${limit}, got none`);
  }
  if (checkString('words(text)', text) === '') {
    throw new BpttError('invalid-argument', 'words(text): expected at least one word, got an empty text');
  }
  const counts = new Map<string, number>();
  for (const piece of piecesOf(prepare('words(text)', text, lowercase)))
    counts.set(piece, (counts.get(piece) ?? 0) + 1);
  const frequent = [...counts]
    .filter(([piece, count]) => count >= minimum && piece !== unknown)
    .sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1))
    .map(([piece]) => piece);
  const all = unknown === undefined ? frequent : [unknown, ...frequent];
  const symbols = all.slice(0, size);
  return new Words({ kind: 'words', symbols, lowercase, ...(unknown === undefined ? {} : { unknown }) });
}

/**
 * Maps the pieces of a text to tokens 0 .. size - 1 and back. Made by `words`.
 *
 * @example
 * const pieces = words('the whale, the sea');
 * const again = Words.fromJSON(JSON.parse(JSON.stringify(pieces)));
 * console.log(again.symbols);
 */
export class Words implements Tokenizer {
  /** @internal The bundle renames classes. */
  static readonly name: string = 'Words';

  /** The piece of each token. */
  readonly symbols: readonly string[];
  readonly #description: WordsDescription;
  readonly #tokens: ReadonlyMap<string, number>;
  readonly #unknown: number | undefined;
  /** Whether a space belongs between a token and another such one. */
  readonly #spaced: readonly boolean[];

  /** @internal */
  constructor(description: WordsDescription) {
    const { symbols, unknown } = description;
    this.#description = description;
    this.symbols = symbols;
    this.#tokens = new Map(symbols.map((symbol, token) => [symbol, token]));
    this.#unknown = unknown === undefined ? undefined : this.#tokens.get(unknown);
    this.#spaced = symbols.map((symbol) => isWord(symbol) || (symbol === unknown && !isPiece(symbol)));
  }

  /** How many tokens there are. */
  get size(): number {
    return this.symbols.length;
  }

  /**
   * The tokens of a text.
   *
   * @throws BpttError `token-out-of-range` for a piece that is not in the vocabulary, unless `unknown` was declared.
   */
  encode(text: string): Int32Array<ArrayBuffer> {
    const prepared = prepare('encode(text)', checkString('encode(text)', text), this.#description.lowercase);
    return Int32Array.from(piecesOf(prepared), (piece, at) => {
      const token = this.#tokens.get(piece) ?? this.#unknown;
      if (token !== undefined) return token;
      throw new BpttError(
        'token-out-of-range',
        `encode(text): expected one of the ${this.size} words and marks of the vocabulary, got ${show(piece)} as piece ${at}`,
      );
    });
  }

  /**
   * The text of some tokens, with one space between two words. The inverse of `encode` for every text whose pieces all have
   * tokens, in lower case when the vocabulary is.
   *
   * @throws BpttError `token-out-of-range` for anything but integers from 0 to size - 1.
   */
  decode(tokens: Int32Array | readonly number[]): string {
    const checked = checkTokens('decode(tokens)', tokens, this.size);
    let text = '';
    for (let i = 0; i < checked.length; i++) {
      if (i > 0 && this.#spaced[checked[i - 1]!] && this.#spaced[checked[i]!]) text += ' ';
      text += this.symbols[checked[i]!];
    }
    return text;
  }

  /** Plain data from which `tokenizerFromJSON` makes the same tokenizer. */
  toJSON(): WordsDescription {
    return this.#description;
  }

  /**
   * A vocabulary from what `toJSON` gave.
   *
   * @throws BpttError when it is anything else: symbols twice, symbols that are not one piece, an `unknown` that is no symbol.
   */
  static fromJSON(value: unknown): Words {
    const where = 'Words.fromJSON';
    const { kind, symbols, lowercase, unknown } = checkOptions(where, value, [
      'kind',
      'symbols',
      'lowercase',
      'unknown',
    ]);
    if (kind !== 'words') {
      throw new BpttError('invalid-argument', `${where}: expected kind "words", got ${show(kind)}`);
    }
    if (!Array.isArray(symbols) || symbols.length === 0) {
      throw new BpttError('invalid-argument', `${where}.symbols: expected an array of symbols, got ${show(symbols)}`);
    }
    const seen = new Set<string>();
    for (const [token, symbol] of symbols.entries()) {
      const at = `${where}.symbols[${token}]`;
      checkWellFormed(at, checkString(at, symbol));
      if (seen.has(symbol) || (symbol !== unknown && !isPiece(symbol))) {
        const expected = 'one word, mark or space that is not there before';
        throw new BpttError('invalid-argument', `${at}: expected ${expected}, got ${show(symbol)}`);
      }
      seen.add(symbol);
    }
    const description: WordsDescription = {
      kind,
      symbols,
      lowercase: checkBoolean(`${where}.lowercase`, lowercase),
    };
    if (unknown === undefined) return new Words(description);
    const replacement = checkUnknown(`${where}.unknown`, unknown);
    if (seen.has(replacement)) return new Words({ ...description, unknown: replacement });
    throw new BpttError('invalid-argument', `${where}.unknown: expected one of the symbols, got ${show(unknown)}`);
  }
}

function prepare(where: string, text: string, lowercase: boolean): string {
  const whole = checkWellFormed(where, text);
  return lowercase ? whole.toLowerCase() : whole;
}

/** Whether a text is one piece. */
function isPiece(text: string): boolean {
  return text.match(PIECE)?.length === 1;
}

function checkUnknown(where: string, value: unknown): string {
  if (checkWellFormed(where, checkString(where, value)) !== '') return value as string;
  throw new BpttError('invalid-argument', `${where}: expected at least one character, got none`);
}
