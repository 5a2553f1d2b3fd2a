import type { IMimeBundle } from '@jupyterlab/nbformat';
import { ask, askForNames, IDatabase } from '../common/server';

/** A table: its id, its name, whether it is a view, and how SQL writes the name where that differs. */
export type TableEntry = [number, string, boolean, string?];

export interface ISchemaEntry {
  readonly name: string;
  readonly sql: string;
  readonly tables: TableEntry[];
}

export interface IColumnEntry {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly sql: string;
}

/** What a preview or a profile shows. */
export interface IShown {
  readonly bundle: IMimeBundle;
}

function query(values: Record<string, string | number>): string {
  return `?${new URLSearchParams(Object.entries(values).map(([name, one]) => [name, String(one)]))}`;
}

export async function getSchemas({ id, platform }: IDatabase): Promise<ISchemaEntry[]> {
  const path = `data/tables${query({ database: id })}`;
  return (await askForNames<{ schemas: ISchemaEntry[] }>(path, platform)).schemas;
}

export async function getColumns({ id, platform }: IDatabase, table: number): Promise<IColumnEntry[]> {
  const path = `data/columns${query({ database: id, table })}`;
  return (await askForNames<{ columns: IColumnEntry[] }>(path, platform)).columns;
}

/** A table of a platform, by the ids that this has given. */
export interface ITableIds {
  readonly platform: string;
  readonly database: number;
  readonly table: number;
}

export function getPreview({ platform, database, table }: ITableIds, signal: AbortSignal): Promise<IShown> {
  return ask(`data/preview${query({ database, table })}`, { signal }, platform);
}

export function getProfile(
  { platform, database, table }: ITableIds,
  column: string | null,
  signal: AbortSignal
): Promise<IShown> {
  const wanted = { database, table, ...(column === null ? {} : { column }) };
  return ask(`data/profile${query(wanted)}`, { signal }, platform);
}

/** Have the platform look for new tables of a schema. */
export function scan({ id, platform }: IDatabase, schema: string): Promise<void> {
  return ask('data/scan', { method: 'POST', body: JSON.stringify({ database: id, schema }) }, platform);
}
