import type { Cell, ISavedTable } from './records';
import { compareValues, Family, familyOf, readValue, valueOf } from './values';

/** A filter of a table view, as the trait `filters` of TableView has it. */
export type Filter = { column: number } & (
  | { kind: 'null'; is_null: boolean }
  | { kind: 'range'; low?: string | null; high?: string | null }
  | { kind: 'set'; values: Cell[]; exclude?: boolean }
  | { kind: 'text'; op: string; value: string; match_case?: boolean }
);

export interface ISort {
  column: number;
  descending: boolean;
}

export interface IQuery {
  sort?: ISort[];
  filters?: Filter[];
}

type Test = (cell: Cell) => boolean;

/** The most values that the list of a filter shows. */
const MOST_VALUES = 200;

/** The saved rows of a table, in the order and with the filters that a view asks for. */
export class SavedRows {
  constructor(private readonly table: ISavedTable) {
    this.families = table.columns.map(one => familyOf(one.type));
  }

  readonly families: readonly Family[];

  /** Return the rows that the filters leave, in their order. */
  rows({ sort = [], filters = [] }: IQuery): Cell[][] {
    const tests = filters.map(one => [one.column, this._test(one)] as const);
    const found = this.table.rows.filter(row => tests.every(([column, test]) => test(row[column])));
    return sort.length ? found.sort((one, other) => this._order(one, other, sort)) : found;
  }

  /** Return columns of cells of some rows, and how many rows there are. */
  page(query: IQuery, start: number, count: number, columns: number[]) {
    const rows = this.rows(query);
    const shown = rows.slice(start, start + count);
    return { cells: columns.map(column => shown.map(row => row[column])), matched: rows.length };
  }

  /** Return the values of a column with their counts, the most frequent first. */
  values(column: number, query: IQuery, search: string) {
    const counts = new Map<Cell, number>();
    for (const row of this.rows(query)) {
      const cell = row[column];
      if (!search || (cell !== null && folded(cell).includes(folded(search)))) {
        counts.set(cell, (counts.get(cell) ?? 0) + 1);
      }
    }
    const found = [...counts].sort((one, other) => other[1] - one[1]);
    return { values: found.slice(0, MOST_VALUES), more: found.length > MOST_VALUES };
  }

  /** Return cells as text to be pasted into a spreadsheet. */
  text(query: IQuery, start: number, count: number, columns: number[], headers: boolean): string {
    const shown = this.rows(query).slice(start, start + count);
    const names = headers ? [columns.map(column => this.table.columns[column].name)] : [];
    const lines = [...names, ...shown.map(row => columns.map(column => row[column] ?? ''))];
    return lines.map(line => line.map(pasted).join('\t')).join('\n');
  }

  private _order(one: Cell[], other: Cell[], sort: ISort[]): number {
    for (const { column, descending } of sort) {
      const order = this._orderIn(column, one[column], other[column], descending);
      if (order) {
        return order;
      }
    }
    return 0;
  }

  private _orderIn(column: number, one: Cell, other: Cell, descending: boolean): number {
    if (one === null || other === null) {
      return Number(one === null) - Number(other === null);
    }
    const family = this.families[column];
    const [left, right] = [valueOf(one, family), valueOf(other, family)];
    // What can't be read (infinity, a year before Christ) comes behind the values that can.
    if (left === null || right === null) {
      return Number(left === null) - Number(right === null) || compareValues(one, other);
    }
    return (descending ? -1 : 1) * compareValues(left, right);
  }

  private _test(filter: Filter): Test {
    switch (filter.kind) {
      case 'null':
        return cell => (cell === null) === filter.is_null;
      case 'range':
        return this._rangeTest(filter.column, filter.low ?? null, filter.high ?? null);
      case 'set':
        return cell => {
          const isMember = filter.values.includes(cell);
          return filter.exclude ? !isMember : isMember;
        };
      case 'text':
        return textTest(filter.op, filter.value, filter.match_case ?? false);
    }
  }

  private _rangeTest(column: number, low: string | null, high: string | null): Test {
    const family = this.families[column];
    const { name, type } = this.table.columns[column];
    const read = (text: string) => readValue(text, family, name, type ?? '');
    const from = low === null ? null : read(low);
    const isDay = high !== null && family.startsWith('timestamp') && high.trim().length === 10;
    // A day as the upper end means all of that day.
    const to = high === null ? null : read(isDay ? `${high.trim()} 23:59:59.999999999` : high);
    return cell => {
      const value = cell === null ? null : valueOf(cell, family);
      return (
        value !== null &&
        (from === null || compareValues(value, from) >= 0) &&
        (to === null || compareValues(value, to) <= 0)
      );
    };
  }
}

const folded = (text: string) => text.toLowerCase();

function textTest(op: string, wanted: string, matchCase: boolean): Test {
  const form = matchCase ? (text: string) => text : folded;
  const text = form(wanted);
  const holds: Record<string, (cell: string) => boolean> = {
    contains: cell => cell.includes(text),
    lacks: cell => !cell.includes(text),
    equals: cell => cell === text,
    starts: cell => cell.startsWith(text),
    ends: cell => cell.endsWith(text)
  };
  // What is NULL does not contain the text either.
  return cell => (cell === null ? op === 'lacks' : holds[op](form(cell)));
}

/** Return a cell as spreadsheets read it, as civis_nb/widgets/cells.py writes it. */
function pasted(text: string): string {
  return /[\t\r\n]|^"/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
