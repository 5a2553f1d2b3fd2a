import type { EditorView } from '@codemirror/view';
import type { Cell, CodeCell } from '@jupyterlab/cells';
import { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { canHoldMagics, isSqlCell } from './magic';

/** The SQL cell that a command is about. */
export interface ITarget {
  panel: NotebookPanel;
  cell: CodeCell;
  view: EditorView;
}

/** Return the editor of a cell; null where the cell has none on the page. */
export function viewOf(cell: Cell): EditorView | null {
  return cell.editor instanceof CodeMirrorEditor ? cell.editor.editor : null;
}

/**
 * Return the cell that a command is about, where it is one of SQL.
 *
 * @param clicked - The element on which a context menu was opened, whose cell need not be the
 *   active one; null for the active cell.
 */
export function sqlCell(tracker: INotebookTracker, clicked: HTMLElement | null): ITarget | null {
  const panel = tracker.currentWidget;
  const cell = clicked
    ? panel?.content.widgets.find(one => one.node.contains(clicked))
    : tracker.activeCell;
  if (
    panel === null ||
    cell?.model.type !== 'code' ||
    !canHoldMagics(cell.model.mimeType) ||
    !isSqlCell(cell.model.sharedModel.getSource())
  ) {
    return null;
  }
  const view = viewOf(cell);
  return view && { panel, cell: cell as CodeCell, view };
}
