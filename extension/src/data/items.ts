import {
  columnIcon,
  databaseIcon,
  numberColumnIcon,
  schemaIcon,
  tableIcon,
  textColumnIcon,
  timeColumnIcon,
  truthColumnIcon,
  viewIcon
} from '../common/icons';
import type { IListItem } from '../common/list';
import type { IDatabase } from '../common/server';
import { getColumns, getSchemas, IColumnEntry, ISchemaEntry, TableEntry } from './api';

/** A schema of a database. */
export interface ISchemaRef {
  readonly database: IDatabase;
  readonly schema: string;
}

/** A table, and how SQL writes its name. */
export interface ITableRef extends ISchemaRef {
  readonly id: number;
  readonly name: string;
  /** The schema and the name, as SQL writes them. */
  readonly sql: string;
}

/** What an item of the panel is. */
export type DataItem =
  | { readonly kind: 'database'; readonly database: IDatabase }
  | ({ readonly kind: 'schema' } & ISchemaRef)
  | { readonly kind: 'table'; readonly table: ITableRef }
  | { readonly kind: 'column'; readonly table: ITableRef; readonly column: IColumnEntry };

type Item = IListItem<DataItem>;

/** Return the item of a database, which loads its schemas and tables. */
export function databaseItem(database: IDatabase): Item {
  return {
    key: `${database.id}`,
    label: database.name,
    detail: database.dialect,
    icon: databaseIcon,
    value: { kind: 'database', database },
    emptyText: 'No schemas',
    children: async () =>
      (await getSchemas(database)).map(schema => schemaItem(database, schema))
  };
}

function schemaItem(database: IDatabase, schema: ISchemaEntry): Item {
  // Apart from those of tables: any text may be the name of a schema.
  const key = `${database.id}/schema/${schema.name}`;
  const count = schema.tables.length;
  return {
    key,
    label: schema.name,
    detail: count === 1 ? '1 table' : `${count.toLocaleString()} tables`,
    icon: schemaIcon,
    value: { kind: 'schema', database, schema: schema.name },
    emptyText: 'No tables',
    children: schema.tables.map(table => tableItem(database, schema, table))
  };
}

function tableItem(database: IDatabase, schema: ISchemaEntry, entry: TableEntry): Item {
  const [id, name, isView, sql = name] = entry;
  const table = { database, schema: schema.name, id, name, sql: `${schema.sql}.${sql}` };
  return {
    key: `${database.id}/table/${id}`,
    label: name,
    detail: isView ? 'view' : undefined,
    hint: `${schema.name}.${name}${isView ? ' · view' : ''}`,
    icon: isView ? viewIcon : tableIcon,
    search: `${schema.name}.${name}`,
    value: { kind: 'table', table },
    emptyText: 'No columns',
    children: async () =>
      (await getColumns(database, id)).map((column, place) => columnItem(table, column, place))
  };
}

function columnItem(table: ITableRef, column: IColumnEntry, place: number): Item {
  return {
    key: `${table.database.id}/table/${table.id}/${place}/${column.name}`,
    label: column.name,
    detail: column.type,
    hint: [column.name, column.type, column.description].filter(Boolean).join(' · '),
    icon: iconOf(column.type),
    value: { kind: 'column', table, column }
  };
}

function iconOf(type: string) {
  if (/^(small|big|tiny|huge|u)?int|^(dec|numeric|real|double|float)/.test(type)) {
    return numberColumnIcon;
  }
  if (/^(date|time)/.test(type)) {
    return timeColumnIcon;
  }
  if (/^bool/.test(type)) {
    return truthColumnIcon;
  }
  return /char|text|string/.test(type) ? textColumnIcon : columnIcon;
}
