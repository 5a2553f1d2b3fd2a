// The active cell and the selected ones, and what keys do to them; no page.
// Rows count from 0, -1 is the header; places of columns count from the left, from 0.

/** Return the cell that a key leads to, or null where the key has nothing to do with it. */
export function moved({ row, at }, key, ctrl, { rows, columns, page }) {
  const lastRow = rows - 1;
  const lastAt = columns - 1;
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const steps = {
    ArrowUp: () => ({ row: ctrl ? Math.min(0, row) : row - 1, at }),
    ArrowDown: () => ({ row: ctrl ? lastRow : row + 1, at }),
    ArrowLeft: () => ({ row, at: ctrl ? 0 : at - 1 }),
    ArrowRight: () => ({ row, at: ctrl ? lastAt : at + 1 }),
    PageUp: () => ({ row: row < 0 ? row : Math.max(row - page, 0), at }),
    PageDown: () => ({ row: row + page, at }),
    Home: () => ({ row: ctrl ? Math.min(0, lastRow) : row, at: 0 }),
    End: () => ({ row: ctrl ? lastRow : row, at: lastAt }),
  };
  const step = steps[key];
  if (!step) return null;
  const found = step();
  return { row: clamp(found.row, -1, lastRow), at: clamp(found.at, 0, lastAt) };
}

/** Return the rectangle between two cells; null where there is none, as with a header. */
export function rectangle(anchor, active) {
  if (!anchor || !active || anchor.row < 0 || active.row < 0) return null;
  return {
    top: Math.min(anchor.row, active.row),
    bottom: Math.max(anchor.row, active.row),
    first: Math.min(anchor.at, active.at),
    last: Math.max(anchor.at, active.at),
  };
}

/** Return whether a cell is in a rectangle. */
export function holds(area, row, at) {
  return (
    area !== null && row >= area.top && row <= area.bottom && at >= area.first && at <= area.last
  );
}
