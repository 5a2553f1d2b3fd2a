import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** A database, and the dialect of its SQL: redshift, postgres or duckdb. */
export interface IDatabase {
  name: string;
  dialect: string;
}

/** What the server knows of databases; the reason where it knows none. */
export interface IDatabases {
  databases: IDatabase[];
  default: string | null;
  problem: string;
}

/** A proposal, as civis_nb/lab/items.py describes it. */
export interface IProposal {
  label: string;
  kind: string;
  detail: string;
  insert: string;
  documentation: string;
}

export interface ICompletion {
  typed: string;
  items: IProposal[];
  problem: string;
}

export interface ICompletionQuestion {
  cell: string;
  /** The cursor's place, in characters (not UTF-16 units). */
  offset: number;
  variables: Record<string, string>;
  database: string | null;
}

/** Ask the server part of the extension; Jupyter's own request adds the XSRF token. */
export async function ask<T>(path: string, init: RequestInit): Promise<T> {
  const settings = ServerConnection.makeSettings();
  const url = URLExt.join(settings.baseUrl, 'civis-nb', path);
  const response = await ServerConnection.makeRequest(url, init, settings);
  if (!response.ok) {
    throw await ServerConnection.ResponseError.create(response);
  }
  return (await response.json()) as T;
}

export function getDatabases(): Promise<IDatabases> {
  return ask('databases', { method: 'GET' });
}

export function complete(question: ICompletionQuestion): Promise<ICompletion> {
  return ask('complete', { method: 'POST', body: JSON.stringify(question) });
}
