import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { ask, withPlatform } from '../common/server';

/** A file, as civis_nb/lab/files/panel.py describes it. */
export interface IFile {
  /** The platform that has it. */
  readonly platform: string;
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
export async function getFiles(of: 'own' | 'outputs' | number, platform: string): Promise<IFile[]> {
  return (await ask<IFile[]>(`files?of=${of}`, {}, platform)).map(file => ({ ...file, platform }));
}

export function getProjects(platform: string): Promise<IProject[]> {
  return ask('files?of=projects', {}, platform);
}

/** Have the server remember a file, so that it is among those of one's own. */
export function lookUp(id: number, platform: string): Promise<unknown> {
  return ask(`files/${id}`, {}, platform);
}

export function forget({ id, platform }: IFile): Promise<null> {
  return ask(`files/${id}`, { method: 'DELETE' }, platform);
}

/** Upload a file; `id` is one that nothing else has, for `cancelUpload`. */
export function upload(
  file: File,
  id: string,
  signal: AbortSignal,
  platform: string
): Promise<Pick<IFile, 'id' | 'name' | 'size'>> {
  const query = new URLSearchParams({ name: file.name, upload: id });
  return ask(`files?${query.toString()}`, { method: 'POST', body: file, signal }, platform);
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
export function contentUrl({ id, platform }: IFile): string {
  const { baseUrl, token, appendToken } = ServerConnection.makeSettings();
  const url = URLExt.join(baseUrl, 'civis-nb', withPlatform(`files/${id}/content`, platform));
  const given = `${url.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`;
  return appendToken && token ? `${url}${given}` : url;
}
