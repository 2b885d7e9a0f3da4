// Text of files in a terminal.

/** What moves the cursor, speaks to the terminal or turns the order of writing. */
const controls = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text that a terminal only shows: every control character but those in `kept` is written as `\u001b`, as JSON does. A line feed with the
 * carriage return before it is a line feed.
 */
export function printable(text: string, kept = '\n\t'): string {
  return text.replace(controls, (control, at: number) => {
    if (kept.includes(control) || (control === '\r' && text[at + 1] === '\n' && kept.includes('\n'))) return control;
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
