/** The beginning of a cell that holds SQL; civis_nb/lab/cells/magic_line.py has the same. */
const CELL = /^\s*(?:%%(?:time|timeit|capture|prun)\b[^\n]*\n)*[^\S\n]*%%(civis_sql|civisquery)(?=\s|$)/;
/** A line of Python that runs SQL. */
const LINE = /^[^\S\n]*(?:[\p{L}_][\w.[\]'", ]*=[^\S\n]*)?%(civis_sql|civisquery)(?=\s|$)/u;
const WORD = /(?:"[^"]*"?|'[^']*'?|[^\s"'])+/g;
/** The options that take a value; tests/lab/test_line_magic.py compares them with the magic's. */
const WITH_VALUE = new Set(
  (
    '-d --database --credential -p --param --params --ident -f --file --again --save --with --as ' +
    '--types -n --limit --rows --max-rows --to --if-exists --cache --timeout --plot'
  ).split(' ')
);

/** Return whether a cell holds SQL. */
export function isSqlCell(text: string): boolean {
  return CELL.test(text);
}

/** Return where the line of a SQL cell's magic ends; -1 in other cells. */
export function endOfMagic(text: string): number {
  const magic = CELL.exec(text);
  if (magic === null) {
    return -1;
  }
  const end = text.indexOf('\n', magic[0].length);
  return end < 0 ? text.length : end;
}

/**
 * Return whether a cell of a notebook can hold magics of Python.
 *
 * @param mimeType - That of the cell; of plain text before the kernel has said its language.
 */
export function canHoldMagics(mimeType: string): boolean {
  return /python|^text\/plain$|^$/.test(mimeType);
}

/** Return the database that a cell names in its magic's line; null where it names none. */
export function databaseOf(text: string): string | null {
  const magic = CELL.exec(text);
  return magic === null
    ? null
    : databaseIn(magic[1], text.slice(magic[0].length, endOfMagic(text)));
}

function databaseIn(magic: string, options: string): string | null {
  const words: string[] = options.match(WORD) ?? [];
  const bare = (word: string | undefined) => (word ? word.replace(/^["']|["']$/g, '') : null);
  if (magic === 'civisquery') {
    return words.length && !words[0].startsWith('-') ? bare(words[0]) : null;
  }
  for (const [index, word] of words.entries()) {
    if (word === '-d' || word === '--database') {
      return bare(words[index + 1]);
    }
    if (word.startsWith('--database=')) {
      return bare(word.slice('--database='.length));
    }
    if (word.startsWith('-d')) {
      return bare(word.slice(2));
    }
  }
  return null;
}

/** A magic in a line of Python that runs SQL. */
export interface ILineMagic {
  /** Where its name begins, with its percent sign, and where that ends. */
  start: number;
  nameEnd: number;
  /** Where its SQL begins; the end of the line where there is none. */
  sqlStart: number;
  database: string | null;
}

/** Return the magic that a line of Python is; null for all other lines. */
export function lineMagicOf(line: string): ILineMagic | null {
  const found = line.includes('%civis') ? LINE.exec(line) : null;
  if (found === null) {
    return null;
  }
  const nameEnd = found[0].length;
  let isValue = found[1] === 'civisquery';
  let sqlStart = line.length;
  for (const word of line.slice(nameEnd).matchAll(WORD)) {
    if (isValue) {
      isValue = false;
    } else if (word[0].startsWith('-') && word[0] !== '--') {
      isValue = WITH_VALUE.has(word[0]);
    } else {
      sqlStart = nameEnd + word.index;
      break;
    }
  }
  const database = databaseIn(found[1], line.slice(nameEnd, sqlStart));
  return { start: nameEnd - found[1].length - 1, nameEnd, sqlStart, database };
}

/**
 * Return a text whose continued lines are one: a backslash at a line's end becomes a blank, as in
 * IPython, and so does the break behind it. Each place stays where it is.
 */
export function joinLines(text: string): string {
  return text.replaceAll('\\\n', '  ');
}

/** Return whether a place is in SQL, or in the words of a magic that runs SQL. */
export function isInSql(text: string, offset: number): boolean {
  if (isSqlCell(text)) {
    return true;
  }
  const whole = joinLines(text);
  const start = whole.lastIndexOf('\n', offset - 1) + 1;
  const end = whole.indexOf('\n', offset);
  const magic = lineMagicOf(whole.slice(start, end < 0 ? whole.length : end));
  return magic !== null && offset > start + magic.nameEnd;
}
