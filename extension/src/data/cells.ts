import { magicWord } from '../common/magic_words';
import type { IDatabase } from '../common/server';
import type { ITableRef } from './items';

/** Return the option of a magic that names a database. */
export function databaseOption(database: IDatabase): string {
  // What colours and completes a cell does not read escapes; the id can always be written.
  return `-d ${database.name.includes('"') ? database.id : magicWord(database.name)}`;
}

/** Return a cell that selects the first rows of a table. */
export function selectCell(table: Pick<ITableRef, 'database' | 'sql'>): string {
  return `%%civis_sql ${databaseOption(table.database)}\nselect *\nfrom ${table.sql}\nlimit 100`;
}
