import type { EditorView } from '@codemirror/view';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { Text } from '@jupyterlab/coreutils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { OutputArea } from '@jupyterlab/outputarea';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { ask, problemOf } from '../common/server';
import { SQL_CLASS } from './highlighting';
import { kernelState } from './kernel';
import { ITarget, sqlCell } from './target';

/** A statement of a cell, as civis_nb/lab/cells/statements.py describes it. */
interface IStatement {
  number: number;
  count: number;
  first_line: number;
  last_line: number;
  code: string;
}

const EDITOR = `.jp-Notebook .cm-editor.${SQL_CLASS}`;
// Their keys are in extension/schema/plugin.json, where JupyterLab's settings find them.
const COMMANDS = [
  {
    id: 'civis-nb:format-sql',
    label: 'Format SQL',
    caption: 'Lay the SQL of the cell out anew; its words, values and comments stay.',
    execute: format
  },
  {
    id: 'civis-nb:run-statement',
    label: 'Run SQL Statement at Cursor',
    caption: 'Run the statement at the cursor alone, with the options of the cell.',
    execute: (target: ITarget) => runStatement(target, false)
  },
  {
    id: 'civis-nb:explain-sql',
    label: 'Explain SQL Statement at Cursor',
    caption: "Show the database's plan of the statement at the cursor.",
    execute: (target: ITarget) => runStatement(target, true)
  }
];

/** Add the commands of SQL cells, to their context menu and to the palette as well. */
export function addCommands(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  palette: ICommandPalette | null
): void {
  const targetOf = (args: ReadonlyPartialJSONObject) =>
    sqlCell(tracker, args.clicked ? app.contextMenuHitTest(isSqlEditor) ?? null : null);
  for (const [index, { id, label, caption, execute }] of COMMANDS.entries()) {
    app.commands.addCommand(id, {
      label,
      caption,
      isEnabled: args => targetOf(args) !== null,
      execute: async args => {
        const target = targetOf(args);
        if (target !== null) {
          try {
            await execute(target);
          } catch (error) {
            Notification.warning(problemOf(error), { autoClose: 8000 });
          }
        }
      }
    });
    app.contextMenu.addItem({
      command: id,
      args: { clicked: true },
      selector: EDITOR,
      rank: 1 + index / 10
    });
    palette?.addItem({ command: id, category: 'Civis Platform' });
  }
}

function isSqlEditor(node: HTMLElement): boolean {
  return node.matches(EDITOR);
}

async function format({ panel, cell, view }: ITarget): Promise<void> {
  if (cell.readOnly || cell.model.getMetadata('editable') === false) {
    throw new Error('The cell is read-only.');
  }
  const before = view.state.doc.toString();
  const { database } = await kernelState(panel.sessionContext.session);
  const reply = await ask<{ cell: string }>('format', {
    method: 'POST',
    body: JSON.stringify({ cell: before, database })
  });
  if (view.state.doc.toString() !== before) {
    throw new Error('The cell was not formatted: it was changed meanwhile. Format it again.');
  }
  replace(view, before, reply.cell);
}

/** Replace the text of an editor, as one change that can be undone; the cursor stays at its word. */
function replace(view: EditorView, before: string, after: string): void {
  if (before === after) {
    return;
  }
  const written = before.slice(0, view.state.selection.main.head).replace(/\s/g, '').length;
  let cursor = 0;
  for (let count = 0; cursor < after.length && count < written; cursor += 1) {
    count += /\s/.test(after[cursor]) ? 0 : 1;
  }
  view.dispatch({
    changes: { from: 0, to: before.length, insert: after },
    selection: { anchor: cursor },
    scrollIntoView: true,
    userEvent: 'input.format'
  });
}

async function runStatement({ panel, cell, view }: ITarget, explain: boolean): Promise<void> {
  const { sessionContext } = panel;
  if (!sessionContext.session?.kernel) {
    throw new Error('The notebook has no kernel. Select one, then run the statement again.');
  }
  const text = view.state.doc.toString();
  const { database } = await kernelState(sessionContext.session);
  const offset = Text.jsIndexToCharIndex(view.state.selection.main.head, text);
  const found = await ask<IStatement>('statement', {
    method: 'POST',
    body: JSON.stringify({ cell: text, offset, database, explain })
  });
  const { model } = cell;
  model.clearExecution();
  cell.outputHidden = false;
  model.trusted = true;
  model.executionState = 'running';
  try {
    const cellId = { cellId: model.sharedModel.getId() };
    const reply = await OutputArea.execute(found.code, cell.outputArea, sessionContext, cellId);
    if (reply !== undefined && !cell.isDisposed) {
      model.executionCount = reply.content.execution_count;
      const said = outcome(found, reply.content.status === 'ok', explain);
      cell.outputArea.model.add({ output_type: 'stream', name: 'stdout', text: `${said}\n` });
    }
  } finally {
    if (!cell.isDisposed) {
      model.executionState = 'idle';
    }
  }
}

/** Return what to say of a statement that has run. */
export function outcome(one: IStatement, isOk: boolean, explain: boolean): string {
  const lines =
    one.first_line === one.last_line
      ? `line ${one.first_line}`
      : `lines ${one.first_line}–${one.last_line}`;
  const name = `statement ${one.number} of ${one.count}, ${lines}`;
  if (isOk) {
    return `${explain ? 'Explained' : 'Ran'} ${name}.`;
  }
  return `S${name.slice(1)}, failed${one.count > 1 ? '; the others were not run' : ''}.`;
}
