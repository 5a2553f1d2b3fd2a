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

export function upload(file: File, signal: AbortSignal): Promise<IFile> {
  const name = new URLSearchParams({ name: file.name });
  return ask(`files?${name.toString()}`, { method: 'POST', body: file, signal });
}

/** Return the address from which the browser saves a file. */
export function contentUrl(id: number): string {
  const { baseUrl, token, appendToken } = ServerConnection.makeSettings();
  const url = URLExt.join(baseUrl, 'civis-nb', 'files', String(id), 'content');
  return appendToken && token ? `${url}?token=${encodeURIComponent(token)}` : url;
}
