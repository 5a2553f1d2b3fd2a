/** What notebooks keep of runs as data, as civis_nb/display writes it; checked before it is shown. */

import { isCount, isRecord, isText, isTextOrNull } from './checks';

export const RUN_MIME = 'application/vnd.civis.run+json';
export const GROUP_MIME = 'application/vnd.civis.runs+json';

/** A line of a log, as civis_nb/widgets/static/log.js has it: its text, or stretches with their CSS. */
export type Line = [level: string, text: string | [text: string, css: string][]];

/** The last lines of a log: civis_nb/display/run_view.py. */
export interface ISavedLog {
  total: number;
  lines: Line[];
}

/** The declarations that civis_nb/display/ansi.py writes; no others go into the page. */
const LOOK = [
  'font-weight:bold',
  'font-style:italic',
  'text-decoration:underline',
  'color:color-mix\\(in srgb, currentColor \\d{1,2}%, (#[0-9a-f]{6}|transparent)\\)',
  'background:color-mix\\(in srgb, #[0-9a-f]{6} \\d{1,2}%, transparent\\)'
].join('|');
const LOOKS = new RegExp(`^(?:(?:${LOOK})(?:;(?!$)|$))*$`);

const isStretch = (value: unknown): value is [string, string] =>
  Array.isArray(value) && value.length === 2 && isText(value[0]) && isText(value[1]) && LOOKS.test(value[1]);

/** No log has more lines, and a page can scroll no further. */
const MOST_LINES = 1_000_000_000;

/** Return a line of a log; null for what is none. */
function lineOf(value: unknown): Line | null {
  if (!Array.isArray(value) || value.length > 3 || !isText(value[0]) || !isText(value[1])) {
    return null;
  }
  const [level, text, stretches] = value;
  if (stretches === undefined) {
    return [level, text];
  }
  return Array.isArray(stretches) && stretches.every(isStretch) ? [level, stretches] : null;
}

/** Return the log that a cell keeps of a run; null where there is none, or a version that is not known. */
export function savedLog(data: unknown): ISavedLog | null {
  const log = isRecord(data) && data.version === 1 ? data.log : null;
  if (!isRecord(log) || !isCount(log.total) || log.total > MOST_LINES || !Array.isArray(log.lines)) {
    return null;
  }
  const lines = log.lines.map(lineOf).filter((line): line is Line => line !== null);
  const isWhole = lines.length === log.lines.length && lines.length <= log.total;
  return isWhole && lines.length ? { total: log.total, lines } : null;
}

/** Several runs: civis_nb/display/group_view.py. The view reads what else is in it. */
export interface ISavedGroup {
  readonly caption: string;
  readonly runs: readonly Record<string, unknown>[];
}

const isSpan = (value: unknown) => value === null || (typeof value === 'number' && value >= 0);

const isRun = (value: unknown): boolean =>
  isRecord(value) &&
  ['title', 'state', 'state_text', 'ids'].every(name => isText(value[name])) &&
  [value.url, value.error].every(isTextOrNull) &&
  [value.queued_s, value.running_s, value.elapsed_s].every(isSpan) &&
  typeof value.ended === 'boolean' &&
  isCount(value.place);

/** Return the runs that a cell keeps; null for what is none, or of a version that is not known. */
export function savedGroup(data: unknown): ISavedGroup | null {
  if (!isRecord(data) || data.version !== 1) {
    return null;
  }
  const { caption, runs, total, done, ended, counts, left_out } = data;
  const fits =
    isText(caption) &&
    Array.isArray(runs) &&
    runs.length > 0 &&
    runs.every(isRun) &&
    new Set(runs.map(one => one.place)).size === runs.length &&
    isCount(total) &&
    isCount(done) &&
    done <= total &&
    typeof ended === 'boolean' &&
    isRecord(counts) &&
    isText(left_out);
  return fits ? (data as unknown as ISavedGroup) : null;
}
