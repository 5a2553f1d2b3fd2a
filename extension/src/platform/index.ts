import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import type { IDisposable } from '@lumino/disposable';
import { EventStream, IEventStream } from '../common/events';
import { icon } from '../common/icons';
import { openPlatformDialog } from './dialog';
import { PlatformModel } from './model';
import { ISettingsModel, SETTINGS_ID, SettingsModel } from './settings';
import { PlatformStatus } from './status';
import { notebookOf, TEMPLATES } from './templates';
import { IPlatformModel } from './token';

const CATEGORY = 'Civis Platform';

const localPlatformIcon = icon(
  'local-platform',
  '<path fill-rule="evenodd" d="M2 2h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H9.7v1.5H12V15H4v-1.5h2.3V12H2a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1zm.5 1.5v7h11v-7zM6.2 5l4.4 2-4.4 2z"/>'
);

const model: JupyterFrontEndPlugin<PlatformModel> = {
  id: 'civis-nb:platform',
  description: 'Where the sidebar and the notebook work, and the commands that change it.',
  autoStart: true,
  requires: [INotebookTracker, IEventStream],
  optional: [ICommandPalette, ILauncher],
  provides: IPlatformModel,
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    stream: EventStream,
    palette: ICommandPalette | null,
    launcher: ILauncher | null
  ) => {
    const found = new PlatformModel(notebooks, stream);
    app.commands.addCommand('civis-nb:choose-platform', {
      label: 'Choose Platform and Database…',
      caption: 'Show where the sidebar and the notebook work, and change it',
      execute: () => openPlatformDialog(found)
    });
    app.commands.addCommand('civis-nb:start-local-platform', {
      label: args => (args.isLauncher ? 'Local platform' : 'Start Local Platform'),
      caption: 'Start a platform on this machine, and use it: no account, no network',
      icon: localPlatformIcon,
      execute: async () => {
        const work = found.use('local').then(started => {
          if (!started) {
            throw new Error(found.problem);
          }
          return null;
        });
        Notification.promise(work, {
          pending: { message: 'Starting the local platform …' },
          success: { message: () => 'The local platform is ready, and the sidebar uses it. So do notebooks that start from now on.' },
          error: { message: reason => (reason as Error).message }
        });
        // What failed is told by the notification.
        await work.catch(() => undefined);
      }
    });
    for (const command of ['civis-nb:choose-platform', 'civis-nb:start-local-platform']) {
      palette?.addItem({ command, category: CATEGORY });
    }
    launcher?.add({
      command: 'civis-nb:start-local-platform',
      args: { isLauncher: true },
      category: CATEGORY,
      rank: 20
    });
    return found;
  }
};

const events: JupyterFrontEndPlugin<EventStream> = {
  id: 'civis-nb:events',
  description: 'What the server tells this page of the platform, as it changes.',
  autoStart: true,
  requires: [ISettingsModel],
  provides: IEventStream,
  activate: (_app: JupyterFrontEnd, settings: SettingsModel) => {
    const stream = new EventStream();
    settings.follow(({ pollInterval }) => (stream.leastWait_s = pollInterval));
    return stream;
  }
};

const settings: JupyterFrontEndPlugin<SettingsModel> = {
  id: SETTINGS_ID,
  description: 'The settings of the extension.',
  autoStart: true,
  optional: [ISettingRegistry],
  provides: ISettingsModel,
  activate: (_app: JupyterFrontEnd, registry: ISettingRegistry | null) => new SettingsModel(registry)
};

const status: JupyterFrontEndPlugin<void> = {
  id: 'civis-nb:status',
  description: 'The item of the status bar.',
  autoStart: true,
  requires: [IPlatformModel, ISettingsModel],
  optional: [IStatusBar],
  activate: async (
    app: JupyterFrontEnd,
    platform: PlatformModel,
    settings: SettingsModel,
    bar: IStatusBar | null
  ) => {
    await settings.ready;
    const open = () => void app.commands.execute('civis-nb:choose-platform');
    let item: IDisposable | null = null;
    settings.follow(({ showStatus }) => {
      if (showStatus && item === null && bar !== null) {
        const widget = new PlatformStatus(platform, open);
        item = bar.registerStatusItem('civis-nb:status', { item: widget, align: 'left', rank: 90 });
      } else if (!showStatus) {
        item?.dispose();
        item = null;
      }
    });
    // Not awaited: JupyterLab restores when all plugins are activated.
    void app.restored.then(async () => {
      await platform.ready;
      if (settings.value.startLocalPlatform && platform.server?.kind === 'nowhere') {
        await app.commands.execute('civis-nb:start-local-platform');
      }
    });
  }
};

const notebooks: JupyterFrontEndPlugin<void> = {
  id: 'civis-nb:new-notebook',
  description: 'Notebooks to begin with, in the launcher and in the palette.',
  autoStart: true,
  optional: [ILauncher, ICommandPalette, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    launcher: ILauncher | null,
    palette: ICommandPalette | null,
    browser: IDefaultFileBrowser | null
  ) => {
    const command = 'civis-nb:new-notebook';
    const templateOf = (args: { template?: unknown }) => TEMPLATES[String(args.template)] ?? TEMPLATES.sql;
    app.commands.addCommand(command, {
      label: args => templateOf(args).label,
      caption: args => templateOf(args).caption,
      icon: args => templateOf(args).icon,
      execute: async args => {
        const { contents, kernelspecs } = app.serviceManager;
        await kernelspecs.ready;
        const known = Object.values(kernelspecs.specs?.kernelspecs ?? {});
        const isPython = (one: (typeof known)[number]) => one?.language.toLowerCase() === 'python';
        const spec =
          known.find(one => isPython(one) && one?.name === kernelspecs.specs?.default) ?? known.find(isPython);
        const path = String(args.cwd ?? browser?.model.path ?? '');
        const file = await contents.newUntitled({ path, type: 'notebook' });
        const content = notebookOf(templateOf(args), spec?.name ?? 'python3', spec?.display_name ?? 'Python 3');
        await contents.save(file.path, { type: 'notebook', format: 'json', content });
        return app.commands.execute('docmanager:open', { path: file.path, factory: 'Notebook' });
      }
    });
    for (const [place, template] of Object.keys(TEMPLATES).entries()) {
      palette?.addItem({ command, args: { template }, category: CATEGORY });
      launcher?.add({ command, args: { template }, category: CATEGORY, rank: 10 + place });
    }
  }
};

export default [events, model, settings, status, notebooks];
