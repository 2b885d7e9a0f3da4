// CSV text as lines of fields under names: what is the same whatever the columns mean.

import { CsvError, parse } from 'csv-parse/browser/esm/sync';
import { show } from '../base/check.ts';
import { parseDecimal } from '../base/decimal.ts';
import { BpttError } from '../base/errors.ts';
import { findFormat } from './dates.ts';

/** One line of fields and its number in the file; of a record over several lines, the last. */
export interface Line {
  readonly number: number;
  readonly fields: readonly string[];
}

export interface Table {
  readonly names: readonly string[];
  /** All with as many fields as there are names. */
  readonly rows: readonly Line[];
}

/** How a table is read. */
interface Reading {
  readonly header: boolean;
  readonly delimiter: string;
  readonly decimal: '.' | ',';
}

/** @throws BpttError `bad-file` for lines that are no table, and for none. */
export function tableOf(text: string, { header, delimiter, decimal }: Reading): Table {
  const lines = linesOf(text, delimiter);
  const names = namesOf(lines, header, decimal);
  const rows = header ? lines.slice(1) : lines;
  if (rows.length === 0) throw bad('expected at least one row of values, got none');
  checkDelimiter(names, rows[0]!, delimiter);
  for (const { number, fields } of rows) {
    if (fields.length === names.length) continue;
    throw bad(`line ${number}: expected ${names.length} fields, as in the first line, got ${fields.length}`);
  }
  return { names, rows };
}

export const bad = (message: string, cause?: unknown) =>
  new BpttError('bad-file', `CSV, ${message}`, cause === undefined ? {} : { cause });

/** The lines of a text, without empty ones at its end; `most` of them at most. */
export function linesOf(text: string, delimiter: string, most?: number): readonly Line[] {
  let records: string[][];
  try {
    const record_delimiter = ['\r\n', '\n', '\r'];
    records = parse(text, {
      bom: true,
      delimiter,
      record_delimiter,
      relax_column_count: true,
      trim: true,
      ...(most !== undefined && { to: most }),
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const { code, lines, column } = cause as CsvError & { lines?: number; column?: number };
    const what = /QUOTE/.test(code) ? 'quotes around a whole field, closed again' : 'fields between delimiters';
    throw bad(`line ${lines}, field ${Number(column) + 1}: expected ${what}, got ${code}`, cause);
  }
  // The parser counts lines too, but takes twice as long then. Only fields in quotes have line ends.
  const quoted = text.includes('"');
  let number = 0;
  const lines = records.map((fields) => {
    number++;
    if (quoted) for (const field of fields) number += field.match(/\r\n?|\n/g)?.length ?? 0;
    return { number, fields };
  });
  const end = lines.findLastIndex(({ fields }) => fields.length > 1 || fields[0] !== '') + 1;
  if (end === 0) throw bad('expected at least one line, got an empty file');
  return lines.slice(0, end);
}

function namesOf(lines: readonly Line[], header: boolean, decimal: '.' | ','): readonly string[] {
  const { fields, number } = lines[0]!;
  if (!header) return fields.map((_, index) => String(index + 1));
  if (fields.every((field) => isValue(field, decimal))) {
    const got = `${fields.map(show).join(', ')}, all of them values`;
    throw bad(
      `line ${number}: expected the names of the columns, got ${got}; header: false reads a file without names`,
    );
  }
  const before = new Set<string>();
  const twice = fields.findIndex((name) => before.size === before.add(name).size);
  if (twice < 0) return fields;
  throw bad(`line ${number}, field ${twice + 1}: expected each name once, got ${show(fields[twice])} again`);
}

/** @throws BpttError for lines that look as if another character stood between their fields. */
function checkDelimiter(names: readonly string[], first: Line, delimiter: string): void {
  const other = [';', '\t', '|'].find((character) => names[0]!.includes(character));
  if (other === undefined || names.length > 1 || !first.fields.some((field) => field.includes(other))) return;
  // More fields than names: the delimiter stands in the numbers.
  const decimal = delimiter === ',' && first.fields.length > 1 ? ', and decimal: "," their numbers' : '';
  throw bad(
    `line 1: expected ${show(delimiter)} between the names, got ${show(names[0])}; delimiter: ${show(other)} reads such lines${decimal}`,
  );
}

/** Whether a field is a number or a date. */
export const isValue = (field: string, decimal: '.' | ',') =>
  parseNumber(field, decimal) !== undefined || 'format' in findFormat([field]) || 'either' in findFormat([field]);

/** A finite number in decimal notation; undefined when the text is anything else. */
export function parseNumber(text: string, decimal: '.' | ','): number | undefined {
  // With a decimal comma, a point is no number.
  const plain = decimal === '.' ? text : text.replaceAll(/[.,]/g, (mark) => (mark === ',' ? '.' : ' '));
  const value = parseDecimal(plain);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

const missingField = /^(|[?-]|#?n\/?a|nan|null|none)$/i;

/** Whether a field has no value; `markers` are texts that say so beside the usual ones. */
export const isMissing = (field: string, markers: readonly string[]) =>
  missingField.test(field) || markers.includes(field);
