import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { ICompletionProviderManager } from '@jupyterlab/completer';
import { keepOutOfSqlCells, SqlCompletion } from './completion';
import { Dialects } from './dialects';
import { sqlHighlighting } from './highlighting';

const highlighting: JupyterFrontEndPlugin<void> = {
  id: 'civis-nb:sql-cells',
  description: 'Colours of SQL in cells that begin with %%civis_sql.',
  autoStart: true,
  requires: [IEditorExtensionRegistry],
  activate: (_app: JupyterFrontEnd, extensions: IEditorExtensionRegistry) => {
    extensions.addExtension(sqlHighlighting(new Dialects()));
  }
};

const completion: JupyterFrontEndPlugin<void> = {
  id: 'civis-nb:sql-completion',
  description: 'Completion of tables, columns, functions and variables in SQL cells.',
  autoStart: true,
  requires: [ICompletionProviderManager],
  activate: (app: JupyterFrontEnd, manager: ICompletionProviderManager) => {
    manager.registerProvider(new SqlCompletion());
    // Others register their providers while JupyterLab starts.
    void app.restored.then(() => keepOutOfSqlCells(manager));
  }
};

export default [highlighting, completion];
