import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** A database, and the dialect of its SQL: redshift, postgres or duckdb. */
export interface IDatabase {
  readonly id: number;
  readonly name: string;
  readonly dialect: string;
}

/** The databases, and the id of the default one. */
export interface IDatabases {
  readonly databases: IDatabase[];
  readonly default: number | null;
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

/** The names of a large database are loaded for as long as this; each question waits 20 s. */
const QUESTIONS = 15;

/** Ask for names, again while the server says that it is still loading them. */
export async function askForNames<T>(path: string): Promise<T> {
  for (let left = QUESTIONS; ; left -= 1) {
    try {
      return await ask<T>(path);
    } catch (reason) {
      if (left <= 1 || !(reason instanceof PlatformError && reason.kind === 'TimeoutError')) {
        throw reason;
      }
    }
  }
}

/** Return the databases; fresh: the server forgets what it keeps, of tables and columns as well. */
export function getDatabases(fresh = false): Promise<IDatabases> {
  return askForNames(`databases${fresh ? '?fresh=1' : ''}`);
}

export function complete(question: ICompletionQuestion): Promise<ICompletion> {
  return ask('complete', { method: 'POST', body: JSON.stringify(question) });
}
