import { Compartment, EditorState, Extension, Prec, Text } from '@codemirror/state';
import { EditorView, ViewPlugin } from '@codemirror/view';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { IEditorExtensionFactory } from '@jupyterlab/codemirror';
import { EditorExtensionRegistry } from '@jupyterlab/codemirror';
import type { SettingsModel } from '../platform/settings';
import { Dialects, reconsider } from './dialects';
import { sqlCellLanguage } from './language';
import { lineMagics } from './linemagic';
import { canHoldMagics, databaseOf, isSqlCell } from './magic';

/** The class of the editors of SQL cells, by which commands know them. */
export const SQL_CLASS = 'civis-mod-sql';

/** Return the editor extension that gives SQL the language of its database. */
export function sqlHighlighting(
  dialects: Dialects,
  settings: SettingsModel
): IEditorExtensionFactory<undefined> {
  return {
    name: 'civis-nb:sql-cells',
    factory: ({ model, inline }) =>
      // Files and the inputs of dialogs are no cells.
      inline
        ? EditorExtensionRegistry.createImmutableExtension([
            languageByMagic(dialects, settings, model),
            lineMagics(dialects, settings, model)
          ])
        : null
  };
}

function languageByMagic(
  dialects: Dialects,
  settings: SettingsModel,
  model: CodeEditor.IModel
): Extension {
  const compartment = new Compartment();
  const languageFor = (head: string): Extension => {
    if (!canHoldMagics(model.mimeType) || !isSqlCell(head)) {
      return NOTHING;
    }
    return settings.value.sqlColours ? languageOf(dialects.of(databaseOf(head))) : SQL_EDITOR;
  };
  return [
    compartment.of(languageFor(model.sharedModel.getSource())),
    EditorState.transactionExtender.of(transaction => {
      const asked = transaction.effects.some(effect => effect.is(reconsider));
      if (!transaction.docChanged && !asked) {
        return null;
      }
      const wanted = languageFor(headOf(transaction.newDoc));
      const isSame = wanted === compartment.get(transaction.startState);
      return isSame ? null : { effects: compartment.reconfigure(wanted) };
    }),
    ViewPlugin.define((view: EditorView) => {
      const changed = () => view.dispatch({ effects: reconsider.of(null) });
      const load = (head: string) => {
        if (head.includes('%civis')) {
          void dialects.load();
        }
      };
      dialects.changed.connect(changed);
      settings.changed.connect(changed);
      model.mimeTypeChanged.connect(changed);
      load(view.state.doc.toString());
      return {
        update: update => {
          if (update.docChanged) {
            load(headOf(update.state.doc));
          }
        },
        destroy: () => {
          dialects.changed.disconnect(changed);
          settings.changed.disconnect(changed);
          model.mimeTypeChanged.disconnect(changed);
        }
      };
    })
  ];
}

/** Return the lines of a cell in which its magics are. */
function headOf(doc: Text): string {
  let last = 1;
  while (last < doc.lines && /^\s*(%%|$)/.test(doc.line(last).text)) {
    last += 1;
  }
  return doc.sliceString(0, doc.line(last).to);
}

/** One value, so that it is the same as itself. */
const NOTHING: Extension = [];

/** What tells commands and errors that an editor is one of SQL. */
const SQL_EDITOR = EditorView.editorAttributes.of({ class: SQL_CLASS });

const known = new Map<string, Extension>();

/** Return what makes an editor one of SQL, with its colours; the same one for the same dialect. */
function languageOf(dialect: string): Extension {
  let found = known.get(dialect);
  if (found === undefined) {
    found = [
      // Before the language of the notebook, which goes on to rule all other cells.
      Prec.highest(sqlCellLanguage(dialect).extension),
      SQL_EDITOR
    ];
    known.set(dialect, found);
  }
  return found;
}
