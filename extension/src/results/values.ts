/** How cells, which are kept as texts, are compared: as civis_nb/widgets/query.py compares values. */

export type Family =
  | 'integer'
  | 'decimal'
  | 'double'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'time'
  | 'boolean'
  | 'text'
  | 'other';

const NAMED: readonly Family[] = ['date', 'timestamp', 'timestamptz', 'time', 'boolean', 'text'];
const PATTERNS: readonly [RegExp, Family][] = [
  [/^(u?int(8|16|32|64)|tinyint|smallint|integer|bigint)$/, 'integer'],
  [/^decimal/, 'decimal'],
  [/^(real|double|float16)$/, 'double'],
  // The Data panel shows them in the words of the database.
  [/^(n?(var)?char|bpchar|character( varying)?)(\(|$)/, 'text']
];

const EXAMPLES: Partial<Record<Family, string>> = {
  integer: '1200',
  decimal: '12.50',
  double: '0.25',
  date: '2024-01-31',
  timestamp: '2024-01-31 12:00',
  timestamptz: '2024-01-31 12:00+00:00',
  time: '12:00'
};

/** Return how values of a type are compared. */
export function familyOf(type: string | null): Family {
  const name = type ?? '';
  const family = PATTERNS.find(([names]) => names.test(name))?.[1];
  return family ?? NAMED.find(one => one === name) ?? 'other';
}

/** A value that can be compared: a number with its text, an instant with its fraction, or text. */
type Value = number | bigint | [number, string] | string;

const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;
const TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?$/;
/** Numbers of more digits than a double holds are compared by all of them: 38 is what decimals have. */
const DIGITS_BEHIND_POINT = 38;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?$/;

function instant(text: string): [number, string] | null {
  const match = INSTANT.exec(text);
  if (match === null) {
    return null;
  }
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(part => Number(part ?? 0));
  const zone = match[8] ?? 'Z';
  const [hours, minutes] = zone === 'Z' ? [0, 0] : [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  const east_min = (zone.startsWith('-') ? -1 : 1) * (hours * 60 + (zone.length > 3 ? minutes : 0));
  const ms = Date.UTC(year, month - 1, day, hour, minute - east_min, second);
  const isDay = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
  return isDay && hour < 24 && minute < 60 ? [ms, (match[7] ?? '').replace(/0+$/, '')] : null;
}

function time(text: string): [number, string] | null {
  const match = TIME.exec(text);
  if (match === null) {
    return null;
  }
  const [hour, minute, second] = match.slice(1, 4).map(part => Number(part ?? 0));
  return [(hour * 60 + minute) * 60 + second, (match[4] ?? '').replace(/0+$/, '')];
}

function exactNumber(text: string): bigint | null {
  const [, sign, whole, behind = ''] = NUMBER.exec(text) ?? [];
  if ((whole ?? '') + behind === '' || behind.length > DIGITS_BEHIND_POINT) {
    return null;
  }
  const digits = BigInt(whole + behind.padEnd(DIGITS_BEHIND_POINT, '0'));
  return sign === '-' ? -digits : digits;
}

function double(text: string): number | null {
  const words: Record<string, number> = { nan: NaN, inf: Infinity, '-inf': -Infinity };
  const known = words[text.toLowerCase()];
  const value = known ?? Number(text);
  return text.trim() === '' || (known === undefined && Number.isNaN(value)) ? null : value;
}

/** Return the value that a text stands for; null where it is none of the family. */
export function valueOf(text: string, family: Family): Value | null {
  switch (family) {
    case 'integer':
    case 'decimal':
      return exactNumber(text);
    case 'double':
      return double(text);
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return instant(text);
    case 'time':
      return time(text);
    default:
      return text;
  }
}

/** Return the value of what a person wrote; throw what is wrong with it. */
export function readValue(text: string, family: Family, column: string, type: string): Value {
  const trimmed = text.trim();
  const isNumber = family === 'integer' || family === 'decimal' || family === 'double';
  const value = valueOf(isNumber ? trimmed.replace(/[,_]/g, '') : trimmed, family);
  if (value === null) {
    const example = EXAMPLES[family];
    throw new Error(
      `“${text}” is no value of the column “${column}”, whose type is ${type}` +
        (example ? `: write it like ${example}.` : '.')
    );
  }
  return value;
}

/** Return the order of two values of one family; NaN is the greatest, as in the database. */
export function compareValues(one: Value, other: Value): number {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one[0] - other[0] || compareTexts(one[1], other[1]);
  }
  if (typeof one === 'string' && typeof other === 'string') {
    return compareTexts(one, other);
  }
  if (typeof one === 'number' && typeof other === 'number') {
    if (Number.isNaN(one) || Number.isNaN(other)) {
      return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
    }
  }
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Return the order of two texts by their characters, as UTF-8 has them; `<` looks at UTF-16 units. */
function compareTexts(one: string, other: string): number {
  if (one === other) {
    return 0;
  }
  const length = Math.min(one.length, other.length);
  let at = 0;
  while (at < length && one[at] === other[at]) {
    at += 1;
  }
  if (at === length) {
    return one.length - other.length;
  }
  const isLow = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;
  // Two pairs that differ in their second half alone: the characters begin a unit before.
  const from = isLow(one.charCodeAt(at)) && isLow(other.charCodeAt(at)) ? at - 1 : at;
  return (one.codePointAt(from) ?? 0) - (other.codePointAt(from) ?? 0);
}
