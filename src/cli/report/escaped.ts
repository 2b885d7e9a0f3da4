// Text in HTML.

/** Text that cannot be taken for HTML. */
export const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
