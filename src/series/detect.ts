// What a CSV file looks like: the options with which it is read. What could be meant in two ways is refused.
import { checkString, show } from '../base/check.ts';
import { checkFields, omit, optional } from '../base/fields.ts';
import { type CsvOptions, csvFields, type DateColumns } from './csv.ts';
import { findFormat, isPlain } from './dates.ts';
import { bad, isMissing, isValue, linesOf, parseNumber, type Table, tableOf } from './table.ts';

/** Lines from which the delimiter is told. */
const LINES = 100;

const given = {
  ...omit(csvFields, 'columns', 'ignore', 'missing', 'header', 'delimiter', 'decimal'),
  header: optional(csvFields.header),
  delimiter: optional(csvFields.delimiter),
  decimal: optional(csvFields.decimal),
};

/** What is known of a file already. */
export type DetectOptions = Pick<CsvOptions, 'date' | 'dateFormat' | 'markers' | 'header' | 'delimiter' | 'decimal'>;

/**
 * The options with which `readCsv` reads a text: the delimiter, the decimal mark, whether there is a line of names, the column of dates and their
 * format, and which columns to leave out: text, and the numbers of the rows that pandas writes. What is given is taken.
 *
 * @throws BpttError `bad-file` for no table, for dates that could be read in two ways, and for numbers whose comma could mean either.
 *
 * @example
 * const options = detectCsv('day;sold\n31.12.2024;1,5\n01.01.2025;2,5\n');
 * // { header: true, delimiter: ';', decimal: ',', date: 'day', dateFormat: 'DD.MM.YYYY', markers: [], ignore: [] }
 * const { columns } = readCsv('day;sold\n31.12.2024;1,5\n01.01.2025;2,5\n', options);
 */
export function detectCsv(text: string, options: DetectOptions = {}): CsvOptions {
  checkString('detectCsv(text)', text);
  const known = checkFields('detectCsv', options, given);
  const { markers } = known;
  const delimiter = known.delimiter ?? delimiterOf(text);
  const lines = linesOf(text, delimiter);
  const decimal = known.decimal ?? decimalOf(lines);
  const first = lines[0]!.fields;
  const header = known.header ?? !first.every((field) => isValue(field, decimal));
  const table = tableOf(text, { header, delimiter, decimal });
  const date = known.date ?? dateColumn(table, markers);
  const dateFormat = typeof date === 'string' ? (known.dateFormat ?? formatOf(table, date)) : undefined;
  const dates = date === undefined ? [] : typeof date === 'string' ? [date] : Object.values(date);
  const ignore = table.names.filter((name, index) => {
    if (dates.includes(name)) return false;
    return isIndex(table, index) || isText(table, index, decimal, markers);
  });
  return {
    header,
    delimiter,
    decimal,
    ...(date !== undefined && { date }),
    ...(dateFormat !== undefined && { dateFormat }),
    markers,
    ignore,
  };
}

/** The character that cuts the first lines into as many fields each: into most, and of two that do so not the comma, which numbers may have. */
function delimiterOf(text: string): string {
  let best = { delimiter: ',', fields: 1 };
  for (const delimiter of [';', '\t', '|', ',']) {
    let counts: Set<number>;
    try {
      counts = new Set(linesOf(text, delimiter, LINES).map(({ fields }) => fields.length));
    } catch {
      continue; // other quotes than this delimiter's
    }
    const [fields] = counts;
    if (counts.size === 1 && fields! > best.fields) best = { delimiter, fields: fields! };
  }
  return best.delimiter;
}

function decimalOf(lines: Table['rows']): '.' | ',' {
  const fields = lines.flatMap(({ fields }) => fields.filter((field) => /^[+-]?[\d.,]+$/.test(field)));
  const commas = fields.filter((field) => /^[+-]?\d+(\.\d{3})*,\d+$/.test(field));
  if (commas.length === 0) return '.';
  const open = commas.every((field) => /^[+-]?\d{1,3},\d{3}$/.test(field));
  const points = fields.some((field) => /^[+-]?\d*\.\d+$/.test(field) && !/^[+-]?\d{1,3}\.\d{3}$/.test(field));
  if (!points && !open) return ',';
  const got = `${show(commas[0])}, ${points ? 'and numbers with a point' : 'which could be either'}`;
  throw bad(
    `expected a comma before the decimals or between the thousands, got ${got}; decimal: "," or "." says which`,
  );
}

const columnOf = ({ rows }: Table, index: number) => rows.map(({ fields }) => fields[index]!);

/** Names of columns that may hold dates as numbers. */
const dateName = /date|time|day|month|year|stamp|^ds$|^ts?$/i;

function dateColumn(table: Table, markers: readonly string[]): DateColumns | undefined {
  const { names } = table;
  const called = (...words: string[]) => names.find((name) => words.includes(name.toLowerCase()));
  const parts = [called('year'), called('month'), called('day', 'date', 'date_of_month', 'day_of_month')];
  if (parts.every((part) => part !== undefined && /^\d{1,4}$/.test(columnOf(table, names.indexOf(part))[0]!))) {
    return { year: parts[0]!, month: parts[1]!, day: parts[2]! };
  }
  return names.find((name, index) => {
    const fields = columnOf(table, index);
    const plain = isPlain(fields[0]!);
    if (isMissing(fields[0]!, markers) || (plain && !dateName.test(name))) return false;
    const found = findFormat(fields);
    // A number is a date where it goes up; text that looks like dates is, whatever its order.
    if ('format' in found)
      return !plain || fields.every((field, row) => row === 0 || Number(field) > Number(fields[row - 1]));
    return 'either' in found && !plain;
  });
}

/** The format of a column; what is wrong with its dates is said when they are read. */
function formatOf(table: Table, name: string): string | undefined {
  const index = table.names.indexOf(name);
  if (index < 0) return undefined;
  const found = findFormat(columnOf(table, index));
  return 'format' in found ? found.format : undefined;
}

/** Whether a column beside others counts the rows. */
function isIndex(table: Table, index: number): boolean {
  if (index > 0 || table.names.length === 1) return false;
  const fields = columnOf(table, index);
  const from = Number(fields[0]);
  return (from === 0 || from === 1) && fields.every((field, row) => field === String(from + row));
}

function isText(table: Table, index: number, decimal: '.' | ',', markers: readonly string[]): boolean {
  const fields = columnOf(table, index).filter((field) => !isMissing(field, markers));
  return fields.length > 0 && fields.every((field) => parseNumber(field, decimal) === undefined);
}
