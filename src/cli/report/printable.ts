// Text of files in a terminal.

/** Text of which no character moves the cursor or turns the order of writing: such characters are shown by their numbers. */
export const printable = (text: string) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)!.toString(16)}}`;
  });
