import { Compartment, EditorState, Extension, Prec, StateEffect, Text } from '@codemirror/state';
import { EditorView, ViewPlugin } from '@codemirror/view';
import type { IEditorExtensionFactory } from '@jupyterlab/codemirror';
import { EditorExtensionRegistry } from '@jupyterlab/codemirror';
import type { Dialects } from './dialects';
import { sqlCellLanguage } from './language';
import { databaseOf, isSqlCell } from './magic';

const reconsider = StateEffect.define<null>();

/** Return the editor extension that gives SQL cells the language of their database. */
export function sqlHighlighting(dialects: Dialects): IEditorExtensionFactory<undefined> {
  return {
    name: 'civis-nb:sql-cells',
    factory: ({ model, inline }) =>
      // Files and the inputs of dialogs are no cells.
      inline
        ? EditorExtensionRegistry.createImmutableExtension(
            languageByFirstLine(dialects, model.sharedModel.getSource())
          )
        : null
  };
}

function languageByFirstLine(dialects: Dialects, text: string): Extension {
  const compartment = new Compartment();
  const dialectOf = (firstLine: string): string =>
    isSqlCell(firstLine) ? dialects.of(databaseOf(firstLine)) : '';
  // Before the language of the notebook, which goes on to rule all other cells.
  const languageOf = (dialect: string): Extension =>
    dialect ? Prec.highest(sqlCellLanguage(dialect).extension) : [];
  const lineOf = (doc: Text) => doc.line(1).text;
  return [
    compartment.of(languageOf(dialectOf(text.split('\n', 1)[0]))),
    EditorState.transactionExtender.of(transaction => {
      const asked = transaction.effects.some(effect => effect.is(reconsider));
      if (!transaction.docChanged && !asked) {
        return null;
      }
      const wanted = languageOf(dialectOf(lineOf(transaction.newDoc)));
      const current = compartment.get(transaction.startState);
      const isSame = sameLanguage(wanted, current);
      return isSame ? null : { effects: compartment.reconfigure(wanted) };
    }),
    ViewPlugin.define((view: EditorView) => {
      const changed = () => view.dispatch({ effects: reconsider.of(null) });
      dialects.changed.connect(changed);
      if (isSqlCell(lineOf(view.state.doc))) {
        void dialects.load();
      }
      return {
        update: update => {
          if (update.docChanged && isSqlCell(lineOf(update.state.doc))) {
            void dialects.load();
          }
        },
        destroy: () => {
          dialects.changed.disconnect(changed);
        }
      };
    })
  ];
}

function sameLanguage(one: Extension, other: Extension | undefined): boolean {
  const inner = (extension: Extension | undefined) =>
    (extension as { inner?: Extension } | undefined)?.inner;
  return inner(one) === inner(other);
}
