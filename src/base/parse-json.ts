// JSON of files, which anybody may have written.

/** Arrays and objects within each other: more levels are nobody's, and go beyond the stack of what goes through them. */
const DEEPEST = 100;

/** What a text in JSON says. @throws SyntaxError for other texts, and for one with more than 100 levels. */
export function parseJson(text: string): unknown {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (quoted) {
      if (character === 0x5c) i++;
      else if (character === 0x22) quoted = false;
    } else if (character === 0x22) quoted = true;
    else if (character === 0x5b || character === 0x7b) {
      if (++depth > DEEPEST) throw new SyntaxError(`expected at most ${DEEPEST} levels, got more at position ${i}`);
    } else if (character === 0x5d || character === 0x7d) depth--;
  }
  return JSON.parse(text);
}
