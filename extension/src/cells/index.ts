import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { ICompletionProviderManager } from '@jupyterlab/completer';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { PlatformModel } from '../platform/model';
import { ISettingsModel, SettingsModel } from '../platform/settings';
import { IPlatformModel } from '../platform/token';
import { addCommands } from './commands';
import { keepOutOf, SqlCompletion } from './completion';
import { clearedByChanges, markErrors } from './diagnostics';
import { Dialects } from './dialects';
import { sqlHighlighting } from './highlighting';

const highlighting: JupyterFrontEndPlugin<void> = {
  id: 'civis-nb:sql-cells',
  description: 'Colours of SQL in %%civis_sql cells and %civis_sql lines.',
  autoStart: true,
  requires: [IEditorExtensionRegistry, ISettingsModel],
  optional: [IPlatformModel],
  activate: (
    _app: JupyterFrontEnd,
    extensions: IEditorExtensionRegistry,
    settings: SettingsModel,
    platform: PlatformModel | null
  ) => {
    const dialects = new Dialects();
    extensions.addExtension(sqlHighlighting(dialects, settings));
    platform?.switched.connect(() => void dialects.reload());
  }
};

const completion: JupyterFrontEndPlugin<void> = {
  id: 'civis-nb:sql-completion',
  description: 'Completion of tables, columns, functions and variables in SQL cells.',
  autoStart: true,
  requires: [ICompletionProviderManager, ISettingsModel],
  activate: (
    app: JupyterFrontEnd,
    manager: ICompletionProviderManager,
    settings: SettingsModel
  ) => {
    const sql = new SqlCompletion(settings);
    manager.registerProvider(sql);
    // Others register their providers while JupyterLab starts.
    void app.restored.then(() => keepOutOf(sql, manager));
  }
};

const commands: JupyterFrontEndPlugin<void> = {
  id: 'civis-nb:sql-commands',
  description: 'Format SQL, Explain, and Run Statement at Cursor for SQL cells.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    palette: ICommandPalette | null
  ) => addCommands(app, tracker, palette)
};

const errors: JupyterFrontEndPlugin<void> = {
  id: 'civis-nb:sql-errors',
  description: 'Underlines in SQL cells where their last run failed.',
  autoStart: true,
  requires: [INotebookTracker, IEditorExtensionRegistry],
  activate: (
    _app: JupyterFrontEnd,
    tracker: INotebookTracker,
    extensions: IEditorExtensionRegistry
  ) => {
    extensions.addExtension(clearedByChanges());
    markErrors(tracker);
  }
};

export default [highlighting, completion, commands, errors];
