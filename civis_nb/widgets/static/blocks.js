// Keeps cells that were fetched, in blocks, and fetches those that are seen; no page.

export const BLOCK_ROWS = 100;
export const BLOCK_COLUMNS = 40;
const KEPT_BLOCKS = 120;

/**
 * Return a store of cells.
 *
 * `fetch(start, count, columns)` gives a promise of columns of cells; `changed()` is called when
 * cells have come, `failed(error)` when they don't. Columns are those of the table, not places.
 */
export function blockStore({ fetch, changed, failed, columns }) {
  const kept = new Map();
  const coming = new Set();
  let wanted = [];
  let generation = 0;

  const key = (row, column) => `${row}:${column}`;

  function pump() {
    while (coming.size < 2 && wanted.length) {
      const [row, column] = wanted.shift();
      const name = key(row, column);
      if (kept.has(name) || coming.has(name)) continue;
      coming.add(name);
      const mine = generation;
      const first = column * BLOCK_COLUMNS;
      const indexes = [];
      for (let at = first; at < Math.min(first + BLOCK_COLUMNS, columns()); at += 1) indexes.push(at);
      fetch(row * BLOCK_ROWS, BLOCK_ROWS, indexes).then(
        (cells) => {
          if (mine !== generation) return;
          coming.delete(name);
          kept.set(name, cells);
          while (kept.size > KEPT_BLOCKS) kept.delete(kept.keys().next().value);
          changed();
          pump();
        },
        (error) => {
          if (mine !== generation) return;
          coming.delete(name);
          wanted = [];
          failed(error);
        },
      );
    }
  }

  return {
    /** The cell: text, null for NULL, `{ text, length }` where it is cut, undefined if not there. */
    cell(row, column) {
      const block = kept.get(key(Math.floor(row / BLOCK_ROWS), Math.floor(column / BLOCK_COLUMNS)));
      return block?.[column % BLOCK_COLUMNS]?.[row % BLOCK_ROWS];
    },
    /** Fetch what is missing of these rows and columns; what was wanted before is forgotten. */
    want(firstRow, lastRow, wantedColumns) {
      const sides = [...new Set(wantedColumns.map((column) => Math.floor(column / BLOCK_COLUMNS)))];
      wanted = [];
      for (let row = Math.floor(firstRow / BLOCK_ROWS); row * BLOCK_ROWS <= lastRow; row += 1) {
        for (const side of sides) {
          const name = key(row, side);
          const found = kept.get(name);
          if (found) {
            kept.delete(name); // what is seen is the last to go
            kept.set(name, found);
          } else wanted.push([row, side]);
        }
      }
      pump();
    },
    /** Put cells there that are known already: the first rows. */
    put(cells) {
      for (let side = 0; side * BLOCK_COLUMNS < cells.length; side += 1) {
        kept.set(key(0, side), cells.slice(side * BLOCK_COLUMNS, (side + 1) * BLOCK_COLUMNS));
      }
    },
    /** Forget everything: the rows are others. */
    clear() {
      generation += 1;
      kept.clear();
      coming.clear();
      wanted = [];
    },
    get busy() {
      return coming.size > 0;
    },
  };
}
