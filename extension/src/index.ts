import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { ICompletionProviderManager } from '@jupyterlab/completer';
import { SqlCompletion } from './completion';
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
  activate: (_app: JupyterFrontEnd, manager: ICompletionProviderManager) => {
    manager.registerProvider(new SqlCompletion());
  }
};

export default [highlighting, completion];
