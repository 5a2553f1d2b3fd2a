import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { ask } from '../common/server';

/** A file, as civis_nb/lab/files.py describes it. */
export interface IFile {
  readonly id: number;
  readonly name: string;
  readonly size: number | null;
  /** The job that has put it out. */
  readonly of?: string;
  readonly expires_at?: string | null;
}

export interface IProject {
  readonly id: number;
  readonly name: string;
}

/** Return files: those of here, those that runs have put out, or those of a project. */
export function getFiles(of: 'own' | 'outputs' | number): Promise<IFile[]> {
  return ask(`files?of=${of}`);
}

export function getProjects(): Promise<IProject[]> {
  return ask('files?of=projects');
}

export function lookUp(id: number): Promise<IFile> {
  return ask(`files/${id}`);
}

export function forget(id: number): Promise<null> {
  return ask(`files/${id}`, { method: 'DELETE' });
}

/** Upload a file; `id` is one that nothing else has, for `cancelUpload`. */
export function upload(file: File, id: string, signal: AbortSignal): Promise<IFile> {
  const query = new URLSearchParams({ name: file.name, upload: id });
  return ask(`files?${query.toString()}`, { method: 'POST', body: file, signal });
}

/**
 * Cancel an upload.
 *
 * @returns Whether the server has all of the file: then it may be too late, which the answer to the
 * upload tells. Else nothing comes of it.
 */
export async function cancelUpload(id: string): Promise<boolean> {
  const found = await ask<{ is_received: boolean }>(`files/uploads/${id}`, { method: 'DELETE' });
  return found.is_received;
}

/** Return the address from which the browser saves a file. */
export function contentUrl(id: number): string {
  const { baseUrl, token, appendToken } = ServerConnection.makeSettings();
  const url = URLExt.join(baseUrl, 'civis-nb', 'files', String(id), 'content');
  return appendToken && token ? `${url}?token=${encodeURIComponent(token)}` : url;
}
