import { Notification } from '@jupyterlab/apputils';
import { CodeCell } from '@jupyterlab/cells';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import type { IDatabaseEntry } from './api';
import type { ITableRef } from './items';

const LOADS = /^\s*%(re)?load_ext\s+civis_nb\b/m;
const LOAD = '%load_ext civis_nb';

/** Return the option of a magic that names a database. */
export function databaseOption(database: IDatabaseEntry): string {
  if (/^[\w.-]+$/.test(database.name)) {
    return `-d ${database.name}`;
  }
  // A name with quotes can't be quoted in a magic's line; the id can always be written.
  return database.name.includes('"') ? `-d ${database.id}` : `-d "${database.name}"`;
}

/** Return a cell that selects the first rows of a table. */
export function selectCell(table: Pick<ITableRef, 'database' | 'sql'>): string {
  return `%%civis_sql ${databaseOption(table.database)}\nselect *\nfrom ${table.sql}\nlimit 100`;
}

/**
 * Insert a cell below the active one of the active notebook, and go there.
 *
 * Where no cell loads the magics, one that does is inserted and run before it.
 */
export async function insertCell(notebooks: INotebookTracker, source: string): Promise<void> {
  const panel = notebooks.currentWidget;
  if (!panel) {
    Notification.warning('There is no open notebook to insert the cell into. Open one first.');
    return;
  }
  await panel.context.ready;
  const info = await panel.sessionContext.session?.kernel?.info;
  const language = info?.language_info.name ?? panel.model?.defaultKernelLanguage;
  if (language && language !== 'python') {
    Notification.warning(
      `SQL cells run in notebooks of Python; ${panel.title.label} has a kernel of ${language}.`
    );
    return;
  }
  const notebook = panel.content;
  const write = (text: string) => {
    const active = notebook.activeCell?.model;
    // A new notebook has an empty cell, which is as good as one more.
    if (active?.type !== 'code' || active.sharedModel.getSource().trim()) {
      NotebookActions.insertBelow(notebook);
    }
    notebook.activeCell?.model.sharedModel.setSource(text);
    return notebook.activeCell;
  };
  const isLoaded = notebook.widgets.some(
    cell => cell.model.type === 'code' && LOADS.test(cell.model.sharedModel.getSource())
  );
  if (!isLoaded) {
    const cell = write(LOAD);
    if (cell instanceof CodeCell) {
      void CodeCell.execute(cell, panel.sessionContext);
    }
  }
  write(source);
  panel.activate();
  notebook.mode = 'edit';
}
