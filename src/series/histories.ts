// What a file holds to forecast from: of each series what has happened, and what is known of the rows after it.
import { checkString, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { type Checked, checkFields, names, type Options, omit, optional, string, withDefault } from '../base/fields.ts';
import { type CsvOptions, checkCsvOptions, csvFields, seriesOf } from './csv.ts';
import { type Series, unknownColumn } from './series.ts';
import { isMissing, type Table, tableOf } from './table.ts';

const own = {
  /** The columns to predict. Rows at the end that have none of them, but what is known, are those to come. */
  targets: names('column names'),
  /** Other columns whose past is read. Default none. */
  inputs: withDefault(names('column names'), () => []),
  /** Columns whose values are known in advance. Default none. */
  known: withDefault(names('column names'), () => []),
  /** The column that says which of several series a row belongs to. Default: the file holds one. */
  series: optional(string),
};

const fields = { ...omit(csvFields, 'columns', 'ignore'), ...own };

/** How `readHistories` reads the file, and what its columns are. */
export interface HistoriesOptions extends Omit<CsvOptions, 'columns' | 'ignore'>, Options<typeof own> {}

/** One series of a file. */
export interface History {
  /** What the column `series` says; empty where there is none. */
  readonly name: string;
  /** Targets, inputs and what is known, up to the last row that has targets. */
  readonly history: Series;
  /** What is known of the rows after it; none where nothing is known in advance. */
  readonly coming: Series;
  /** Rows at the beginning that were left out, because a value is missing in them. */
  readonly skipped: number;
}

/**
 * Reads one series or several from CSV text, for a forecast: the rows at the beginning that are not whole are left out, and with `known` those at
 * the end that have no targets are the rows to come.
 *
 * @throws BpttError as `readCsv` does; for a series without a row.
 *
 * @example
 * const [{ history, coming }] = readHistories(text, { targets: ['sold'], known: ['holiday'], date: 'day' });
 */
export function readHistories(text: string, options: HistoriesOptions): readonly History[] {
  checkString('readHistories(text)', text);
  const where = 'readHistories';
  const { targets, inputs, known, series, ...csv } = checkFields(where, options, fields);
  const checked = checkCsvOptions(where, csv);
  const table = tableOf(text, checked);
  const columns = { targets, inputs, known };
  for (const name of series === undefined ? [] : [series]) {
    if (!table.names.includes(name)) throw unknownColumn(`${where}.series`, name, table.names);
  }
  return Array.from(groupsOf(table, series), ([name, part]) => historyOf(where, name, part, columns, checked));
}

/** The rows of each series, in the order in which they come first. */
function groupsOf(table: Table, series: string | undefined): ReadonlyMap<string, Table> {
  if (series === undefined) return new Map([['', table]]);
  const at = table.names.indexOf(series);
  const groups = new Map<string, Table['rows'][number][]>();
  for (const row of table.rows) {
    const name = row.fields[at]!;
    const rows = groups.get(name) ?? [];
    if (rows.length === 0) groups.set(name, rows);
    rows.push(row);
  }
  return new Map(Array.from(groups, ([name, rows]) => [name, { names: table.names, rows }]));
}

type Columns = Readonly<Record<'targets' | 'inputs' | 'known', readonly string[]>>;

function historyOf(
  where: string,
  name: string,
  table: Table,
  columns: Columns,
  csv: Checked<typeof csvFields>,
): History {
  const { targets, inputs, known } = columns;
  const at = (which: keyof Columns) =>
    columns[which].map((column) => {
      const index = table.names.indexOf(column);
      if (index < 0) throw unknownColumn(`${where}.${which}`, column, table.names);
      return index;
    });
  const places = { targets: at('targets'), inputs: at('inputs'), known: at('known') };
  const { rows } = table;
  const missing = (row: number, index: number) => isMissing(rows[row]!.fields[index]!, csv.markers);
  let end = rows.length;
  if (known.length > 0) while (end > 0 && places.targets.every((index) => missing(end - 1, index))) end--;
  const read = Object.values(places).flat();
  let begin = 0;
  while (begin < end && read.some((index) => missing(begin, index))) begin++;
  if (begin === end) {
    const of = name === '' ? '' : `series ${show(name)}: `;
    throw new BpttError('bad-file', `CSV, ${of}expected a row with all values, got none of ${rows.length}`);
  }
  const part = (from: number, to: number, names: readonly string[]) =>
    seriesOf(where, { names: table.names, rows: rows.slice(from, to) }, { ...csv, columns: names });
  return {
    name,
    history: part(begin, end, [...new Set([...targets, ...inputs, ...known])]),
    coming: end === rows.length ? { length: 0, columns: {} } : part(end, rows.length, known),
    skipped: begin,
  };
}
