// A table of texts in a page.
import { escaped } from './escaped.ts';

/** As HTML, with the texts escaped; columns whose name begins with # are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const align = (index: number) => (head[index]!.startsWith('#') ? ' class="number"' : '');
  const first = head.map((name, index) => `<th scope="col"${align(index)}>${escaped(name.replace(/^#/, ''))}</th>`);
  const others = rows.map(
    (row) => `<tr>${row.map((cell, index) => `<td${align(index)}>${escaped(cell)}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll"><table><thead><tr>${first.join('')}</tr></thead><tbody>${others.join('')}</tbody></table></div>`;
}
