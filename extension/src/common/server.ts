import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

/** A database, and the dialect of its SQL: redshift, postgres or duckdb. */
export interface IDatabase {
  /** The platform on which its id and those of its tables mean something; empty: that of the server. */
  readonly platform: string;
  readonly id: number;
  readonly name: string;
  readonly dialect: string;
}

/** The databases, and the id of the default one. */
export interface IDatabases {
  readonly databases: IDatabase[];
  readonly default: number | null;
}

/** A proposal, as civis_nb/lab/cells/items.py describes it. */
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
  /**
   * @param kind - The name of the error in civis_nb.errors.
   * @param isPassing - Whether the same request may succeed later.
   */
  constructor(
    message: string,
    readonly kind: string,
    readonly isPassing: boolean
  ) {
    super(message);
  }
}

/** The statuses of a proxy, as JupyterHub's, that does not reach the server behind it. */
const NOT_REACHED = [424, 502, 503, 504];

/** Return whether the Jupyter server was not reached. */
export function isSilence(reason: unknown): boolean {
  return (
    reason instanceof ServerConnection.NetworkError ||
    (reason instanceof ServerConnection.ResponseError && NOT_REACHED.includes(reason.response.status))
  );
}

/** Return the text of what a question to the server has failed with, and what to do. */
export function problemOf(reason: unknown): string {
  if (isSilence(reason)) {
    return 'The Jupyter server does not answer. Check that it is running, then try again.';
  }
  if (reason instanceof ServerConnection.ResponseError && [401, 403].includes(reason.response.status)) {
    return `The Jupyter server refuses this page: ${reason.message}. If it was started anew, reload the page.`;
  }
  return reason instanceof Error ? reason.message : String(reason);
}

/** Emitted when the server has refused a request, as it uses another platform than the page shows. */
export const platformChanged = new Signal<typeof ask, void>(ask);

/**
 * Ask the server part of the extension; Jupyter's own request adds the XSRF token.
 *
 * @param platform - The platform whose ids are asked for: the server refuses while it uses another.
 */
export async function ask<T>(path: string, init: RequestInit = {}, platform = ''): Promise<T> {
  const settings = ServerConnection.makeSettings();
  const url = URLExt.join(settings.baseUrl, 'civis-nb', withPlatform(path, platform));
  const response = await ServerConnection.makeRequest(url, init, settings);
  if (!response.ok) {
    throw await failureOf(response);
  }
  return (await response.json()) as T;
}

/** Return the error that an answer tells; who listens to `platformChanged` is told where it is that. */
export async function failureOf(response: Response): Promise<Error> {
  const failure = await response.clone().json().catch(() => null);
  if (failure?.kind === 'PlatformChanged') {
    platformChanged.emit();
  }
  return typeof failure?.problem === 'string'
    ? new PlatformError(failure.problem, failure.kind ?? '', failure.passes === true)
    : ServerConnection.ResponseError.create(response);
}

/** Return a path with the platform that it is about; empty: that which the server uses. */
export function withPlatform(path: string, platform: string): string {
  const named = new URLSearchParams({ platform }).toString();
  return platform ? `${path}${path.includes('?') ? '&' : '?'}${named}` : path;
}

/** The names of a large database are loaded for as long as this; each question waits 20 s. */
const QUESTIONS = 15;

/** Ask for names, again while the server says that it is still loading them. */
export async function askForNames<T>(path: string, platform: string): Promise<T> {
  for (let left = QUESTIONS; ; left -= 1) {
    try {
      return await ask<T>(path, {}, platform);
    } catch (reason) {
      if (left <= 1 || !(reason instanceof PlatformError && reason.kind === 'TimeoutError')) {
        throw reason;
      }
    }
  }
}

/** Return the databases; fresh: the server forgets what it keeps, of tables and columns as well. */
export async function getDatabases(platform = '', fresh = false): Promise<IDatabases> {
  const found = await askForNames<IDatabases>(`databases${fresh ? '?fresh=1' : ''}`, platform);
  return { ...found, databases: found.databases.map(one => ({ ...one, platform })) };
}

export function complete(question: ICompletionQuestion): Promise<ICompletion> {
  return ask('complete', { method: 'POST', body: JSON.stringify(question) });
}
