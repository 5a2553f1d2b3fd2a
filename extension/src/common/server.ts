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

/** What the platform, or the way to it, has failed with: a text for the user. */
export class PlatformError extends Error {
  /** @param kind - The name of the error in civis_nb.errors. */
  constructor(
    message: string,
    readonly kind: string
  ) {
    super(message);
  }
}

/** Return the text of what a question to the server has failed with, and what to do. */
export function problemOf(reason: unknown): string {
  if (reason instanceof ServerConnection.NetworkError) {
    return 'The Jupyter server does not answer. Check that it is running, then try again.';
  }
  return reason instanceof Error ? reason.message : String(reason);
}

/** Ask the server part of the extension; Jupyter's own request adds the XSRF token. */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const settings = ServerConnection.makeSettings();
  const url = URLExt.join(settings.baseUrl, 'civis-nb', path);
  const response = await ServerConnection.makeRequest(url, init, settings);
  if (!response.ok) {
    const failure = await response.clone().json().catch(() => null);
    if (typeof failure?.problem === 'string') {
      throw new PlatformError(failure.problem, failure.kind ?? '');
    }
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
