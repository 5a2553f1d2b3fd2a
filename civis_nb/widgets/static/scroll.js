// Where rows and columns are: numbers only, no page.

// Browsers lay out no element that is much higher than this.
export const MOST_PX = 8_000_000;

/** Return how scroll positions and rows of a table belong together. */
export function rowScale(rows, rowPx, viewPx) {
  const fullPx = rows * rowPx;
  const heightPx = Math.min(fullPx, MOST_PX);
  const exact = fullPx <= MOST_PX;
  const scrollPx = Math.max(heightPx - viewPx, 0);
  const lastTop = Math.max(fullPx - viewPx, 0) / rowPx;
  return {
    heightPx,
    exact,
    /** How many rows are seen whole. */
    page: Math.max(Math.floor(viewPx / rowPx), 1),
    /** The largest row that can be at the top; maybe a fraction of one. */
    lastTop,
    /** The row at the top for a scroll position. */
    topAt(px) {
      if (exact) return Math.min(Math.max(px, 0) / rowPx, lastTop);
      return scrollPx ? Math.min(Math.max(px / scrollPx, 0), 1) * lastTop : 0;
    },
    /** The scroll position for a row at the top. */
    pxAt(top) {
      const clamped = Math.min(Math.max(top, 0), lastTop);
      if (exact) return clamped * rowPx;
      return lastTop ? (clamped / lastTop) * scrollPx : 0;
    },
  };
}

/** Return the row at the top, moved so that `row` is seen whole. */
export function topFor(row, top, page, lastTop) {
  if (row < top) return row;
  if (row >= top + page) return Math.min(row - page + 1, lastTop);
  return Math.min(top, lastTop);
}

/**
 * Return where columns are, in the order in which they stand: pinned ones first.
 *
 * `place(scrollLeft, viewPx)` gives those that are seen: `[{ column, at, left, width, pinned }]`,
 * `at` being the place from the left, counted from 0.
 */
export function columnLayout(widths, pinned, gutterPx) {
  const isPinned = new Set(pinned);
  const order = [...pinned, ...widths.keys()].filter(
    (column, at) => at < pinned.length || !isPinned.has(column),
  );
  const lefts = [];
  let left = gutterPx;
  for (const column of order) {
    lefts.push(left);
    left += widths[column];
  }
  const pinnedPx = pinned.length ? lefts[pinned.length - 1] + widths[order[pinned.length - 1]] : gutterPx;
  return {
    order,
    totalPx: left,
    pinnedPx,
    /** The place of a column. */
    placeOf: (column) => order.indexOf(column),
    place(scrollLeft, viewPx) {
      const seen = [];
      for (let at = 0; at < pinned.length; at += 1) {
        seen.push({ column: order[at], at, left: lefts[at], width: widths[order[at]], pinned: true });
      }
      // The first column that reaches beyond the pinned ones, found by halving.
      let low = pinned.length;
      let high = order.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (lefts[middle] + widths[order[middle]] - scrollLeft > pinnedPx) high = middle;
        else low = middle + 1;
      }
      for (let at = low; at < order.length && lefts[at] - scrollLeft < viewPx; at += 1) {
        const column = order[at];
        seen.push({ column, at, left: lefts[at] - scrollLeft, width: widths[column], pinned: false });
      }
      return seen;
    },
    /** The scroll position, changed as little as needed, at which a place is seen whole. */
    scrollFor(at, scrollLeft, viewPx) {
      if (at < pinned.length) return scrollLeft;
      const start = lefts[at] - pinnedPx;
      const end = lefts[at] + widths[order[at]] - viewPx;
      if (scrollLeft > start) return Math.max(start, 0);
      return scrollLeft < end ? Math.min(end, start) : scrollLeft;
    },
  };
}

/**
 * Return a width for a column from its texts: a guess, before anything is on the page. With
 * `nulls` the share of NULLs stands beside the type.
 */
export function guessWidth(name, type, texts, { charPx = 7.4, least = 64, most = 340, nulls = false } = {}) {
  const longest = texts.reduce((found, text) => Math.max(found, Math.min(text.length, 60)), 0);
  // The name stands beside two small buttons.
  const needed = Math.max(longest * charPx + 22, name.length * 7.8 + 62, type.length * 6.4 + (nulls ? 88 : 24));
  return Math.round(Math.min(Math.max(needed, least), most));
}
