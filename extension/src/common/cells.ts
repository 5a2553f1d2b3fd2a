import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { CodeCell } from '@jupyterlab/cells';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';

const LOADS = /^\s*%(re)?load_ext\s+civis_nb\b/m;
const LOAD = '%load_ext civis_nb';

/**
 * Insert a cell below the active one of the notebook that was active last, and go there.
 *
 * @param source - Its text. Where it is a magic and no cell loads the magics, one that does is
 * inserted and run before it.
 */
export async function insertCell(
  shell: JupyterFrontEnd.IShell,
  notebooks: INotebookTracker | null,
  source: string
): Promise<void> {
  const panel = notebooks?.currentWidget;
  if (!panel) {
    Notification.warning('There is no open notebook to insert the cell into. Open one first.', {
      autoClose: 10_000
    });
    return;
  }
  await panel.context.ready;
  const info = await panel.sessionContext.session?.kernel?.info;
  const language = info?.language_info.name ?? panel.model?.defaultKernelLanguage;
  if (language && language !== 'python') {
    Notification.warning(
      `The cell is one of Python; ${panel.title.label} has a kernel of ${language}.`,
      { autoClose: 10_000 }
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
  if (source.startsWith('%') && !isLoaded) {
    const cell = write(LOAD);
    if (cell instanceof CodeCell) {
      void CodeCell.execute(cell, panel.sessionContext);
    }
  }
  write(source);
  notebook.mode = 'edit';
  shell.activateById(panel.id);
}
