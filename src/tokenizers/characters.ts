// Text as tokens: a vocabulary of characters.
import { checkOptions, checkString, checkTokens, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, type Options, optional, string } from '../base/fields.ts';

/** Options of vocabularies of characters. */
export const charactersFields = {
  /** One character that stands for every character outside the vocabulary; it becomes a symbol itself. Default none. */
  unknown: optional(string),
};

/** What stands for characters that a vocabulary does not have. */
export interface CharactersOptions extends Options<typeof charactersFields> {}

/** A vocabulary as plain data, for JSON. */
export interface VocabularyDescription {
  /** Tells it from the other tokenizers. */
  readonly kind: 'characters';
  /** All symbols in the order of their tokens. */
  readonly symbols: string;
  /** The replacement of unknown characters, when one was declared. */
  readonly unknown?: string;
}

/**
 * The characters that a text is made of, each a token.
 *
 * A character is a Unicode code point: an emoji is one, a letter with a combining accent is two.
 *
 * @param text The text that has all characters, at least one.
 * @throws BpttError for an empty text, half a surrogate pair and a replacement that is not one character.
 *
 * @example
 * const vocabulary = characters('hello');
 * vocabulary.size; // 4: e, h, l, o
 * vocabulary.encode('hole'); // Int32Array [1, 3, 2, 0]
 */
export function characters(text: string, options: CharactersOptions = {}): Vocabulary {
  const { unknown } = checkFields('characters', options, charactersFields);
  if (checkString('characters(text)', text) === '') {
    throw new BpttError('invalid-argument', 'characters(text): expected at least one character, got an empty text');
  }
  const points = new Set<number>();
  eachCodePoint('characters(text)', text, (point) => points.add(point));
  if (unknown !== undefined) points.add(replacementPoint('characters.unknown', unknown));
  const sorted = [...points].sort((a, b) => a - b);
  const symbols = sorted.map((point) => String.fromCodePoint(point)).join('');
  return new Vocabulary({ kind: 'characters', symbols, ...(unknown === undefined ? {} : { unknown }) });
}

/**
 * Maps characters to tokens 0 .. size - 1 and back. Tokens are in the order of code points. Made by `characters`.
 *
 * @example
 * const vocabulary = characters('hello');
 * const again = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)));
 * console.log(again.symbols, again.decode(again.encode('hole'))); // ['e', 'h', 'l', 'o'] hole
 */
export class Vocabulary {
  /** @internal The bundle renames classes. */
  static readonly name: string = 'Vocabulary';

  /** The character of each token. */
  readonly symbols: readonly string[];
  readonly #description: VocabularyDescription;
  readonly #tokens: ReadonlyMap<number, number>;
  readonly #replacement: number | undefined;

  /** @internal */
  constructor(description: VocabularyDescription) {
    this.#description = description;
    this.symbols = [...description.symbols];
    this.#tokens = new Map(this.symbols.map((symbol, token) => [symbol.codePointAt(0)!, token]));
    this.#replacement =
      description.unknown === undefined ? undefined : this.#tokens.get(description.unknown.codePointAt(0)!);
  }

  /** How many tokens there are. */
  get size(): number {
    return this.symbols.length;
  }

  /**
   * The tokens of a text, one a code point.
   *
   * @throws BpttError `token-out-of-range` for a character that is not in the vocabulary, unless a replacement was declared.
   */
  encode(text: string): Int32Array<ArrayBuffer> {
    const tokens = new Int32Array(checkString('encode(text)', text).length);
    let count = 0;
    eachCodePoint('encode(text)', text, (point) => {
      const token = this.#tokens.get(point) ?? this.#replacement;
      if (token === undefined) {
        const character = JSON.stringify(String.fromCodePoint(point));
        throw new BpttError(
          'token-out-of-range',
          `encode(text): expected one of the ${this.size} characters of the vocabulary, got ${character} (${hex(point)}) at position ${count}`,
        );
      }
      tokens[count++] = token;
    });
    return tokens.slice(0, count);
  }

  /**
   * The text of some tokens.
   *
   * @throws BpttError `token-out-of-range` for anything but integers from 0 to size - 1.
   */
  decode(tokens: Int32Array | readonly number[]): string {
    const checked = checkTokens('decode(tokens)', tokens, this.size);
    let text = '';
    for (let i = 0; i < checked.length; i++) text += this.symbols[checked[i]!];
    return text;
  }

  /** Plain data from which `Vocabulary.fromJSON` makes the same vocabulary. */
  toJSON(): VocabularyDescription {
    return this.#description;
  }

  /**
   * A vocabulary from what `toJSON` gave.
   *
   * @throws BpttError when it is anything else: symbols out of order or twice, a replacement that is no symbol.
   */
  static fromJSON(value: unknown): Vocabulary {
    const where = 'Vocabulary.fromJSON';
    const { kind, symbols, unknown } = checkOptions(where, value, ['kind', 'symbols', 'unknown']);
    if (kind !== 'characters') {
      throw new BpttError('invalid-argument', `${where}: expected kind "characters", got ${show(kind)}`);
    }
    let last = -1;
    eachCodePoint(`${where}.symbols`, checkString(`${where}.symbols`, symbols), (point, position) => {
      if (point <= last) {
        throw new BpttError(
          'invalid-argument',
          `${where}.symbols: expected ascending code points, got ${hex(point)} after ${hex(last)} at position ${position}`,
        );
      }
      last = point;
    });
    if (last < 0) throw new BpttError('invalid-argument', `${where}.symbols: expected at least one symbol, got none`);
    const all = symbols as string;
    if (unknown === undefined) return new Vocabulary({ kind, symbols: all });
    const replacement = String.fromCodePoint(replacementPoint(`${where}.unknown`, unknown));
    if (!all.includes(replacement)) {
      throw new BpttError('invalid-argument', `${where}.unknown: expected one of the symbols, got "${replacement}"`);
    }
    return new Vocabulary({ kind, symbols: all, unknown: replacement });
  }
}

/** Calls `visit` with each code point and its position, counted in code points. */
function eachCodePoint(where: string, text: string, visit: (point: number, position: number) => void): void {
  for (let i = 0, position = 0; i < text.length; i++, position++) {
    const point = text.codePointAt(i)!;
    if (point >= 0xd800 && point <= 0xdfff) {
      throw new BpttError(
        'invalid-argument',
        `${where}: expected well-formed Unicode, got half a surrogate pair (${hex(point)}) at position ${position}`,
      );
    }
    if (point > 0xffff) i++;
    visit(point, position);
  }
}

function replacementPoint(where: string, value: unknown): number {
  const points: number[] = [];
  eachCodePoint(where, checkString(where, value), (point) => points.push(point));
  if (points.length === 1) return points[0]!;
  throw new BpttError('invalid-argument', `${where}: expected one character, got ${points.length}`);
}

function hex(point: number): string {
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
}
