import type { IFile } from './api';

/** Return code that reads a file. */
export function readingCode({ id, name }: Pick<IFile, 'id' | 'name'>): string {
  const plain = name.toLowerCase().replace(/\.(gz|zip)$/, '');
  const comment = `# ${name.replace(/[^\p{L}\p{N} ._()-]/gu, '_')}`;
  if (/\.(csv|tsv|txt)$/.test(plain)) {
    return `from civis_nb.io import file_to_dataframe\n\n${comment}\ndf = file_to_dataframe(${id})\ndf.head()`;
  }
  if (plain.endsWith('.json')) {
    return `from civis_nb.io import file_to_json\n\n${comment}\ndata = file_to_json(${id})`;
  }
  return `from io import BytesIO\n\nfrom civis_nb.io import civis_to_file\n\n${comment}\nbuffer = BytesIO()\ncivis_to_file(${id}, buffer)\nbuffer.seek(0)`;
}
