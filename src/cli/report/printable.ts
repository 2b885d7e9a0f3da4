// Text of files in a terminal.

/** What moves the cursor, speaks to the terminal or turns the order of writing. */
const controls = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** The same and what is not seen, which makes two names look alike; a text may need it, as Persian and some emoji do. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Text that a terminal only shows: every control character but a line feed or tab is written as `\u001b`, as JSON does. A line feed with the
 * carriage return before it is a line feed.
 */
export function printable(text: string): string {
  return text.replace(controls, (control, at: number) => {
    return control === '\n' || control === '\t' || (control === '\r' && text[at + 1] === '\n')
      ? control
      : escaped(control);
  });
}

/** A name, on one line. */
export const printableName = (name: string): string => name.replace(unseen, (units) => units.replace(/./gs, escaped));
