/** What notebooks keep of tables as data, as civis_nb/display writes it; checked before it is shown. */

import { isCount, isRecord, isText, isTextOrNull } from './checks';

export const TABLE_MIME = 'application/vnd.civis.table+json';

export type Cell = string | null;

export interface ISavedColumn {
  name: string;
  /** The short name of its type; null where nobody knows. */
  type: string | null;
  right: boolean;
}

/** The first rows of a table: civis_nb/display/settled.py. */
export interface ISavedTable {
  title: string | null;
  columns: ISavedColumn[];
  rows: Cell[][];
  columns_total: number;
  rows_held: number;
  rows_total: number | null;
  /** What the table is, where it was not saved: the first rows of one in a tab. */
  note?: string;
  /** The rows that are seen at once; as many as fit into a cell's output by default. */
  rows_seen?: number;
}

function isColumn(value: unknown): value is ISavedColumn {
  return (
    isRecord(value) && isText(value.name) && isTextOrNull(value.type) && typeof value.right === 'boolean'
  );
}

/** A table of so few rows is seen whole in its HTML: civis_nb/display/tables.py has the same. */
const FEW_ROWS = 5;

/**
 * Return the table that a cell keeps, where a view adds to its HTML; null for what is none, or of a
 * version that is not known.
 *
 * Tables in words for a person (settings, names of jobs) have no types: their HTML, in which long
 * texts take several lines, is the better view of them.
 */
export function savedTable(data: unknown): ISavedTable | null {
  if (!isRecord(data) || data.version !== 1) {
    return null;
  }
  const { title, columns, rows, columns_total, rows_held, rows_total, note, rows_seen } = data;
  const fits =
    isTextOrNull(title) &&
    Array.isArray(columns) &&
    columns.every(isColumn) &&
    columns.some(one => one.type !== null) &&
    Array.isArray(rows) &&
    rows.length > FEW_ROWS &&
    rows.every(row => Array.isArray(row) && row.length === columns.length && row.every(isTextOrNull)) &&
    isCount(columns_total) &&
    columns_total >= columns.length &&
    isCount(rows_held) &&
    rows_held >= rows.length &&
    (rows_total === null || isCount(rows_total)) &&
    (note === undefined || isText(note)) &&
    (rows_seen === undefined || isCount(rows_seen));
  return fits ? (data as unknown as ISavedTable) : null;
}
