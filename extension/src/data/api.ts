import type { IMimeBundle } from '@jupyterlab/nbformat';
import { ask, askForNames } from '../common/server';

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

export async function getSchemas(database: number): Promise<ISchemaEntry[]> {
  const found = await askForNames<{ schemas: ISchemaEntry[] }>(`data/tables${query({ database })}`);
  return found.schemas;
}

export async function getColumns(database: number, table: number): Promise<IColumnEntry[]> {
  const path = `data/columns${query({ database, table })}`;
  return (await askForNames<{ columns: IColumnEntry[] }>(path)).columns;
}

export function getPreview(database: number, table: number, signal: AbortSignal): Promise<IShown> {
  return ask(`data/preview${query({ database, table })}`, { signal });
}

export function getProfile(
  database: number,
  table: number,
  column: string | null,
  signal: AbortSignal
): Promise<IShown> {
  const wanted = { database, table, ...(column === null ? {} : { column }) };
  return ask(`data/profile${query(wanted)}`, { signal });
}

/** Have the platform look for new tables of a schema. */
export function scan(database: number, schema: string): Promise<void> {
  return ask('data/scan', { method: 'POST', body: JSON.stringify({ database, schema }) });
}
