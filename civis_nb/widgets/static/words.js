// What a table view says: captions, filters and summaries in words; no page.

import { counted, oneLine, thousands } from "./common.js";

/** Names that have so many first characters in common may look alike in a narrow column. */
const FEWEST_ALIKE = 12;

/** Return what a filter demands, in words. */
export function filterText(filter, name) {
  const column = oneLine(name);
  if (filter.kind === "null") return `${column} is ${filter.is_null ? "" : "not "}NULL`;
  if (filter.kind === "range") {
    if (filter.low == null) return `${column} ≤ ${filter.high}`;
    if (filter.high == null) return `${column} ≥ ${filter.low}`;
    return `${column} from ${filter.low} to ${filter.high}`;
  }
  if (filter.kind === "set") {
    const shown = filter.values.slice(0, 3).map((one) => (one === null ? "NULL" : oneLine(one)));
    const more = filter.values.length - shown.length;
    const list = shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
    return `${column} ${filter.exclude ? "is none of" : "is"} ${list}`;
  }
  const words = { contains: "contains", lacks: "lacks", equals: "equals", starts: "starts with", ends: "ends with" };
  return `${column} ${words[filter.op] ?? filter.op} “${oneLine(filter.value)}”`;
}

/** Return the order in words. */
export function sortText(sort, names) {
  return sort.map((one) => `${oneLine(names[one.column])} ${one.descending ? "↓" : "↑"}`).join(", then ");
}

/** Return how many rows there are, of how many. */
export function countText({ matched, held, total, complete }, filtered) {
  const all = total ?? held;
  if (!complete && total == null) {
    const first = `the first ${counted(held, "row")}; the total is not known`;
    return filtered ? `${thousands(matched)} of ${first}` : first;
  }
  if (held < all) {
    const kept = `the first ${thousands(held)} of ${counted(all, "row")}`;
    return filtered ? `${thousands(matched)} of ${kept}` : kept;
  }
  return filtered ? `${thousands(matched)} of ${counted(all, "row")}` : counted(all, "row");
}

/** Return a share of NULLs for a header: "3% NULL", "<1% NULL"; empty when there are none. */
export function nullText(nulls, rows) {
  if (!nulls) return "";
  if (nulls === rows) return "all NULL";
  const share = (100 * nulls) / rows;
  return share < 1 ? "<1% NULL" : share > 99 ? ">99% NULL" : `${Math.round(share)}% NULL`;
}

/** Return a summary in words: the title of a histogram, and what a screen reader reads of it. */
export function summaryText(summary) {
  const parts = [];
  if (summary.low !== null && summary.low !== undefined) {
    parts.push(summary.low === summary.high ? `always ${summary.low}` : `from ${summary.low} to ${summary.high}`);
  }
  if (summary.distinct !== null && summary.distinct !== undefined) {
    parts.push(`about ${counted(summary.distinct, "different value")}`);
  }
  if (summary.top?.length) {
    const most = summary.top.slice(0, 3).map(([value, count]) => `${oneLine(value)} (${thousands(count)})`);
    parts.push(`most often ${most.join(", ")}`);
  }
  parts.push(summary.nulls ? `${thousands(summary.nulls)} NULL` : "no NULL");
  return parts.join("; ");
}

/** Return a number of bytes for a person. */
export function bytesText(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(bytes / 1e3, 0.1).toFixed(1)} kB`;
}

/** Return the sort after a click on a header: it goes round from ↑ to ↓ to none. */
export function nextSort(sort, column, add) {
  const found = sort.find((one) => one.column === column);
  if (!add) {
    if (!found || sort.length > 1) return [{ column, descending: false }];
    return found.descending ? [] : [{ column, descending: true }];
  }
  if (!found) return [...sort, { column, descending: false }];
  if (found.descending) return sort.filter((one) => one !== found);
  return sort.map((one) => (one === found ? { column, descending: true } : one));
}

/** Return the filters with those of one column replaced. */
export function withFilter(filters, column, ...added) {
  return [...filters.filter((one) => one.column !== column), ...added];
}

/**
 * Return each name in two parts, the second of which distinguishes it from the name that begins
 * most like it; empty where the beginning does.
 */
export function nameParts(names) {
  const sorted = [...new Set(names)].sort();
  const own = new Map(sorted.map((name) => [name, 0]));
  for (let at = 1; at < sorted.length; at += 1) {
    const [one, other] = [sorted[at - 1], sorted[at]];
    let same = 0;
    while (same < one.length && one[same] === other[same]) same += 1;
    for (const name of [one, other]) own.set(name, Math.max(own.get(name), same));
  }
  return names.map((name) => {
    const end = own.get(name);
    if (end < FEWEST_ALIKE) return [name, ""];
    // From the beginning of a word on, where one begins near it; and between whole characters.
    const word = Math.max(...["_", "-", " ", "."].map((mark) => name.lastIndexOf(mark, end - 2))) + 1;
    let start = end - word <= FEWEST_ALIKE ? word : end;
    if (/[\udc00-\udfff]/.test(name[start] ?? "")) start -= 1;
    return [name.slice(0, start), name.slice(start)];
  });
}
