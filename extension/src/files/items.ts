import { fileIcon, folderIcon } from '@jupyterlab/ui-components';
import { sizeText } from '../common/amounts';
import type { IListItem } from '../common/list';
import { getFiles, getProjects, IFile } from './api';

/** An item of the tree: a file, or what files are in. */
export type FileItem = { readonly file: IFile; readonly isOwn: boolean } | { readonly file: null };

/** Return a file as an item; keys tell apart where in the tree it is. */
export function fileItem(file: IFile, within: string): IListItem<FileItem> {
  const facts = [file.size === null ? null : sizeText(file.size), file.of].filter(Boolean);
  const expires = file.expires_at ? `expires ${new Date(file.expires_at).toLocaleString()}` : null;
  return {
    key: `${within}/${file.id}`,
    label: file.name,
    detail: facts.join(' · '),
    hint: [file.name, `file ${file.id}`, ...facts, expires].filter(Boolean).join('\n'),
    icon: fileIcon,
    search: `${file.name} ${file.id} ${file.of ?? ''}`,
    value: { file, isOwn: within === 'own' }
  };
}

function group(
  key: string,
  label: string,
  emptyText: string,
  children: () => Promise<readonly IListItem<FileItem>[]>
): IListItem<FileItem> {
  return { key, label, emptyText, children, icon: folderIcon, value: { file: null } };
}

/**
 * The tree: the API has no list of files, these are the ways to find one.
 *
 * @param platform - Returns the platform that is shown, once it is known.
 */
export function fileGroups(platform: () => Promise<string>): IListItem<FileItem>[] {
  const filesOf = async (of: 'own' | 'outputs' | number, within: string) =>
    (await getFiles(of, await platform())).map(file => fileItem(file, within));
  return [
    group('own', 'Uploaded and opened here', 'None yet: upload a file, or open one by its id.', () =>
      filesOf('own', 'own')
    ),
    group('outputs', 'Outputs of recent runs', 'No recent run has put out a file.', () =>
      filesOf('outputs', 'outputs')
    ),
    group('projects', 'Projects', 'There is no project.', async () =>
      (await getProjects(await platform())).map(one =>
        group(`projects/${one.id}`, one.name, 'No files in this project.', () =>
          filesOf(one.id, `projects/${one.id}`)
        )
      )
    )
  ];
}
