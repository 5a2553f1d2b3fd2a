// Words about a page of a list.

/** Return which page is shown, of how many, and which items are on it. */
export function placeText({ number, pages, first, items, last }) {
  if (!number) return "Nothing is fetched yet";
  const of = pages ? ` of ${pages}` : last ? ", the last" : "";
  if (!items) return number === 1 ? "The list is empty" : `Page ${number}${of}: no items`;
  const range = items === 1 ? `item ${first}` : `items ${first}–${first + items - 1}`;
  return `Page ${number}${of}: ${range}`;
}
