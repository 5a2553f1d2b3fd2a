import type { IDatabase } from '../common/server';
import type { ITableRef } from './items';

/** Return the option of a magic that names a database. */
export function databaseOption(database: IDatabase): string {
  if (/^[\w.-]+$/.test(database.name)) {
    return `-d ${database.name}`;
  }
  // A name with quotes can't be quoted in a magic's line; the id can always be written.
  return database.name.includes('"') ? `-d ${database.id}` : `-d "${database.name}"`;
}

/** Return a cell that selects the first rows of a table. */
export function selectCell(table: Pick<ITableRef, 'database' | 'sql'>): string {
  return `%%civis_sql ${databaseOption(table.database)}\nselect *\nfrom ${table.sql}\nlimit 100`;
}
