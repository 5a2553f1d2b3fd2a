/** The beginning of a cell that holds SQL; civis_nb/lab/magic_line.py has the same. */
const MAGIC = /^\s*%%(civis_sql|civisquery)(?=\s|$)/;

/** Return whether a cell holds SQL. */
export function isSqlCell(text: string): boolean {
  return MAGIC.test(text);
}

/** Return the database that the first line of a cell names; null where it names none. */
export function databaseOf(line: string): string | null {
  const magic = MAGIC.exec(line);
  if (magic === null) {
    return null;
  }
  const rest = line.slice(magic[0].length);
  const words: string[] = rest.match(/(?:"[^"]*"?|'[^']*'?|[^\s"'])+/g) ?? [];
  const bare = (word: string | undefined) => (word ? word.replace(/^["']|["']$/g, '') : null);
  if (magic[1] === 'civisquery') {
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
