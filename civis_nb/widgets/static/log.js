// A log as the browser knows it: lines by their numbers, some of them not loaded. No page is needed.

/** The levels of lines, the most severe first; others count as info. */
export const LEVELS = ["fatal", "error", "warn", "info", "debug"];

/** What a reader chooses by them. */
export const LEVEL_NAMES = {
  debug: "All levels",
  info: "Info and above",
  warn: "Warnings and above",
  error: "Errors only",
};

/** Lines of a log by number. A line is `[level, text]`, or `[level, [[text, css], …]]` with styles. */
export class LogStore {
  constructor() {
    /** The number of the first line that the kernel keeps, and of the one after the last. */
    this.first = 0;
    this.total = 0;
    this._lines = new Map();
  }

  /** How many lines are loaded. */
  get loaded() {
    return this._lines.size;
  }

  /** Keep lines from number `start` on; those that are there already are replaced. */
  put(start, lines, first = this.first, total = this.total) {
    // By the way that is shorter: a log may begin anywhere.
    if (first - this.first < this.loaded) {
      for (let at = this.first; at < first; at += 1) this._lines.delete(at);
    } else {
      for (const at of this._lines.keys()) if (at < first) this._lines.delete(at);
    }
    this.first = Math.max(this.first, first);
    this.total = Math.max(this.total, total, start + lines.length);
    lines.forEach((line, offset) => {
      const number = start + offset;
      if (number >= this.first) this._lines.set(number, line);
    });
  }

  /** Forget all: another log follows. */
  clear() {
    this.first = this.total = 0;
    this._lines.clear();
  }

  get(number) {
    return this._lines.get(number);
  }

  /** Whether every line that the kernel keeps is loaded. */
  get complete() {
    return this.loaded === this.total - this.first;
  }

  /**
   * Return the range of lines to ask for, so that the given numbers are loaded; null if they are.
   * It is widened to `most` lines, mostly towards the beginning, where a reader goes next.
   */
  wanted(numbers, most = 500) {
    const missing = numbers.filter((number) => number >= this.first && !this._lines.has(number));
    if (missing.length === 0) return null;
    let start = missing[0];
    let stop = start + 1;
    for (const number of missing) if (number < start + most) stop = Math.max(stop, number + 1);
    while (stop - start < most && start > this.first && !this._lines.has(start - 1)) start -= 1;
    while (stop - start < most && stop < this.total && !this._lines.has(stop)) stop += 1;
    return [start, stop];
  }

  /** Return the numbers of loaded lines that hold a text and are of a level or a more severe one. */
  find(text, level, start = 0) {
    const wantedText = text.toLowerCase();
    const found = [];
    for (let number = Math.max(start, this.first); number < this.total; number += 1) {
      const line = this._lines.get(number);
      if (line && isOfLevel(line[0], level) && textOf(line).toLowerCase().includes(wantedText)) {
        found.push(number);
      }
    }
    return found;
  }

  /** Return the text of the loaded lines of a level, or of a more severe one. */
  text(level = "debug") {
    return this.find("", level, this.first).map((number) => `${textOf(this._lines.get(number))}\n`).join("");
  }
}

export function isOfLevel(level, least) {
  const place = LEVELS.indexOf(level);
  return (place < 0 ? LEVELS.indexOf("info") : place) <= LEVELS.indexOf(least);
}

/** Return the text of a line. */
export function textOf(line) {
  return typeof line[1] === "string" ? line[1] : line[1].map(([text]) => text).join("");
}

/** Return the stretches of a line: text, CSS, and whether it is what was searched for. */
export function stretches(line, searched = "") {
  const parts = typeof line[1] === "string" ? [[line[1], ""]] : line[1];
  const places = searched ? placesOf(textOf(line).toLowerCase(), searched.toLowerCase()) : [];
  const found = [];
  let at = 0;
  for (const [text, css] of parts) {
    let begin = 0;
    while (begin < text.length) {
      const place = places.find(([, stop]) => stop > at + begin);
      const inside = place !== undefined && place[0] <= at + begin;
      const edge = place === undefined ? Infinity : (inside ? place[1] : place[0]) - at;
      const end = Math.min(text.length, edge);
      found.push({ text: text.slice(begin, end), css, hit: inside });
      begin = end;
    }
    at += text.length;
  }
  return found;
}

function placesOf(text, searched) {
  const found = [];
  for (let at = text.indexOf(searched); at >= 0; at = text.indexOf(searched, at + searched.length)) {
    found.push([at, at + searched.length]);
  }
  return found;
}

/** Return the places, from 0 on, of the rows to be on the page of a list that scrolls. */
export function windowOf({ top, height, row, count, beyond = 20 }) {
  const start = Math.max(0, Math.floor(top / row) - beyond);
  return { start: Math.min(start, count), stop: Math.min(count, Math.ceil((top + height) / row) + beyond) };
}

/** Return whether a box is scrolled to its end. */
export function isAtEnd({ scrollTop, clientHeight, scrollHeight }, slack = 4) {
  return scrollHeight - scrollTop - clientHeight <= slack;
}

/** Return the place in sorted numbers of the first one that is not below `number`. */
export function placeOf(numbers, number) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Return numbers merged with newer ones: those from `start` on are replaced. */
export function merged(numbers, newer, start) {
  return [...numbers.slice(0, placeOf(numbers, start)), ...newer];
}
