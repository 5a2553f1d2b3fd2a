import { Answer, LocalModel } from './model';
import { ISavedTable } from './records';
import { IQuery, SavedRows } from './saved_rows';

/** As many rows as a view asks for at once (civis_nb/widgets/static/blocks.js). */
const BLOCK_ROWS = 100;

/** Return the model of a view of a saved table, with the traits of civis_nb/widgets/table.py. */
export function tableModel(table: ISavedTable): LocalModel {
  const saved = new SavedRows(table);
  const every = table.columns.map((_, column) => column);
  const traits = {
    columns: table.columns.map((one, column) => [
      one.name,
      one.type ?? '',
      saved.families[column],
      one.right
    ]),
    first: saved.page({}, 0, BLOCK_ROWS, every).cells,
    sort: [],
    filters: [],
    pinned: [],
    widths: {},
    state: {
      title: table.title ?? '',
      held: table.rows.length,
      total: table.rows_total,
      complete: table.rows_total === table.rows.length,
      saved: table.note ?? savedText(table),
      rows: table.rows_seen
    }
  };
  return new LocalModel(traits, answers(saved));
}

/** Return what of a table was saved beside its rows, which the view counts itself. */
export function savedText(table: ISavedTable): string {
  const { columns, columns_total, rows, rows_total } = table;
  const isWhole = columns.length === columns_total && rows.length === rows_total;
  const some = columns.length < columns_total ? `${columns.length} of ${columns_total} columns · ` : '';
  return `${some}as saved${isWhole ? '' : '; run the cell for all of it'}`;
}

function answers(saved: SavedRows): Answer {
  return (kind, request) => {
    const query = request as IQuery;
    switch (kind) {
      case 'rows':
        return saved.page(query, request.start, request.count, request.columns);
      case 'values':
        return saved.values(request.column, query, request.search);
      case 'cell': {
        const [[text]] = saved.page(query, request.row, 1, [request.column]).cells;
        return { text, length: text?.length ?? 0, cut: false };
      }
      case 'copy':
        return { text: saved.text(query, request.start, request.count, request.columns, request.headers) };
      default:
        throw new Error(`A saved table answers no request “${kind}”: run the cell for its live view.`);
    }
  };
}
