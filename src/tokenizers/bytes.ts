// The bytes of UTF-8 as tokens.

import { checkString, checkTokens } from '../base/check.ts';
import { textClass } from '../base/engine.ts';
import { type BytesDescription, checkWellFormed, type Tokenizer } from './tokenizer.ts';

/**
 * 256 tokens, the bytes of UTF-8: any text in any script, back without loss, with no vocabulary to make or keep.
 *
 * `decode` of tokens that are not UTF-8, as a model may write them, has U+FFFD for each wrong part, as the Encoding Standard
 * says.
 *
 * @example
 * bytes().encode('é'); // Int32Array [195, 169]
 */
export function bytes(): Bytes {
  return new Bytes();
}

/**
 * Made by `bytes`.
 *
 * @example
 * const utf8 = bytes();
 * console.log(utf8.size, utf8.decode(utf8.encode('сова'))); // 256 сова
 */
export class Bytes implements Tokenizer {
  /** @internal The bundle renames classes. */
  static readonly name: string = 'Bytes';

  /** 256: how many tokens there are. */
  readonly size = 256;

  /**
   * The tokens of a text.
   *
   * @throws BpttError for half a surrogate pair.
   */
  encode(text: string): Int32Array<ArrayBuffer> {
    return Int32Array.from(
      new (textClass('TextEncoder'))().encode(checkWellFormed('encode(text)', checkString('encode(text)', text))),
    );
  }

  /**
   * The text of some tokens.
   *
   * @throws BpttError `token-out-of-range` for anything but integers from 0 to 255.
   */
  decode(tokens: Int32Array | readonly number[]): string {
    const checked = checkTokens('decode(tokens)', tokens, this.size);
    // A byte order mark is a character like any other.
    return new (textClass('TextDecoder'))('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(checked));
  }

  /** Plain data from which `tokenizerFromJSON` makes the same tokenizer. */
  toJSON(): BytesDescription {
    return { kind: 'bytes' };
  }
}
