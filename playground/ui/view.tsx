// A view: its name, what it shows, what to look for, and the numbers as a table.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useLocale } from './locale.ts';
import { labeled, type NamedRun } from './named-run.ts';

export interface ViewProps {
  /** Names the view: its element is `view-{id}`. */
  readonly id: string;
  readonly title: string;
  readonly explanation: string;
  readonly children: ComponentChildren;
}

export function View({ id, title, explanation, children }: ViewProps) {
  const { t } = useLocale();
  return (
    <section class="view" id={`view-${id}`} aria-labelledby={`view-${id}-title`}>
      <h2 id={`view-${id}-title`}>{title}</h2>
      {children}
      <details class="explanation">
        <summary>
          {t('explain')}
          <span class="hidden-text">: {title}</span>
        </summary>
        <p>{explanation}</p>
      </details>
    </section>
  );
}

/** After how many updates something was seen, and whether it is the last that could be. */
export function Seen({ run, step }: { readonly run: NamedRun; readonly step: number }) {
  const { t } = useLocale();
  const { snapshot, status } = run.state;
  if (snapshot === undefined) return null;
  const broken = status === 'failed' || !Number.isFinite(snapshot.point.test);
  const last = broken && step < snapshot.step;
  return <p class={last ? 'seen last' : 'seen'}>{labeled(run, t(last ? 'seen.last' : 'seen.after', { step }))}</p>;
}

export interface TableProps {
  readonly run: NamedRun;
  readonly caption: string;
  readonly head: readonly string[];
  /** How many rows there are. */
  readonly length: number;
  /** The cells of a row, asked for only when the table is open. */
  readonly row: (index: number) => readonly (string | undefined)[];
}

/** Rows that a table has at most: some of many, at equal distances, the first and the last among them. */
const MOST_ROWS = 16;

/** The numbers behind a picture, folded away. */
export function DataTable({ run, caption, head, length, row }: TableProps) {
  const { t } = useLocale();
  const [open, setOpen] = useState(false);
  return (
    <details class="data" onToggle={(event) => setOpen(event.currentTarget.open)}>
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
            {(open ? places(length) : []).map((place) => (
              <tr key={place}>
                {row(place).map((cell, column) => (
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

function places(length: number): readonly number[] {
  const count = Math.min(length, MOST_ROWS);
  return Array.from({ length: count }, (_, i) => Math.round((i * (length - 1)) / Math.max(1, count - 1)));
}
