import {
  Diagnostic,
  diagnosticCount,
  nextDiagnostic,
  setDiagnostics,
  setDiagnosticsEffect
} from '@codemirror/lint';
import { EditorState, Text } from '@codemirror/state';
import { keymap } from '@codemirror/view';
import type { Cell, CodeCell } from '@jupyterlab/cells';
import { EditorExtensionRegistry, IEditorExtensionFactory } from '@jupyterlab/codemirror';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel, KernelMessage, Session } from '@jupyterlab/services';
import { viewOf } from './target';

/** The source of the payload by which civis_nb.magics says where a statement failed. */
const SOURCE = 'civis_nb.sql_error';

/** Where a statement failed in its cell: line and column from 1, in characters. */
export interface IPlace {
  line: number;
  column: number;
  length: number;
  message: string;
}

/** Return the editor extension that takes marks away when the text changes; F8 goes to the next. */
export function clearedByChanges(): IEditorExtensionFactory<undefined> {
  return {
    name: 'civis-nb:sql-errors',
    factory: ({ inline }) =>
      inline
        ? EditorExtensionRegistry.createImmutableExtension([
            EditorState.transactionExtender.of(transaction =>
              transaction.docChanged && diagnosticCount(transaction.startState)
                ? { effects: setDiagnosticsEffect.of([]) }
                : null
            ),
            keymap.of([{ key: 'F8', run: nextDiagnostic }])
          ])
        : null
  };
}

/** Underline in its cell what a run has failed with, until the cell changes or runs again. */
export function markErrors(tracker: INotebookTracker): void {
  const watch = (panel: NotebookPanel) => {
    // The sources of cells that run, by the ids of the messages that run them.
    const sources = new Map<string, string>();
    const heard = (_: unknown, { msg, direction }: Kernel.IAnyMessageArgs) => {
      if (direction === 'send' && msg.header.msg_type === 'execute_request') {
        const id = (msg.metadata as { cellId?: unknown }).cellId;
        const cell = panel.content.widgets.find(({ model }) => model.sharedModel.getId() === id);
        if (cell !== undefined) {
          sources.set(msg.header.msg_id, cell.model.sharedModel.getSource());
        }
      } else if (direction === 'recv' && msg.header.msg_type === 'execute_reply') {
        const parent = (msg.parent_header as KernelMessage.IHeader).msg_id;
        const cell = panel.content.widgets.find(one => runOf(one) === parent);
        const source = sources.get(parent);
        sources.delete(parent);
        if (cell !== undefined) {
          void mark(cell, source, placeIn(msg.content as KernelMessage.IExecuteReplyMsg['content']));
        }
      }
    };
    const listen = (session: Session.ISessionConnection | null | undefined) => {
      sources.clear();
      session?.anyMessage.disconnect(heard);
      session?.anyMessage.connect(heard);
    };
    listen(panel.sessionContext.session);
    panel.sessionContext.sessionChanged.connect((_, { newValue }) => listen(newValue));
  };
  tracker.forEach(watch);
  tracker.widgetAdded.connect((_, panel) => watch(panel));
}

/** Return the id of the message that runs a cell, or has run it last. */
function runOf(cell: Cell): string | undefined {
  return (cell as Cell | CodeCell as { outputArea?: CodeCell['outputArea'] }).outputArea?.future?.msg.header.msg_id;
}

/** Return the place that the reply to a failed cell carries. */
export function placeIn(content: KernelMessage.IExecuteReplyMsg['content']): IPlace | null {
  if (content.status !== 'error') {
    return null;
  }
  // Jupyter's protocol has payloads in all replies; its types have them in those of success only.
  const { payload } = content as { payload?: ({ source?: string } & Partial<IPlace>)[] };
  const found = payload?.find(one => one.source === SOURCE);
  const isPlace =
    found !== undefined &&
    [found.line, found.column, found.length].every(Number.isInteger) &&
    typeof found.message === 'string';
  return isPlace ? (found as IPlace) : null;
}

async function mark(cell: Cell, source: string | undefined, place: IPlace | null): Promise<void> {
  await cell.ready;
  const view = viewOf(cell);
  // An edit while it ran has moved the place.
  const isSame = view?.state.doc.toString() === source;
  if (view && (place !== null || diagnosticCount(view.state))) {
    const found = place !== null && isSame ? [diagnostic(view.state.doc, place)] : [];
    view.dispatch(setDiagnostics(view.state, found));
  }
}

/** Return a place as CodeMirror has it: in UTF-16 units from the beginning, at least one wide. */
export function diagnostic(doc: Text, place: IPlace): Diagnostic {
  const line = doc.line(Math.min(Math.max(place.line, 1), doc.lines));
  const characters = Array.from(line.text);
  const units = (count: number) => characters.slice(0, count).join('').length;
  const start = units(place.column - 1);
  const end = units(place.column - 1 + place.length);
  const isEmpty = end <= start;
  return {
    from: line.from + (isEmpty ? Math.max(Math.min(start, line.length - 1), 0) : start),
    to: line.from + (isEmpty ? Math.min(start + 1, line.length) : end),
    severity: 'error',
    source: 'Civis Platform',
    message: place.message
  };
}
