// A view: its name, what it shows, what to look for, and the numbers as a table.
import type { ComponentChildren } from 'preact';
import { useLocale } from './locale.ts';
import { labeled, type NamedRun } from './named-run.ts';

export interface ViewProps {
  /** Names the view in the document. */
  readonly id: string;
  readonly title: string;
  readonly explanation: string;
  readonly children: ComponentChildren;
}

export function View({ id, title, explanation, children }: ViewProps) {
  return (
    <section class="view" id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      <p class="explanation">{explanation}</p>
      {children}
    </section>
  );
}

export interface TableProps {
  readonly run: NamedRun;
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | undefined)[])[];
}

/** Rows that a table has at most: some of many, at equal distances, the first and the last among them. */
const MOST_ROWS = 16;

/** The numbers behind a picture, folded away. */
export function DataTable({ run, caption, head, rows }: TableProps) {
  const { t } = useLocale();
  return (
    <details class="data">
      <summary>
        {labeled(run, t('table'))}
        <span class="hidden-text">: {caption}</span>
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section class="scroll" tabIndex={0} aria-label={labeled(run, caption)}>
        <table>
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {some(rows).map((row) => (
              <tr key={row[0]}>
                {row.map((cell, column) => (
                  <td key={head[column]}>{cell ?? '–'}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

function some<Item>(items: readonly Item[]): readonly Item[] {
  if (items.length <= MOST_ROWS) return items;
  return Array.from({ length: MOST_ROWS }, (_, i) => items[Math.round((i * (items.length - 1)) / (MOST_ROWS - 1))]!);
}
